"""Пирит: broken after every byte of every command that changes something, both ways: settling says what happened."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from severed_line import Break, SeveredPipe, Way
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import DeviceError, LinkError, ProtocolError
from devices.links.pair import PairLink
from devices.registers.factory import create
from devices.registers.settle import CashWanted, Exists, ReportWanted, ShiftWanted, Wanted, settle
from emulator.registers.pirit import command_code
from emulator.registers.till import X_REPORTS, shift_cash_count
from protocols.ffd.enums import CorrectionKind, FfdVersion, Vat
from protocols.ffd.receipt import Correction, Receipt

SALE = receipt(item("Чай", 1_000, user_data="сорт 1"), additional="стол 7")
CASH = 700


@dataclass(frozen=True)
class Case:
    """A command by its name, what is done for it, and how much of it there is in the register."""

    command: str
    wanted: Wanted
    act: Callable[[Till], Awaitable[Any]]
    count: Callable[[Till], int]
    before: Callable[[Till], Awaitable[Any]]
    ffd: FfdVersion = FfdVersion.V1_2


def documents(code: int) -> Callable[[Till], int]:
    return lambda one: sum(1 for record in one.documents() if record.code == code)


def counted(key: str) -> Callable[[Till], int]:
    return lambda one: int(one.device.register.core.till[key])


async def reopen(one: Till) -> None:
    if (await one.driver.state()).shift == "closed":
        await one.driver.open_shift(CASHIER)


async def reclose(one: Till) -> None:
    if (await one.driver.state()).shift != "closed":
        await one.driver.close_shift(CASHIER)


def fiscalise(wanted: Receipt) -> Callable[[Till], Awaitable[Any]]:
    return lambda one: one.driver.fiscalise(wanted)


def sale(command: str) -> Case:
    return Case(command, SALE, fiscalise(SALE), documents(3), reopen)


CORRECTION = receipt(
    item("Чай", 1_000, vat=Vat.VAT10),
    correction=Correction(kind=CorrectionKind.SELF, date=date(2026, 3, 1)),
    customer=None,
)
#: Every command of a receipt but its closing, and all else that changes something.
OTHERS = {
    **{name: sale(name) for name in ("open_document", "item_details", "add_item", "document_tag", "compare_total")},
    "payment": sale("payment"),
    "correction": Case("correction", CORRECTION, fiscalise(CORRECTION), documents(31), reopen, FfdVersion.V1_05),
    "correction-items": Case("close_document", CORRECTION, fiscalise(CORRECTION), documents(31), reopen),
    "open-shift": Case(
        "open_shift",
        ShiftWanted(opening=True, cashier=CASHIER),
        lambda one: one.driver.open_shift(CASHIER),
        documents(2),
        reclose,
    ),
    "close-shift": Case(
        "close_shift",
        ShiftWanted(opening=False, cashier=CASHIER),
        lambda one: one.driver.close_shift(CASHIER),
        documents(5),
        reopen,
    ),
    "cash-in": Case(
        "close_document",
        CashWanted(kopecks=CASH),
        lambda one: one.driver.cash_in(CASH, CASHIER),
        counted(shift_cash_count(incoming=True)),
        reopen,
    ),
    "cash-out": Case(
        "close_document",
        CashWanted(kopecks=-CASH),
        lambda one: one.driver.cash_out(CASH, CASHIER),
        counted(shift_cash_count(incoming=False)),
        reopen,
    ),
    "x-report": Case("x_report", ReportWanted(), lambda one: one.driver.x_report(), counted(X_REPORTS), reopen),
}
#: More bytes than any of their answers has.
ANSWER = 100
plans: list[Break] = []


async def broken(one: Till, case: Case, plan: Break) -> bool:
    """One command broken once: whether it was executed all the same."""
    bookmark = await one.driver.bookmark(counters=True)
    count = case.count(one)
    plans.append(plan)
    try:
        await case.act(one)
    except (LinkError, ProtocolError, DeviceError):
        plans.clear()
        settled = await settle(one.driver, bookmark, case.wanted)
        done = case.count(one) - count
        assert done == isinstance(settled, Exists), (plan, settled)
        if not done:
            await case.act(one)
    else:
        plans.clear()
        done = 1
    assert case.count(one) == count + 1, plan
    return bool(done)


async def everywhere(case: Case, way: Way, *, out: int, back: int) -> Counter[tuple[bool, bool]]:
    """Broken after every `out`-th byte sent and every `back`-th received: (of the answer, executed) -> how often."""
    seen: Counter[tuple[bool, bool]] = Counter()
    command = command_code(case.command)
    assert command is not None
    async with till(family="pirit", ffd=case.ffd) as one:
        link = PairLink(lambda: SeveredPipe(one.emulated.connect(), lambda: plans[0] if plans else None))
        one.driver = create("pirit", link, zone=MOSCOW)
        await one.driver.connect()
        await one.driver.cash_in(10_000_000, CASHIER)
        for to_host in (False, True):
            at = 0
            while True:
                await one.driver.connect()  # what only prints is done with the line that broke behind it
                await case.before(one)
                plan = Break(command=command, way=way, at=at, to_host=to_host)
                seen[to_host, await broken(one, case, plan)] += 1
                assert plan.sent, "the command was never sent"
                if to_host and (not plan.struck or at > ANSWER):
                    break  # what comes back from here on answers other questions
                if not to_host and at >= plan.sent:
                    break
                at += back if to_host else out
                at = at if to_host else min(at, plan.sent)
        await one.driver.close()
    return seen


@virtual
async def test_the_closing_of_a_receipt_cut_after_every_byte() -> None:
    seen = await everywhere(sale("close_document"), Way.CUT, out=1, back=3)
    # Cut anywhere but behind its last byte it never was; whatever becomes of the answer, it was.
    assert seen[False, False] > 30
    assert seen[False, True] <= 1
    assert seen[True, False] == 0
    assert seen[True, True] > 30


@pytest.mark.parametrize("way", [Way.STALL, Way.GAP], ids=str)
@virtual
async def test_the_closing_of_a_receipt_broken_otherwise(way: Way) -> None:
    seen = await everywhere(sale("close_document"), way, out=7, back=9)
    assert seen[False, False] + seen[False, True] >= 6
    assert seen[True, True] > 6
    assert seen[True, False] == 0


@pytest.mark.parametrize("way", [Way.CUT, Way.GAP], ids=str)
@pytest.mark.parametrize("name", OTHERS)
@virtual
async def test_other_commands_broken_after_sampled_bytes(name: str, way: Way) -> None:
    seen = await everywhere(OTHERS[name], way, out=17, back=37)
    assert seen[False, False] + seen[False, True] >= 2
    assert seen[True, False] + seen[True, True] >= 2
