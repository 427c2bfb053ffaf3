"""Broken after every byte of every command that changes something: what the table says is proven is what happened."""

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
from devices.registers.shtrih import driver
from devices.registers.shtrih.certainty import MOMENTS, Moment, Proof, proven
from devices.registers.shtrih.profile import read_profile
from emulator.registers.shtrih.ledger import counter
from protocols.ffd.enums import CorrectionKind, FfdVersion, Vat
from protocols.ffd.receipt import Correction, Receipt

SALE = receipt(item("Чай", 1_000))
CASH = 700


@dataclass(frozen=True)
class Case:
    """A command, what is done for it, and how much of it there is in the register."""

    command: int
    wanted: Wanted
    act: Callable[[Till], Awaitable[Any]]
    count: Callable[[Till], int]
    before: Callable[[Till], Awaitable[Any]]
    decides: bool = True  # the command itself does it, not a later one
    ffd: FfdVersion = FfdVersion.V1_2


def documents(code: int) -> Callable[[Till], int]:
    return lambda one: sum(1 for record in one.documents() if record.code == code)


def counters(number: int) -> Callable[[Till], int]:
    return lambda one: counter(one.device.register.core.till, number)


async def reopen(one: Till) -> None:
    if (await one.driver.state()).shift == "closed":
        await one.driver.open_shift(CASHIER)


async def reclose(one: Till) -> None:
    if (await one.driver.state()).shift != "closed":
        await one.driver.close_shift(CASHIER)


def fiscalise(wanted: Receipt) -> Callable[[Till], Awaitable[Any]]:
    return lambda one: one.driver.fiscalise(wanted)


def sale(command: int, *, decides: bool = False) -> Case:
    return Case(command, SALE, fiscalise(SALE), counters(148), reopen, decides)


CLOSING = sale(0xFF45, decides=True)
CORRECTION = receipt(
    item("Чай", 1_000, vat=Vat.VAT10),
    correction=Correction(kind=CorrectionKind.SELF, date=date(2026, 3, 1)),
    customer=None,
)
OTHERS = {
    "open-receipt": sale(0x8D),
    "item": sale(0xFF46),
    "tag": sale(0xFF0C),
    "correction": Case(0xFF4A, CORRECTION, fiscalise(CORRECTION), documents(31), reopen, ffd=FfdVersion.V1_05),
    "open-shift": Case(
        0xE0,
        ShiftWanted(opening=True, cashier=CASHIER),
        lambda one: one.driver.open_shift(CASHIER),
        documents(2),
        reclose,
    ),
    "close-shift": Case(
        0x41,
        ShiftWanted(opening=False, cashier=CASHIER),
        lambda one: one.driver.close_shift(CASHIER),
        documents(5),
        reopen,
    ),
    "cash-in": Case(
        0x50, CashWanted(kopecks=CASH), lambda one: one.driver.cash_in(CASH, CASHIER), counters(155), reopen
    ),
    "cash-out": Case(
        0x51, CashWanted(kopecks=-CASH), lambda one: one.driver.cash_out(CASH, CASHIER), counters(156), reopen
    ),
    "x-report": Case(0x40, ReportWanted(), lambda one: one.driver.x_report(), counters(158), reopen),
}


async def broken(one: Till, case: Case, plan: Break, protocol: str) -> tuple[Proof, bool]:
    """One command broken once: what the driver says is proven, and whether it was executed."""
    bookmark = await one.driver.bookmark(counters=True)
    count = case.count(one)
    plans.append(plan)
    failure: Exception | None = None
    try:
        await case.act(one)
    except (LinkError, ProtocolError, DeviceError) as error:
        failure = error
    plans.clear()
    if failure is None:
        assert case.count(one) == count + 1, plan
        return Proof.OVER, True
    proof = proven(one.driver._exchange.moment, protocol)  # type: ignore[attr-defined]
    settled = await settle(one.driver, bookmark, case.wanted)
    done = case.count(one) - count
    assert done == isinstance(settled, Exists), (plan, settled)
    if case.decides and not plan.passed:
        assert not (proof is Proof.NOT_EXECUTED and done), (plan, failure)
        assert not (proof is Proof.OVER and not done), (plan, failure)
    if not done:
        await case.act(one)
    assert case.count(one) == count + 1, plan
    return proof, bool(done)


def ask_less(patch: pytest.MonkeyPatch) -> None:
    """Who the register is takes thirty questions at every connection, a report's counters ninety: not broken here."""
    kept: list[Any] = []

    async def once(exchange: Any, at: float, before: Any = None, **more: Any) -> Any:
        if not kept:
            kept.append(await read_profile(exchange, at))
        return kept[0]

    async def none(exchange: Any) -> dict[str, int]:
        return {}

    patch.setattr(driver, "read_profile", once)
    patch.setattr(driver, "read_counters", none)


async def everywhere(
    case: Case, way: Way, protocol: str, *, out: int, back: int, patch: pytest.MonkeyPatch
) -> Counter[tuple[Proof, bool]]:
    """Broken after every `out`-th byte sent and every `back`-th received; how often each proof met each reality."""
    ask_less(patch)
    seen: Counter[tuple[Proof, bool]] = Counter()
    async with till(ffd=case.ffd) as one:
        link = PairLink(lambda: SeveredPipe(one.emulated.connect(), lambda: plans[0] if plans else None))
        one.driver = create("shtrih", link, zone=MOSCOW, options={"protocol": protocol})
        await one.driver.connect()
        await one.driver.cash_in(10_000_000, CASHIER)
        for to_host in (False, True):
            at = 0
            while True:
                await one.driver.connect()  # what only prints is done with the line that broke behind it
                await case.before(one)
                plan = Break(command=case.command, way=way, at=at, to_host=to_host)
                seen[await broken(one, case, plan, protocol)] += 1
                assert plan.sent, "the command was never sent"
                if to_host and not plan.struck:
                    break  # more bytes than ever come back
                if not to_host and at >= plan.sent:
                    break
                at += back if to_host else out
                at = at if to_host else min(at, plan.sent)
        await one.driver.close()
    return seen


plans: list[Break] = []


@pytest.mark.parametrize("protocol", ["1", "2"])
@pytest.mark.parametrize("way", list(Way), ids=str)
@virtual
async def test_the_closing_of_a_receipt_broken_after_every_byte(way: Way, protocol: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        seen = await everywhere(
            CLOSING, way, protocol, out=1 if way is Way.CUT else 11, back=1 if way is Way.CUT else 2, patch=patch
        )
    assert sum(seen.values()) > (140 if way is Way.CUT else 20)
    if way is Way.CUT:
        # "Unknown" is no lazy answer: both come of it.
        assert seen[Proof.UNKNOWN, False] > 100
        assert seen[Proof.UNKNOWN, True] >= 1
        assert (seen[Proof.OVER, True] > 10) is (protocol == "1")


@pytest.mark.parametrize(("way", "protocol"), [(Way.CUT, "1"), (Way.CUT, "2"), (Way.STALL, "2"), (Way.GAP, "1")])
@pytest.mark.parametrize("name", OTHERS)
@virtual
async def test_other_commands_broken_after_sampled_bytes(name: str, way: Way, protocol: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        seen = await everywhere(OTHERS[name], way, protocol, out=17, back=6, patch=patch)
    assert sum(seen.values()) >= 3


def test_every_moment_has_a_proof() -> None:
    assert set(MOMENTS) == set(Moment)
    assert MOMENTS[Moment.TAKEN].v2 is None
