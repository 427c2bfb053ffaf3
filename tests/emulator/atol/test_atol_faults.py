"""A whole shop with an ATOL register on its line: faults around the drive's commit, paper, packets, both protocols."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from atol_kit import end_item
from register_bench import START
from virtual_loop import virtual

from emulator.channels import PipeEnd
from emulator.plans import Plan, RegisterPlan
from emulator.registers.atol import command_code
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.atol import errors, exchange_v2
from protocols.atol.commands import DeviceRefusal, answer_to, encode_request, service
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.framing_v3 import Packet, PacketLink
from protocols.atol.statuses import Mode
from protocols.atol.tasks import Abort, Ack, Add, Finished, Req, State, TaskState, encode_action
from protocols.atol.tasks import parse_answer as parsed
from protocols.ffd.enums import FfdVersion

NAME = "kkt-1"


class Host:
    """A driver's minimum: tasks one after another, the F0h packet awaited."""

    def __init__(self, channel: PipeEnd) -> None:
        self.channel, self.link, self.task = channel, PacketLink(), 0
        self.heard: list[Any] = []

    async def act(self, action: Any, wait: float = 1.0) -> list[Any]:
        """What comes back until the line is silent for `wait` seconds."""
        await self.channel.write(self.link.request(encode_action(action))[1])
        heard: list[Any] = []
        while data := await self.channel.read(wait):
            heard += [parsed(event.data) for event in self.link.feed(data) if isinstance(event, Packet)]
        return heard

    async def call(self, request: Any) -> Any:
        """The answer; None when no result came. DeviceRefusal."""
        self.task += 1
        self.heard = await self.act(Add(1, self.task, encode_request(request)))
        for answer in self.heard:
            if isinstance(answer, Finished) and answer.task == self.task:
                await self.act(Ack(self.task), wait=0.1)  # nothing is taken behind a failed task before
                return answer_to(request, answer.result)
        return None

    async def refused(self, request: Any) -> int:
        try:
            await self.call(request)
        except DeviceRefusal as refusal:
            return refusal.number
        return 0


@asynccontextmanager
async def opened(ffd: FfdVersion = FfdVersion.V1_05) -> AsyncIterator[Shop]:
    plan = Plan(registers=(RegisterPlan(settings=Settings(name=NAME, ffd=ffd), family="atol"),), with_ofd=True)
    made = Shop(plan, clock=Clock(START, ticks=asyncio.get_running_loop().time), random=Random(1))
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def host_of(shop: Shop) -> Host:
    return Host(shop.connect(NAME))


def break_down(shop: Shop, **fault: Any) -> None:
    faults = shop.registers[NAME].faults
    faults.add(faults.parse(fault))


async def sold(host: Host) -> None:
    """Everything of a receipt but its closing; documents 2 (shift)."""
    await host.act(Abort())
    for request in (s.EnterMode(Mode.REGISTRATION, 30), r.OpenShift(0), r.OpenReceipt(0, 1)):
        await host.call(request)
    await host.call(r.BeginItem(0, 1, 0))
    await host.call(end_item(7700))


CLOSE = r.CloseReceipt(0, 1, 0)


#: atol_wire §2.5, what the host says there from entering mode 1 on, byte for byte.
WORKED = """
FE 0B 00 08 C1 01 05 00 00 56 01 00 00 00 30 BD
FE 07 00 07 C1 01 04 00 00 9A 00 95
FE 08 00 09 C1 01 06 00 00 92 00 01 B1
FE 19 00 0A C1 01 07 00 00 E8 01 01 00 F0 03 0C 00 2B 37 39 31 36 31 32 33 34 35 36 37 3D
FE 09 00 0B C1 01 08 00 00 EA 00 01 00 65
FE 32 00 0C C1 01 09 00 00 EB 00 00 00 00 00 01 23 45 00 00 00 20 00 00 00 00 00 02 46 90 06 00 00 00 00 00 00 00 01 \
01 04 00 00 00 00 00 00 00 00 00 00 97 A0 A9 12
FE 0D 00 0D C1 01 0A 00 00 99 00 01 00 00 02 46 90 A0
FE 0D 00 0E C1 01 0B 00 00 4A 00 01 00 00 00 00 00 30
"""


@virtual
async def test_the_reference_s_exchange_makes_its_receipt() -> None:
    async with opened() as made:
        host = host_of(made)
        results = []
        for line in WORKED.replace("\\\n", "").split("\n"):
            await host.channel.write(bytes.fromhex(line))
            while data := await host.channel.read(0.1):
                answers = [parsed(event.data) for event in host.link.feed(data) if isinstance(event, Packet)]
                results += [one for one in answers if isinstance(one, Finished)]
        assert [one.task for one in results] == [5, 4, 6, 7, 8, 9, 10, 11]
        assert not any(one.failed for one in results)
        stored = made.registers[NAME].device.drive.document(3)
        assert stored is not None
        found = {element.tag: element.value for element in stored.elements}
        assert (found[1020], found[1031], found[1008]) == (24690, 24690, "+79161234567")


@virtual
async def test_a_receipt_goes_to_the_ofd() -> None:
    async with opened(FfdVersion.V1_2) as made:
        host = host_of(made)
        await sold(host)
        assert await host.call(CLOSE) is not None
        assert (await host.call(d.DriveStatus())).last_document == 3
        await asyncio.sleep(5)
        assert [one.number for one in made.received() or []] == [1, 2, 3]
        state = made.registers[NAME].device.state()
        assert (state["mode"], state["last_document"], state["ffd"]) == ("1.0: регистрация", 3, "1.2")


@pytest.mark.parametrize(("kind", "kept"), [("power_before_commit", 2), ("power_after_commit", 3)])
@virtual
async def test_power_fails_around_the_commit(kind: str, kept: int) -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, kind=kind, command="close_receipt", seconds=5)
        assert await host.call(CLOSE) is None
        assert host.channel.closed
        await asyncio.sleep(6)
        again = host_of(made)
        assert (await again.act(Req(host.task)))[0] != State(TaskState.RESULT)  # the buffer went with the power
        status = await again.call(d.DriveStatus())
        assert (status.last_document, status.shift_open) == (kept, 1)
        state = await again.call(s.GetState())
        assert (state.state, state.receipt_state) == (0, 0)
        assert (await again.call(s.GetCash())).sum == (7700 if kept == 3 else 0)


@virtual
async def test_paper_ends_in_4a_and_the_document_is_made_all_the_same() -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, kind="paper_out", command="close_receipt", seconds=10)
        assert await host.refused(CLOSE) == errors.NO_PAPER
        assert await host.refused(s.GetLastError()) == errors.NO_PAPER
        assert (await host.call(d.DriveStatus())).last_document == 3
        assert (await host.call(s.GetState())).receipt_state == 0
        assert await host.refused(r.OpenReceipt(0, 1)) == errors.NO_PAPER
        paper = made.registers[NAME].device.paper_text()
        assert "ДОКУМЕНТ НЕ ДЕЙСТВИТЕЛЕН" in paper
        assert "77.00" not in paper
        await asyncio.sleep(15)
        assert "77.00" in made.registers[NAME].device.paper_text()
        assert await host.refused(r.FinishReport()) == errors.NO_REPORTS
        assert await host.call(r.OpenReceipt(0, 1)) is not None


@virtual
async def test_the_drive_keeps_what_the_register_denies() -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, kind="drive_error", command="close_receipt")
        assert await host.refused(CLOSE) == 0xD2
        assert (await host.call(d.DriveStatus())).last_document == 2
        break_down(made, kind="drive_error_kept", command="close_receipt")
        assert await host.refused(CLOSE) == 0xD2
        assert (await host.call(d.DriveStatus())).last_document == 3
        assert await host.call(r.CancelReceipt()) is not None


@pytest.mark.parametrize(
    ("fault", "results", "asked"),
    [
        ({"kind": "drop_answer"}, 0, TaskState.RESULT),
        ({"kind": "duplicate_answer"}, 2, TaskState.RESULT),
        ({"kind": "delay", "seconds": 0.5}, 1, TaskState.RESULT),
        ({"kind": "garble"}, 0, TaskState.RESULT),
    ],
)
@virtual
async def test_the_packet_that_ends_4a(fault: dict[str, Any], results: int, asked: TaskState) -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, command="close_receipt", **fault)
        heard = await host.act(Add(1, 99, encode_request(CLOSE)))
        whole = [one for one in heard if isinstance(one, Finished) and one.task == 99 and one.result == b"\x55\0\0"]
        assert len(whole) == results
        (state,) = await host.act(Req(99))
        assert (state.state, state.result) == (asked, b"\x55\0\0")
        assert (await host.call(d.DriveStatus())).last_document == 3


@virtual
async def test_a_late_answer_reaches_the_next_connection() -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, kind="late_answer", command="close_receipt", seconds=0.3)
        await host.act(Add(1, 99, encode_request(CLOSE)))
        assert host.channel.closed
        again = host_of(made)
        heard = await again.act(Req(99))
        assert Finished(99, failed=False, result=b"\x55\0\0") in heard


@virtual
async def test_a_busy_printer_is_busy_for_a_while() -> None:
    async with opened() as made:
        host = host_of(made)
        await sold(host)
        break_down(made, kind="busy", command="close_receipt", seconds=10)
        assert [await host.refused(CLOSE) for _ in range(2)] == [errors.UNFINISHED] * 2
        await asyncio.sleep(10)
        assert await host.refused(CLOSE) == 0
        assert (await host.call(d.DriveStatus())).last_document == 3


@virtual
async def test_a_lost_clock_is_told_and_set() -> None:
    async with opened() as made:
        host = host_of(made)
        break_down(made, kind="clock_lost", command="enter_mode")
        assert await host.refused(s.EnterMode(1, 30)) == 0x15
        wall = START.replace(tzinfo=None)
        assert await host.call(service.SetClock(wall)) is not None
        assert await host.call(s.EnterMode(1, 30)) is not None


@virtual
async def test_a_reboot_by_command_takes_its_time() -> None:
    async with opened() as made:
        host = host_of(made)
        await host.call(s.EnterMode(Mode.Z_REPORTS, 30))
        await host.call(service.Power(service.REBOOT))
        assert not made.registers[NAME].powered
        await asyncio.sleep(service.REBOOT_TIME + 1)
        assert (await host_of(made).call(s.GetState())).state == 0


@virtual
async def test_protocol_2_reaches_the_same_register() -> None:
    async with opened() as made:
        await sold(host_of(made))
        channel = made.connect(NAME)
        host = exchange_v2.HostV2()
        host.command(encode_request(CLOSE), 20.0)
        while not isinstance(event := host.poll(), exchange_v2.Answered):
            assert not isinstance(event, exchange_v2.Failed)
            if isinstance(event, exchange_v2.Write):
                await channel.write(event.data)
            elif data := await channel.read(host.wait or 1.0):
                host.feed(data)
            else:
                host.silence()
        assert event.message == b"\x55\0\0"
        assert made.registers[NAME].device.drive.last_document == 3


def test_commands_are_known_by_their_names() -> None:
    assert (command_code("close_receipt"), command_code("drive_status"), command_code("no_such")) == (
        0x4A,
        0xA430,
        None,
    )
