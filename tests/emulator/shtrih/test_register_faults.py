"""Every kind of fault on a register's wire, and what is true of its drive afterwards."""

from __future__ import annotations

import asyncio

import pytest
from shtrih_kit import ADMIN, closing, item
from shtrih_stand import ACK, ENQ, NAK, STATUS, Stand, reply_to, said, told
from virtual_loop import virtual

from emulator.faults import PowerLoss
from protocols.shtrih import errors
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.framing import encode_v1, encode_v2, sync_v2

OPEN_SHIFT = encode_v1(encode_request(r.OpenShift(ADMIN)))
CLOSING = encode_v1(encode_request(closing(10000)))


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
    cash = after.device.register.core.till["cash"]
    assert cash == (7777 if last == 3 else 0)
    assert after.device.register.core.mode() == 2
    assert ("77.77" in after.device.paper_text()) == (last == 3)


@pytest.mark.parametrize(("arrived", "last"), [(0, 1), (len(OPEN_SHIFT) - 1, 1), (len(OPEN_SHIFT), 2)])
@virtual
async def test_a_cut_request_is_executed_only_when_it_is_whole(arrived, last):
    stand = Stand(f"cut_request:command=open_shift,after_bytes={arrived}")
    async with stand.connected() as host:
        await said(host, ENQ)
        assert await said(host, OPEN_SHIFT) == b""
        assert host.closed
    assert stand.device.drive.last_document == last
    async with stand.connected() as host:
        assert await said(host, ENQ) == (NAK if last == 1 else ACK + encode_v1(bytes.fromhex("E0 00 1E")))


@virtual
async def test_a_cut_packet_of_version_2_is_measured_with_its_stuffing():
    message = encode_request(r.OpenShift(ADMIN))
    size = len(encode_v2(2, message))
    for arrived, last in ((size - 1, 1), (size, 2)):
        stand = Stand(f"cut_request:command=open_shift,after_bytes={arrived}")
        async with stand.connected() as host:
            await said(host, sync_v2())
            assert await said(host, encode_v2(2, message)) == b""
        assert stand.device.drive.last_document == last


@pytest.mark.parametrize(("kind", "last"), [("stall_request", 1), ("stall", 2)])
@virtual
async def test_a_stalled_line_swallows_everything_and_hangs_nobody_up(kind, last):
    stand = Stand(f"{kind}:command=open_shift,seconds=4")
    async with stand.connected() as host:
        await said(host, ENQ)
        assert await said(host, OPEN_SHIFT, timeout=1) == b""
        assert await said(host, ENQ, timeout=1) == b""
        assert not host.closed
    assert stand.device.drive.last_document == last
    async with stand.connected() as host:
        assert await said(host, ENQ, timeout=1) == b""
        await asyncio.sleep(2)
        assert (await said(host, ENQ))[:1] == (NAK if last == 1 else ACK)


@virtual
async def test_an_answer_behind_the_next_one():
    async with Stand("reorder:command=10").connected() as host:
        await said(host, ENQ)
        assert await said(host, STATUS) == ACK
        answer = await said(host, ENQ)
        assert answer[:1] == ACK
        assert answer[1:] == answer[1 : len(answer) // 2 + 1] * 2
        assert await said(host, ACK) == b""


@pytest.mark.parametrize("seconds", [0, 2])
@virtual
async def test_the_answer_of_an_old_connection_comes_in_the_next(seconds):
    stand = Stand(f"late_answer:command=open_shift,seconds={seconds}")
    async with stand.connected() as host:
        await said(host, ENQ)
        assert await said(host, OPEN_SHIFT) == b""
        assert host.closed
    late = ACK + encode_v1(bytes.fromhex("E0 00 1E"))
    async with stand.connected() as host:
        assert (await said(host, timeout=1) == late) == (seconds == 0)
        assert (await said(host, timeout=2) == late) == (seconds == 2)
    async with stand.connected() as host:
        assert await said(host, timeout=3) == b""
    assert stand.device.drive.last_document == 2


@pytest.mark.parametrize(("kind", "last"), [("restart", 1), ("restart_after", 2)])
@virtual
async def test_a_register_restarts_on_either_side_of_a_command(kind, last):
    stand = Stand(f"{kind}:command=open_shift,seconds=3")
    async with stand.connected() as host:
        await said(host, ENQ)
        assert await said(host, OPEN_SHIFT) == b""
    assert isinstance(stand.ended_by, PowerLoss)
    assert stand.ended_by.seconds == 3
    assert stand.device.drive.last_document == last


@virtual
async def test_a_busy_register_refuses_what_prints_and_answers_questions():
    stand = Stand("busy:command=open_shift,seconds=2")
    async with stand.connected() as host:
        assert (await told(host, r.OpenShift(ADMIN)))[1] == errors.PRINTING
        assert (await told(host, s.ShortStatus(ADMIN)))[6] == 5
        assert (await told(host, r.OpenShift(ADMIN)))[1] == errors.PRINTING
        stand.wait(2)
        assert (await told(host, s.ShortStatus(ADMIN)))[6] == 0
        assert (await told(host, r.OpenShift(ADMIN)))[1] == 0


@virtual
async def test_a_lost_clock_wants_time_and_date_even_with_the_shift_open():
    stand = Stand("clock_lost:command=close_receipt_v2")
    async with stand.connected() as host:
        await told(host, item())
        assert (await told(host, closing(10000)))[2] == errors.CONFIRM_CLOCK
        assert (await told(host, s.ShortStatus(ADMIN)))[1] == 0
        now = stand.now()
        assert (await told(host, s.SetTime(ADMIN, now.time())))[1] == 0
        assert (await told(host, closing(10000)))[2] == errors.CONFIRM_CLOCK
        assert (await told(host, s.SetDate(ADMIN, now.date())))[1] == 0
        assert (await told(host, s.ConfirmDate(ADMIN, now.date())))[1] == 0
        assert (await told(host, closing(10000)))[2] == 0
    assert stand.device.register.core.now() == now
    assert stand.device.drive.last_document == 3


@virtual
async def test_a_lost_clock_is_still_lost_after_a_restart():
    stand = Stand("clock_lost:command=open_shift")
    async with stand.connected() as host:
        await told(host, r.OpenShift(ADMIN))
    async with Stand(storage=stand.storage).connected() as host:
        assert (await told(host, r.OpenShift(ADMIN)))[1] == errors.CONFIRM_CLOCK


@virtual
async def test_a_full_drive_keeps_room_for_its_end():
    stand = Stand("drive_full:command=close_receipt_v2,seconds=3")
    async with stand.connected() as host:
        await told(host, item())
        assert (await told(host, closing(10000)))[2] == 0x06
        status = await told(host, d.DriveStatus(ADMIN))
        assert status[7] & 0x04  # memory full by 90 %
        assert stand.device.state()["documents_left"] == 2
        await asyncio.sleep(3)
        assert (await told(host, closing(10000)))[2] == 0
    assert stand.device.drive.last_document == 3


@pytest.mark.parametrize(("left", "receipts"), [(3, 1), (4, 2)])
def test_a_drive_with_little_room_ends_in_order(left, receipts):
    stand = Stand()
    execute = stand.device.register.execute
    execute(encode_request(r.OpenShift(ADMIN)))
    stand.device.drive.leave_room(left)
    for _ in range(receipts):
        assert execute(encode_request(item()))[2] == 0
        assert execute(encode_request(closing(10000)))[2] == 0
    assert execute(encode_request(item()))[2] == 0x06
    assert execute(encode_request(r.ZReport(ADMIN)))[1] == 0
    assert execute(encode_request(r.OpenShift(ADMIN)))[1] == 0x06
    stand.device.heal()
    assert execute(encode_request(r.OpenShift(ADMIN)))[1] == 0


@pytest.mark.parametrize(("kind", "kept"), [("drive_error", False), ("drive_error_kept", True)])
@virtual
async def test_the_drive_fails_with_or_without_having_kept_the_document(kind, kept):
    stand = Stand(f"{kind}:command=close_receipt_v2,error=04")
    async with stand.connected() as host:
        assert (await told(host, item()))[2] == 0
        assert (await told(host, closing(10000)))[2] == 0x04
        assert stand.device.drive.last_document == (3 if kept else 2)
        assert stand.device.register.core.mode() == 8
        assert (await told(host, r.CancelReceipt(ADMIN)))[1] == 0
        assert stand.device.register.core.mode() == 2


def test_healing_undoes_what_faults_did():
    stand = Stand()
    device = stand.device
    device.set_paper(present=False)
    device.set_cover(open_=True)
    device.drive.leave_room(0)
    device.register.core.lose_clock()
    device.register.printer.keep_busy(60)
    device.heal()
    core = device.register.core
    assert (core.memory.paper_present, core.memory.cover_open, core.memory.clock_lost) == (True, False, "")
    assert core.now() == stand.now()
    assert core.submode() == 0
    assert device.drive.resource.documents_left > 1000
