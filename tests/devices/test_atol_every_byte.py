"""Harmed at every byte of a conversation, in both protocols and both directions: what is said of it is so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from harmed_line import Blow, Harm, HarmedPipe
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import DeviceError, GatewayError, LinkError, ProtocolError
from devices.links.pair import PairLink
from devices.registers.atol import driver
from devices.registers.atol.profile import read_profile
from devices.registers.factory import create
from devices.registers.settle import CashWanted, Exists, ShiftWanted, Unprovable, Wanted, settle
from emulator.registers.till import cash_count
from protocols.ffd.enums import FfdVersion, Vat

SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000, "0.5", vat=Vat.VAT10))
CASH = 700


@dataclass(frozen=True)
class Case:
    """What is wanted, what is done for it, and how much of it there is in the register."""

    wanted: Wanted
    act: Callable[[Till], Awaitable[Any]]
    count: Callable[[Till], int]
    before: Callable[[Till], Awaitable[Any]]


def documents(code: int) -> Callable[[Till], int]:
    return lambda one: sum(record.code == code for record in one.documents())


async def reopen(one: Till) -> None:
    if (await one.driver.state()).shift == "closed":
        await one.driver.open_shift(CASHIER)


async def reclose(one: Till) -> None:
    if (await one.driver.state()).shift != "closed":
        await one.driver.close_shift(CASHIER)


RECEIPT = Case(SALE, lambda one: one.driver.fiscalise(SALE), documents(3), reopen)
OTHERS = {
    "open shift": Case(
        ShiftWanted(opening=True, cashier=CASHIER), lambda one: one.driver.open_shift(CASHIER), documents(2), reclose
    ),
    "close shift": Case(
        ShiftWanted(opening=False, cashier=CASHIER), lambda one: one.driver.close_shift(CASHIER), documents(5), reopen
    ),
    "cash in": Case(
        CashWanted(kopecks=CASH),
        lambda one: one.driver.cash_in(CASH, CASHIER),
        lambda one: one.device.register.core.till[cash_count(incoming=True)],
        reopen,
    ),
    "cash out": Case(
        CashWanted(kopecks=-CASH),
        lambda one: one.driver.cash_out(CASH, CASHIER),
        lambda one: one.device.register.core.till[cash_count(incoming=False)],
        reopen,
    ),
}


def ask_less(patch: pytest.MonkeyPatch) -> None:
    """Who the register is takes thirty questions at every connection: not harmed here."""
    kept: list[Any] = []

    async def once(exchange: Any, at: float, before: Any = None, **more: Any) -> Any:
        if not kept:
            kept.append(await read_profile(exchange, at))
        return kept[0]

    patch.setattr(driver, "read_profile", once)


class Bench:
    def __init__(self, one: Till, protocol: str) -> None:
        self.one = one
        self.blow: Blow | None = None
        link = PairLink(lambda: HarmedPipe(one.emulated.connect(), lambda: self.blow))
        one.driver = create("atol", link, zone=MOSCOW, options={"protocol": protocol})

    async def struck(self, case: Case, blow: Blow) -> str:
        """One act harmed once, what is told of it held against what is so; how it ended."""
        one = self.one
        await case.before(one)
        bookmark = await one.driver.bookmark(counters=True)
        count = case.count(one)
        self.blow = blow
        try:
            await case.act(one)
        except (LinkError, ProtocolError, DeviceError) as error:
            failure: Exception = error
        else:
            self.blow = None
            assert case.count(one) == count + 1, blow
            return "done"
        settled = await self._settled(bookmark, case, failure)
        self.blow = None
        done = case.count(one) - count
        assert done == isinstance(settled, Exists), (blow, failure)
        core = one.device.register.core
        assert core.draft is None, blow
        assert not core.drive.current, blow
        if not done:
            await case.act(one)
        assert case.count(one) == count + 1, blow
        return "found" if done else "absent"

    async def _settled(self, bookmark: Any, case: Case, failure: Exception) -> Any:
        for _ in range(20):
            try:
                return await settle(self.one.driver, bookmark, case.wanted)
            except Unprovable:
                raise
            except GatewayError:
                continue
        raise AssertionError(failure)


async def everywhere(
    case: Case, harm: Harm, protocol: str, *, step: int, first: int = 0, late: int = 0, patch: pytest.MonkeyPatch
) -> dict[str, int]:
    """Harmed after every `step`-th byte in either direction; how often it ended how."""
    ask_less(patch)
    ends: dict[str, int] = {}
    async with till(family="atol", ffd=FfdVersion.V1_05) as one:
        bench = Bench(one, protocol)
        await one.driver.connect()
        await one.driver.cash_in(10_000_000, CASHIER)
        for to_host in (False, True):
            at = first
            while True:
                await one.driver.connect()
                blow = Blow(harm, at, to_host, late)
                end = await bench.struck(case, blow)
                if not blow.struck:
                    break  # more bytes than ever go that way
                ends[end] = ends.get(end, 0) + 1
                at += step
        await one.driver.close()
    return ends


#: Bytes from one place to the next: all places together, over the ways, are every residue of them.
STEP = 149


@pytest.mark.parametrize("protocol", ["2", "3"])
@pytest.mark.parametrize("harm", list(Harm), ids=str)
@virtual
async def test_a_receipt_harmed_at_sampled_bytes(harm: Harm, protocol: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        ends = await everywhere(RECEIPT, harm, protocol, step=STEP, first=7 * list(Harm).index(harm), patch=patch)
    assert sum(ends.values()) >= 5
    if harm is Harm.CUT:
        assert set(ends) >= {"absent", "found"}  # both come of it: neither is a lazy answer


@pytest.mark.parametrize("protocol", ["2", "3"])
@pytest.mark.parametrize("harm", [Harm.CUT, Harm.GAP, Harm.LATE], ids=str)
@pytest.mark.parametrize("name", OTHERS)
@virtual
async def test_other_acts_harmed_at_sampled_bytes(name: str, harm: Harm, protocol: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        ends = await everywhere(OTHERS[name], harm, protocol, step=STEP, late=5, patch=patch)
    assert ends
