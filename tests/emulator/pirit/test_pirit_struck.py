"""A whole shop with a Пирит on its line: faults around the drive's commit, paper, clock, requests that do not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from pirit_kit import CASHIER, PACKET, SALE
from register_bench import START
from virtual_loop import virtual

from emulator.channels import PipeEnd
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.registers.pirit import command_code
from emulator.rim import Clock
from emulator.shop import Shop
from emulator.storage import StorageError
from protocols.ffd.enums import FfdVersion
from protocols.pirit import errors
from protocols.pirit.commands import DeviceRefusal, answer_to, encode_request
from protocols.pirit.commands import counters as c
from protocols.pirit.commands import drive as d
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands import state as st
from protocols.pirit.framing import Answers, HostStream, Ids, Reply
from protocols.pirit.framing import encode_request as framed
from protocols.pirit.statuses import Printer

NAME = "kkt-1"
ITEM = r.AddItem("Чай", "", Decimal(1), 100, 1)
RECEIPT = (r.OpenDocument(SALE, 1, CASHIER), ITEM, r.Payment(0, 100), r.CloseDocument(0))


class Host:
    """A driver's minimum: one request after another, replies told by their ids."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.ids = shop, Ids()
        self.line: PipeEnd = shop.connect(NAME)

    def reconnect(self) -> None:
        self.line = self.shop.connect(NAME)

    def frame(self, request: Any) -> bytes:
        made = encode_request(0x20, request)
        return framed(encode_request(self.ids.issue(made.command), request))

    async def call(self, request: Any, patience: float = 10.0) -> Any:
        """The answer; None when there was none. DeviceRefusal."""
        await self.line.write(self.frame(request))
        stream = HostStream()
        while not self.line.closed and (data := await self.line.read(patience)):
            for event in stream.feed(data):
                if isinstance(event, Reply) and self.ids.whose(event) is Answers.OURS:
                    return answer_to(request, event)
        return None

    async def refused(self, request: Any) -> int:
        try:
            await self.call(request)
        except DeviceRefusal as refusal:
            return refusal.number
        return 0

    async def begin(self) -> None:
        await self.call(st.BeginWork((await self.call(st.ReadClock())).at))


@asynccontextmanager
async def till(ffd: FfdVersion = FfdVersion.V1_2) -> AsyncIterator[Host]:
    plan = Plan(registers=(RegisterPlan(settings=Settings(name=NAME, ffd=ffd), family="pirit"),), with_ofd=True)
    shop = Shop(plan, clock=Clock(START, ticks=asyncio.get_running_loop().time), random=Random(1))
    await shop.start()
    try:
        host = Host(shop)
        await host.begin()
        await host.call(s.OpenShift(CASHIER))
        yield host
    finally:
        await shop.close()


def fault(host: Host, kind: str, command: str = "close_document", **more: Any) -> None:
    host.shop.registers[NAME].faults.add(
        host.shop.registers[NAME].faults.parse({"kind": kind, "command": command, **more})
    )


def last(host: Host) -> int:
    return int(host.shop.registers[NAME].device.drive.last_document)


@pytest.mark.parametrize(
    ("kind", "answer", "made", "state"),
    [
        ("lose_command", None, False, 4),
        ("drop_answer", None, True, 0),
        ("power_before_commit", None, False, 0),
        ("power_after_commit", None, True, 0),
        ("drive_error", 0x62, False, 4),
        ("drive_error_kept", 0x62, True, 4),
        ("paper_out", errors.NO_PAPER, True, 8),
        ("cover_open", errors.PRINTER_NOT_READY, True, 8),
        ("busy", errors.PRINTER_NOT_READY, False, 4),
    ],
)
@virtual
async def test_what_becomes_of_a_receipt(kind: str, answer: int | None, made: bool, state: int) -> None:
    async with till() as host:
        fault(host, kind)
        for request in RECEIPT[:-1]:
            await host.call(request)
        if answer is None:
            assert await host.call(RECEIPT[-1], patience=2.0) is None
        else:
            assert await host.refused(RECEIPT[-1]) == answer
        await asyncio.sleep(5)
        host.reconnect()
        host.shop.registers[NAME].device.heal()
        assert (await host.call(st.Status())).document >> 4 == state
        assert (last(host), (await host.call(d.LastDocument())).value) == (2 + made, 2 + made)
        assert ((await host.call(c.LastReceipt())).fiscal == 3) is made


@virtual
async def test_a_report_prints_on_by_itself() -> None:
    async with till() as host:
        place = host.shop.registers[NAME]
        for restarted in (False, True):
            fault(host, "paper_out", "state_report")
            assert await host.refused(s.StateReport(CASHIER)) == errors.NO_PAPER
            assert ((await host.call(st.Status())).document, place.device.register.printer.interrupted) == (0, True)
            if restarted:
                place.device.register.core.memory.paper_present = True
                place.device.register.core.save()
                fault(host, "restart", "status")
                assert await host.call(st.Status(), patience=2.0) is None
                await asyncio.sleep(1)
            else:
                place.device.set_cover(open_=True)
                place.device.set_paper(present=True)
                assert (await host.call(st.PrinterStatus())).value == Printer.COVER_OPEN | Printer.NOT_READY
                assert place.device.register.printer.interrupted
                place.device.set_cover(open_=False)
            assert not place.device.register.printer.interrupted
            assert "РАСЧЁТОВ" in place.device.paper_text(1).upper().replace("Е", "Ё")


@virtual
async def test_a_lost_clock_is_set_by_the_beginning_of_work() -> None:
    async with till() as host:
        fault(host, "clock_lost", "status")
        assert (await host.call(st.Status())).flags & 1
        assert await host.refused(RECEIPT[0]) == errors.WRONG_STATE
        assert await host.refused(st.BeginWork(START.replace(tzinfo=None))) == 0
        for request in RECEIPT:
            await host.call(request)
        assert last(host) == 3


@virtual
async def test_one_query_of_many_can_be_struck() -> None:
    async with till() as host:
        fault(host, "drop_answer", "last_document")
        assert (await host.call(d.DriveNumber())).value
        assert await host.call(d.LastDocument(), patience=1.0) is None
        assert (await host.call(d.LastDocument())).value == 2
        assert command_code("last_document") == 0x7803


@virtual
async def test_a_whole_receipt_without_waiting() -> None:
    async with till() as host:
        requests = (r.OpenDocument(SALE | PACKET, 1, CASHIER), ITEM, ITEM, r.Subtotal(), r.Payment(0, 200))
        await host.line.write(b"".join(map(host.frame, requests)))
        assert (await host.call(RECEIPT[-1])).document == 3
        await host.line.write(b"".join(map(host.frame, requests[:1])))
        bad = r.AddItem("Чай", "", Decimal(1), 100, 99)
        await host.line.write(b"".join(map(host.frame, (ITEM, bad, *requests[2:]))))
        assert await host.refused(RECEIPT[-1]) == errors.WRONG_STATE
        assert await host.refused(r.CancelDocument()) == 0
        assert last(host) == 3


@virtual
async def test_version_11_is_not_spoken() -> None:
    with pytest.raises(StorageError, match=r"not 1\.1"):
        async with till(FfdVersion.V1_1):
            pass
