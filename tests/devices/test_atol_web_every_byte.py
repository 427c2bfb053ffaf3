"""Each call of HTTP that makes a document, broken after its bytes, both ways: what settling says is what happened.

A choice of the bytes; `EVERY_BYTE=1` goes through all of them.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual
from web_line import LATE, Break, Way, WebLine

from devices.errors import DeviceError, LinkError, NeedsOperator, ProtocolError, Rejected
from devices.links.pair import PairLink
from devices.registers.base import Outcome
from devices.registers.factory import create
from devices.registers.settle import CashWanted, Exists, Settled, ShiftWanted, Unprovable, Wanted, settle
from emulator.registers.till import cash_count
from protocols.ffd.enums import DocumentCode

SALE = receipt(item("Чай", 1_000))
CASH = 700
EVERY = "EVERY_BYTE" in os.environ


@dataclass(frozen=True)
class Case:
    """What is done, what of it is in the register, and how many calls it is."""

    wanted: Wanted
    act: Callable[[Till], Awaitable[Any]]
    count: Callable[[Till], int]
    calls: int
    before: Callable[[Till], Awaitable[Any]]


def documents(code: DocumentCode) -> Callable[[Till], int]:
    return lambda one: sum(1 for record in one.documents() if record.code == code)


async def reopen(one: Till) -> None:
    if (await one.driver.state()).shift == "closed":
        await one.driver.open_shift(CASHIER)


CASES = {
    "sale": Case(SALE, lambda one: one.driver.fiscalise(SALE), documents(DocumentCode.RECEIPT), 4, reopen),
    "close": Case(
        ShiftWanted(opening=False, cashier=CASHIER),
        lambda one: one.driver.close_shift(CASHIER),
        documents(DocumentCode.SHIFT_CLOSE),
        4,
        reopen,
    ),
    "cash": Case(
        CashWanted(kopecks=CASH),
        lambda one: one.driver.cash_in(CASH, CASHIER),
        lambda one: one.device.register.core.till[cash_count(incoming=True)],
        2,
        reopen,
    ),
}


async def broken(one: Till, line: WebLine, case: Case, plan: Break) -> str:
    """One breakage: what came of it. Afterwards the thing is there once, whatever was heard of it."""
    bookmark = await one.driver.bookmark(counters=True)
    count = case.count(one)
    line.plan = plan
    failure: Exception | None = None
    made: Any = None
    try:
        made = await case.act(one)
    except (LinkError, ProtocolError, DeviceError) as error:
        failure = error
    line.plan = None
    if failure is None:
        assert case.count(one) == count + 1, plan
        if isinstance(made, Outcome):
            held = await one.driver.document(one.documents()[-1].number)
            assert held is not None
            assert made.fiscal == held.fiscal, plan
        return "done"
    try:
        settled: Settled = await settled_at_last(one, bookmark, case.wanted)
    except Unprovable:
        assert plan.way is Way.GARBLE, plan
        assert case.count(one) == count + 1, plan
        return "a person decides"
    done = case.count(one) - count
    assert done == isinstance(settled, Exists), (plan, failure, settled)
    if not done:
        await case.act(one)
    if plan.way is Way.LATE:
        await asyncio.sleep(2 * LATE)  # what was sent first has come to the server by now
    assert case.count(one) == count + 1, plan
    return "found" if done else "refused" if isinstance(failure, Rejected) else "absent"


async def settled_at_last(one: Till, bookmark: Any, wanted: Wanted) -> Settled:
    """As the gateway's worker asks: again, until it can be told."""
    for _ in range(20):
        try:
            return await settle(one.driver, bookmark, wanted)
        except (LinkError, ProtocolError, NeedsOperator) as error:
            last = error
    raise AssertionError(f"never settled: {last}")


async def everywhere(case: Case, way: Way, *, out: int, back: int) -> Counter[str]:
    """After every `out`-th byte sent and every `back`-th received of each call."""
    seen: Counter[str] = Counter()
    async with till(family="atol-web") as one:
        line = WebLine(one.emulated.connect)
        one.driver = create("atol-web", PairLink(line.connect), zone=MOSCOW)
        await one.driver.connect()
        await one.driver.cash_in(10_000_000, CASHIER)
        for call in range(1, case.calls + 1):
            for to_host, step in ((False, out), (True, back)):
                at = call % step  # not the same places in each
                while True:
                    await case.before(one)
                    plan = Break(call=call, way=way, at=at, to_host=to_host)
                    seen[await broken(one, line, case, plan)] += 1
                    later = (way is Way.LATE and not to_host) or (to_host and not plan.struck)
                    at += 1 if EVERY else step
                    if later or (not to_host and at > plan.sent):
                        break
        await one.driver.close()
    return seen


STEPS = {Way.CUT: (199, 163), Way.STALL: (311, 241), Way.GARBLE: (149, 97), Way.LATE: (311, 241)}


@pytest.mark.parametrize("way", list(Way), ids=str)
@virtual
async def test_a_receipt(way: Way) -> None:
    out, back = STEPS[way]
    seen = await everywhere(CASES["sale"], way, out=out, back=back)
    assert seen["found"]
    assert seen["absent"] + seen["refused"]


@pytest.mark.parametrize(("name", "way"), [("close", Way.CUT), ("cash", Way.CUT), ("cash", Way.LATE)])
@virtual
async def test_others(name: str, way: Way) -> None:
    seen = await everywhere(CASES[name], way, out=263, back=199)
    assert seen["found"]
    assert seen["absent"]
