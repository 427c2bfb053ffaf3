"""The register on its wire: worked exchanges of §9, both framings, stored answers, faults, quirks, power cuts."""

from __future__ import annotations

import asyncio
from datetime import datetime
from random import Random
from time import perf_counter

import pytest
from register_bench import MOSCOW
from shtrih_kit import ADMIN, Bench, closing, item
from shtrih_stand import ACK, ENQ, NAK, STATUS, Stand, reply_to, said, told
from virtual_loop import virtual

from emulator.registers.shtrih.register import byte_timeout
from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t
from protocols.shtrih.framing import encode_v1, encode_v2, sync_v2


def test_the_worked_exchange_of_a_receipt():
    # §9.1 with its sample state: drive 9999078900001234, last document 76, shift 12 to be opened next
    bench = Bench(start=datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW))
    for shift in range(11):
        bench.open_shift()
        for _ in range(53 if shift == 0 else 0):
            bench.receipt()
        bench.call(r.ZReport(ADMIN))
    bench.setting(17, 36, 1)
    execute = bench.register.execute
    assert execute(bytes.fromhex("10 1E 00 00 00")) == bytes.fromhex(
        "10 00 1E 92 02 04 00 00 80 D8 00 00 00 00 00 00 00"
    )
    assert execute(bytes.fromhex("FF 01 1E 00 00 00")) == bytes.fromhex(
        "FF 01 00 03 00 00 00 00 1A 03 02 09 0F 39 39 39 39 30 37 38 39 30 30 30 30 31 32 33 34 4C 00 00 00"
    )
    bench.wait(minutes=2)
    assert execute(bytes.fromhex("E0 1E 00 00 00")) == bytes.fromhex("E0 00 1E")
    assert execute(bytes.fromhex("FF 40 1E 00 00 00")) == bytes.fromhex("FF 40 00 01 0C 00 00 00")
    assert execute(bytes.fromhex("8D 1E 00 00 00 00")) == bytes.fromhex("8D 00 1E")
    milk = bytes.fromhex("FF 46 1E 00 00 00 01 80 84 1E 00 00 00 10 27 00 00 00 FF FF FF FF FF FF FF FF FF FF 02 01")
    assert execute(milk + bytes.fromhex("04 01 CC EE EB EE EA EE 20 31 EB")) == bytes.fromhex("FF 46 00")
    contact = bytes.fromhex("FF 0C 1E 00 00 00 F0 03 0C 00 2B 37 39 39 39 30 30 30 31 31 32 32")
    cashier = bytes.fromhex("FF 0C 1E 00 00 00 FD 03 0B 00 88 A2 A0 AD AE A2 20 88 2E 88 2E")
    for tags in (contact, cashier):
        assert execute(tags) == bytes.fromhex("FF 0C 00")
    answer = execute(bytes.fromhex("FF 45 1E 00 00 00 30 75") + bytes(109) + b"\x01")
    assert answer[:12] == bytes.fromhex("FF 45 00 10 27 00 00 00 4E 00 00 00")
    assert answer[16:] == bytes.fromhex("1A 03 02 09 11")
    assert int.from_bytes(answer[12:16], "little") == bench.drive.document(78).sign


@virtual
async def test_version_1_byte_by_byte():
    async with Stand().connected() as host:
        assert await said(host, ENQ) == NAK
        for byte in STATUS[:-1]:
            assert await said(host, bytes([byte])) == b""
        assert reply_to(await said(host, STATUS[-1:])).startswith(bytes.fromhex("10 00 1E 92 02 04"))
        assert await said(host, ACK) == b""
        assert await said(host, ENQ) == NAK


@virtual
async def test_a_lost_answer_waits_for_the_host_to_come_back():
    # §9.3
    stand = Stand()
    async with stand.connected() as host:
        await told(host, item())
        assert await said(host, ENQ) == NAK
        answer = await said(host, encode_v1(encode_request(closing(10000))))
    async with stand.connected() as host:
        assert await said(host, ENQ) == answer
        assert await said(host, ACK) == b""
        assert await said(host, ENQ) == NAK
    assert stand.device.drive.last_document == 3


@virtual
async def test_a_frame_that_stops_is_refused_after_the_byte_timeout():
    async with Stand().connected() as host:
        assert await said(host, STATUS[:4]) == b""
        assert await said(host, timeout=1.5) == NAK
        assert reply_to(await said(host, STATUS))


@virtual
async def test_enquiries_do_not_complete_a_frame_that_lost_two_equal_bytes():
    # two equal bytes for two others pass the XOR: it would be a cash in over another sum
    stand = Stand()
    frame = encode_v1(encode_request(r.CashIn(ADMIN, 500_000)))
    assert frame[-3:-1] == b"\0\0"
    crippled = frame[:-3] + frame[-1:]
    async with stand.connected() as host:
        await told(host, r.OpenShift(ADMIN))
        before = stand.device.register.core.memory.counted.copy()
        assert await said(host, ENQ) == NAK
        for data in (crippled, ENQ, ENQ):
            await said(host, data, timeout=0.5)
        assert stand.device.register.core.memory.counted == before
        assert reply_to(await said(host, frame))
        assert stand.device.register.core.memory.counted != before


@virtual
async def test_version_2_is_recognised_by_its_first_byte():
    stand = Stand()
    async with stand.connected() as host:
        assert await said(host, sync_v2()) == encode_v2(1)
        opened = await said(host, encode_v2(2, encode_request(r.OpenShift(ADMIN))))
        assert opened == encode_v2(2, bytes.fromhex("E0 00 1E"))
        assert await said(host, encode_v2(2, encode_request(r.OpenShift(ADMIN)))) == opened
    async with stand.connected() as host:
        assert await said(host, sync_v2()) == opened
    async with stand.connected() as host:  # another connection may speak the other version
        assert await said(host, ENQ) == NAK
        assert (await told(host, s.ShortStatus(ADMIN)))[5] == 2


@virtual
async def test_the_newest_connection_wins():
    stand = Stand()
    async with stand.connected() as old:
        await told(old, item())
        async with stand.connected() as new:
            assert await said(new, ENQ) == NAK
            await old.write(encode_v1(encode_request(closing(10000))))
            assert await said(new, timeout=0.2) == b""
            assert (await told(new, d.DriveStatus(ADMIN)))[-4:] == (2).to_bytes(4, "little")


@virtual
async def test_half_a_frame_of_an_old_connection_is_thrown_away():
    stand = Stand()
    async with stand.connected() as old:
        await said(old, STATUS[:4])
    async with stand.connected() as new:
        assert await said(new, ENQ) == NAK
        assert reply_to(await said(new, STATUS))


@virtual
async def test_garbage_never_stops_it():
    random = Random(5)
    stand = Stand()
    for _ in range(50):
        async with stand.connected() as host:
            await said(host, random.randbytes(random.randrange(1, 300)))
    async with stand.connected() as host:
        while (first := await said(host, ENQ))[:1] == ACK:
            await said(host, ACK)
        assert first == NAK
        assert await told(host, s.ShortStatus(ADMIN))


@virtual
async def test_a_client_that_never_enquires_and_waits_for_ff():
    # §10.6: one ENQ, then frames directly, one FFh after each ACK
    async with Stand(quirks=frozenset({"stray-ff"})).connected() as host:
        assert await said(host, ENQ) == NAK
        for request in (s.ShortStatus(ADMIN), item(), closing(10000)):
            assert reply_to(await said(host, encode_v1(encode_request(request))))
            assert await said(host, ACK) == b"\xff"


@virtual
async def test_a_client_that_sends_four_zeros_first():
    async with Stand(quirks=frozenset({"leading-zeros"})).connected() as host:
        for request in (item(), closing(10000)):
            assert await said(host, ENQ) == NAK
            assert reply_to(await said(host, bytes(4) + encode_v1(encode_request(request))))
            await said(host, ACK)


@virtual
async def test_a_flood_of_garbage_is_swallowed_at_once():
    async with Stand().connected() as host:
        assert await said(host, ENQ) == NAK
        start = perf_counter()
        assert await said(host, b"A" * 300_000) == NAK * 300_000
        assert perf_counter() - start < 5
        assert reply_to(await said(host, STATUS))


@virtual
async def test_real_speed_follows_the_baud_rate():
    stand = Stand(real_speed=True)
    stand.device.register.execute(encode_request(s.SetExchange(ADMIN, 0, 1, 100)))  # 4800 baud
    async with stand.connected() as host:
        start = asyncio.get_running_loop().time()
        assert reply_to(await said(host, STATUS, timeout=0.3))
        assert asyncio.get_running_loop().time() - start >= (8 + 20) * 10 / 4800 + 0.3


@virtual
async def test_an_idle_network_connection_is_hung_up():
    # table 21 field 16, 60 s by default; 0 is for ever
    stand = Stand()
    async with stand.connected(network=True) as host:
        for _ in range(3):
            await asyncio.sleep(59)
            assert reply_to(await said(host, STATUS))
        await asyncio.sleep(59)
        assert not host.closed
        await asyncio.sleep(1.1)
        assert host.closed
    async with stand.connected() as cable:
        await asyncio.sleep(61)
        assert not cable.closed
    stand.device.register.execute(encode_request(t.WriteTable(ADMIN, 21, 1, 16, b"\0\0")))
    async with stand.connected(network=True) as host:
        await asyncio.sleep(3600)
        assert not host.closed


def test_codes_of_the_byte_timeout():
    # §2.2: 0…150 ms; 151…249 (code - 149) * 150 ms; 250…255 (code - 248) * 15 s
    assert [byte_timeout(code) for code in (50, 150, 151, 249, 250, 255)] == pytest.approx(
        [0.05, 0.15, 0.3, 15, 30, 105]
    )


def test_the_state_of_the_device_is_json():
    import json

    stand = Stand()
    stand.device.register.execute(encode_request(item()))
    stand.device.register.execute(encode_request(d.SendTlv(ADMIN, encode([Element(1008, "a@example.ru")]))))
    state = json.loads(json.dumps(stand.device.state()))
    assert state["mode"] == "8: открытый документ, приход"
    assert state["ffd"] == "1.2"
    assert stand.device.paper_image().startswith(b"\x89PNG")
