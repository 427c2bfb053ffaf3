"""The register on its wire: worked exchanges of §9, both framings, stored answers, faults, quirks, power cuts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from time import perf_counter

import pytest
from shtrih_kit import ADMIN, MOSCOW, START, Bench, closing, item
from virtual_loop import virtual

from emulator.channels import PipeEnd, pipe
from emulator.faults import Faults, PowerLoss, parse_fault
from emulator.registers.base import Power, Settings
from emulator.registers.shtrih import ShtrihDevice, build
from emulator.registers.shtrih.connection import byte_timeout
from emulator.shop import FAMILIES
from emulator.storage import Storage
from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t
from protocols.shtrih.framing import encode_v1, encode_v2, sync_v2

ENQ, ACK, NAK = b"\x05", b"\x06", b"\x15"
STATUS = encode_v1(encode_request(s.ShortStatus(ADMIN)))


class Stand:
    """A device with its power on, and a host's end of a pipe for each connection."""

    def __init__(self, *faults: str, storage: Storage | None = None, **settings: object) -> None:
        names = FAMILIES["shtrih"].command_code
        self.faults = Faults(Random(3), names)
        for fault in faults:
            self.faults.add(parse_fault(fault, names))
        self.storage = storage or Storage()
        power = Power(
            settings=Settings(**settings),
            storage=self.storage,
            now=lambda: START,
            random=Random(1),
            faults=self.faults,
            by_hand=lambda seconds, act: asyncio.get_running_loop().call_later(seconds, act, self.device),
        )
        self.device: ShtrihDevice = build(power)

    @asynccontextmanager
    async def connected(self, *, network: bool = False) -> AsyncIterator[PipeEnd]:
        host, device = pipe()
        device.network = network
        task = asyncio.create_task(self.device.serve(device))
        try:
            yield host
        finally:
            host.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def said(host: PipeEnd, data: bytes = b"", timeout: float = 0.05) -> bytes:
    """Everything the device says to these bytes until it falls silent."""
    await host.write(data)
    got = b""
    while more := await host.read(timeout):
        got += more
    return got


def reply_to(answer: bytes) -> bytes:
    """The message of `ACK STX LEN message LRC`."""
    assert answer[:2] == ACK + b"\x02"
    assert len(answer) == answer[2] + 4
    return answer[3:-1]


async def told(host: PipeEnd, request: object) -> bytes:
    """One whole exchange: ENQ, frame, answer, ACK."""
    assert await said(host, ENQ) == NAK
    answer = reply_to(await said(host, encode_v1(encode_request(request))))
    assert await said(host, ACK) == b""
    return answer


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


# --- faults


@virtual
async def test_a_dropped_answer_is_kept_for_the_next_enquiry():
    stand = Stand("drop_answer:command=close_receipt_v2")
    async with stand.connected() as host:
        await told(host, item())
        assert await said(host, ENQ) == NAK
        assert await said(host, encode_v1(encode_request(closing(10000)))) == ACK
        assert reply_to(await said(host, ENQ)).startswith(b"\xff\x45\x00")
    assert stand.device.drive.last_document == 3


@virtual
async def test_a_garbled_answer_is_whole_when_asked_again():
    async with Stand("garble:command=10").connected() as host:
        assert await said(host, ENQ) == NAK
        spoilt = await said(host, STATUS)
        whole = await said(host, NAK + ENQ)
        assert len(spoilt) == len(whole)
        assert sum(a != b for a, b in zip(spoilt, whole, strict=True)) == 1


@virtual
async def test_a_cut_leaves_part_of_the_answer():
    stand = Stand("cut:command=10,after_bytes=5")
    async with stand.connected() as host:
        await said(host, ENQ)
        assert await said(host, STATUS) == ACK + bytes.fromhex("02 11 10 00 1E")
        assert host.closed
    async with stand.connected() as host:
        assert reply_to(await said(host, ENQ))


@virtual
async def test_a_slow_answer_takes_its_seconds():
    async with Stand("slow:command=10,seconds=2").connected() as host:
        start = asyncio.get_running_loop().time()
        assert reply_to(await said(host, STATUS, timeout=0.5))
        assert 2.0 <= asyncio.get_running_loop().time() - start <= 2.6


@virtual
async def test_a_command_that_never_arrives():
    stand = Stand("lose_command:command=open_shift")
    async with stand.connected() as host:
        assert await said(host, ENQ) == NAK
        assert await said(host, encode_v1(encode_request(r.OpenShift(ADMIN)))) == b""
        assert await said(host, ENQ) == NAK
    assert stand.device.drive.last_document == 1


@virtual
async def test_paper_ends_while_a_receipt_prints_and_comes_back():
    stand = Stand("paper_out:command=close_receipt_v2,seconds=3")
    async with stand.connected() as host:
        await told(host, item())
        assert (await told(host, closing(10000)))[2] == 0
        assert (await told(host, s.ShortStatus(ADMIN)))[6] == 2
        await asyncio.sleep(3)
        assert (await told(host, s.ShortStatus(ADMIN)))[6] == 3
        assert (await told(host, item()))[2] == 0x58


@pytest.mark.parametrize(("kind", "last"), [("power_before_commit", 2), ("power_after_commit", 3)])
def test_power_fails_on_either_side_of_the_commit(kind, last):
    stand = Stand(f"{kind}:command=close_receipt_v2")
    execute = stand.device.register.execute
    execute(encode_request(item(7777)))
    with pytest.raises(PowerLoss):
        execute(encode_request(closing(7777)))
    after = Stand(storage=stand.storage)
    assert after.device.drive.last_document == last
    cash = after.device.register.core.memory.money.get(241, 0)
    assert cash == (7777 if last == 3 else 0)
    assert after.device.register.core.mode() == 2
    assert ("77.77" in after.device.paper_text()) == (last == 3)


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
