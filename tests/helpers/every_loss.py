"""Every call that changes something, struck by everything that can go wrong at each of its commands.

What settling says each time is held against the drive's archive and the drawer. Which commands a call has is found by
listening to it, so no family needs a table here.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any, NamedTuple

from every_register import Place, a_till, asked, nothing_is_left
from every_register import told as told_of
from receipts_of_all import INSTRUCTION, shoe, unit
from register_rows import V12, V105, difference
from till import CASHIER, Till, item, receipt
from virtual_loop import run_virtual

from devices.errors import DeviceError, GatewayError, LinkError, NeedsOperator, ProtocolError, Rejected
from devices.registers.base import Capability, Register
from devices.registers.settle import Absent, CashWanted, Exists, ReportWanted, ShiftWanted, Unprovable, Wanted, settle
from emulator.faults import parse_fault
from emulator.registers.till import X_REPORTS, cash_count
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation, Vat

#: Strike any command, before it is executed or as its answer leaves.
ANYWHERE = (
    "lose_command",
    "cut_before",
    "cut_request:after_bytes=5",
    "cut_request:after_bytes=9999",
    "stall_request",
    "restart",
    "paper_out",
    "cover_open",
    "busy",
    "clock_lost",
    "drive_full",
    "drive_error",
    "drop_answer",
    "garble",
    "cut",
    "cut:after_bytes=3",
    "slow",
    "delay",
    "duplicate_answer",
    "reorder",
    "late_answer",
    "late_answer:seconds=0.04",
    "stall",
    "restart_after",
)
#: Strike where the drive keeps a document.
AT_COMMIT = ("power_before_commit", "power_after_commit", "drive_error_kept")
#: What leaves the most doubt about the command that matters.
DOUBTFUL = ("cut_request:after_bytes=9999", "drop_answer", "late_answer", "stall", "restart_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`effect` counts what `act` is to make, once; `wanted` is what settling is asked about."""

    name: str
    act: Callable[[Register], Awaitable[object]]
    wanted: Wanted
    effect: Callable[[Till], int]
    shift: bool = True
    needs: tuple[Capability, ...] = ()
    ffds: tuple[FfdVersion, ...] = (V105, V12)
    fiscal: bool = True


def _documents(code: DocumentCode) -> Callable[[Till], int]:
    return lambda one: sum(record.code == code for record in one.documents())


def _counted(key: str) -> Callable[[Till], int]:
    return lambda one: one.device.register.core.till[key]


def _of(name: str, wanted: Any, **more: Any) -> Call:
    code = DocumentCode.RECEIPT if wanted.correction is None else DocumentCode.CORRECTION
    return Call(name=name, wanted=wanted, effect=_documents(code), act=lambda driver: driver.fiscalise(wanted), **more)


SALE = receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5"))
_LINE = item("Чай", 10_000, vat=Vat.VAT10)

CALLS = {
    call.name: call
    for call in (
        Call(
            name="open shift",
            wanted=ShiftWanted(opening=True, cashier=CASHIER),
            act=lambda driver: driver.open_shift(CASHIER),
            effect=_documents(DocumentCode.SHIFT_OPEN),
            shift=False,
        ),
        Call(
            name="close shift",
            wanted=ShiftWanted(opening=False, cashier=CASHIER),
            act=lambda driver: driver.close_shift(CASHIER),
            effect=_documents(DocumentCode.SHIFT_CLOSE),
        ),
        _of("sell", SALE),
        _of("refund", replace(SALE, operation=Operation.SELL_REFUND)),
        _of("buy, not printed", replace(SALE, operation=Operation.BUY, print_paper=False)),
        _of("marked", receipt(item("Пакет", 500), shoe(), shoe(unit(1))), needs=(Capability.MARKING,), ffds=(V12,)),
        _of("correction", receipt(_LINE, correction=INSTRUCTION, customer=None), needs=(Capability.CORRECTION,)),
        Call(
            name="cash in",
            wanted=CashWanted(kopecks=10_000),
            act=lambda driver: driver.cash_in(10_000, CASHIER),
            effect=_counted(cash_count(incoming=True)),
            needs=(Capability.CASH,),
        ),
        Call(
            name="cash out",
            wanted=CashWanted(kopecks=-10_000),
            act=lambda driver: driver.cash_out(10_000, CASHIER),
            effect=_counted(cash_count(incoming=False)),
            needs=(Capability.CASH,),
        ),
        Call(
            name="X report",
            wanted=ReportWanted(),
            act=lambda driver: driver.x_report(),
            effect=_counted(X_REPORTS),
            needs=(Capability.X_REPORT,),
            fiscal=False,
        ),
    )
}


#: Calls that another ФФД makes by other commands.
THOROUGH = frozenset({"sell", "correction"})


class Cell(NamedTuple):
    """`command` is the code of the register's command that is struck."""

    command: int
    fault: str


class Untrue(AssertionError):
    """Settling said what is not so."""


async def commands_of(place: Place, call: Call) -> tuple[list[int], list[int]]:
    """The commands of an undisturbed call in their order, each once, and those by which the drive keeps something."""
    async with _prepared(place, call) as one:
        await ready(one, call)
        commands, commits = asked(one)
        await call.act(one.driver)
    return list(dict.fromkeys(commands)), list(dict.fromkeys(commits))


def cells(commands: list[int], commits: list[int]) -> Iterator[Cell]:
    """All of them."""
    for command in commands:
        for fault in ANYWHERE:
            yield Cell(command, fault)
    for command in commits:
        for fault in AT_COMMIT:
            yield Cell(command, fault)


def a_few(label: str, commands: list[int], commits: list[int]) -> Iterator[Cell]:
    """Of all cells: what matters most, and a sixth of the faults, each at a command that changes with the label."""
    turn = zlib.crc32(label.encode())
    for number, fault in enumerate(ANYWHERE):
        if (number + turn) % 6 == 0:
            yield Cell(commands[(number // 6 + turn) % len(commands)], fault)
    for command in commits:
        yield Cell(command, AT_COMMIT[turn % len(AT_COMMIT)])
        yield Cell(command, DOUBTFUL[turn % len(DOUBTFUL)])


def _prepared(place: Place, call: Call) -> Any:
    return a_till(place, shift=call.shift, oism=Capability.MARKING in call.needs)


async def ready(one: Till, call: Call) -> None:
    if call.shift:
        await one.driver.cash_in(1_000_000, CASHIER)


def some_at_once(seed: str, commands: list[int], commits: list[int]) -> list[Cell]:
    """From two to four, the same each time."""
    random = Random(seed)
    return random.sample([*cells(commands, commits)], random.randint(2, 4))


async def struck(place: Place, call: Call, *struck_by: Cell) -> str:
    """How the call went in a few words; Untrue where settling told what is not so, AssertionError where anything of it
    is left over or the next receipt cannot be made."""
    async with _prepared(place, call) as one:
        await ready(one, call)
        for cell in struck_by:
            one.emulated.faults.add(replace(parse_fault(cell.fault), command=cell.command))
        told = await exactly_once(one, call)
        if len(one.emulated.faults.listed()) == len(struck_by):
            return "never struck"
        one.emulated.faults.clear()
        await until(one, one.driver.bookmark)
        nothing_is_left(one)
        await set_right(one)
        if call.name == "close shift":
            await until(one, lambda: one.driver.open_shift(CASHIER))
        await until(one, lambda: one.sell(receipt(item("Кофе", 100))))
        return told


def outcome(place: Place, call: Call, *struck_by: Cell) -> str:
    """As `struck`; "wrong: …" where it is not as it must be."""
    try:
        what: str = run_virtual(struck(place, call, *struck_by))
    except (GatewayError, AssertionError) as error:
        what = f"wrong: {type(error).__name__} {told_of(error)}"
    if "unprovable" in what or what == "never struck":
        what = f"wrong: {what}"
    wrong = what.startswith("wrong")
    known = difference(place.row.family, "exactly_once", f"{call.name} {' '.join(one.fault for one in struck_by)}")
    if known is None:
        return what
    return "as the table of differences says" if wrong and known.says in what else f"wrong: {what}, against {known}"


async def exactly_once(one: Till, call: Call) -> str:
    """As a worker does it, with what it believes held against what is so."""
    told: list[str] = []
    for _ in range(20):
        bookmark = await until(one, lambda: one.driver.bookmark(counters=True))
        before = call.effect(one)
        try:
            await call.act(one.driver)
        except (LinkError, ProtocolError, DeviceError) as error:
            why = error
        else:
            _must(call, call.effect(one) - before == 1, "it was answered")
            return ">".join([*dict.fromkeys(told), "done"])
        try:
            settled = await until(one, partial(settle, one.driver, bookmark, call.wanted))
        except Unprovable as doubt:
            return ">".join([*dict.fromkeys(told), f"unprovable: {doubt.doubt}"])
        made = call.effect(one) - before
        if isinstance(settled, Exists):
            _must(call, made == 1, f"settling found it ({why})")
            return ">".join([*dict.fromkeys(told), "found"])
        assert isinstance(settled, Absent)
        _must(call, made == 0, f"settling says there is none ({why})")
        if isinstance(why, Rejected) and "refused" in told:
            return ">".join([*dict.fromkeys(told), "refused"])
        told.append("refused" if isinstance(why, Rejected) else "absent")
        if isinstance(why, NeedsOperator):
            await set_right(one)
        await asyncio.sleep(0.2)
    raise AssertionError(f"not done after twenty tries: {why.code} {why}")


def _must(call: Call, so: bool, why: str) -> None:
    if not so and call.fiscal:
        raise Untrue(f"{call.name}: {why}, and it is not so")


async def until(one: Till, ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until it is answered, with a person at hand who sets the register right."""
    for again in range(100):
        try:
            return await ask()
        except Unprovable:
            raise
        except GatewayError as error:
            last = error
        await asyncio.sleep(0.1 + again * 0.02)
        if isinstance(last, (LinkError, ProtocolError)):
            with suppress(GatewayError):
                await one.driver.connect()
        if isinstance(last, NeedsOperator):
            await set_right(one)
    raise AssertionError(f"the register did not come back: {last.code} {last}")


async def set_right(one: Till) -> None:
    """What a person does at the register."""
    if one.emulated.powered:
        one.device.heal()
    with suppress(GatewayError):
        await one.driver.set_clock(one.shop.clock())
    with suppress(GatewayError):
        await one.driver.recover()
