"""A task of the web server is done once: whatever was lost, killed, blocked, forgotten or still on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual
from web_line import LATE, Break, Way, WebLine, http

from devices.errors import LinkError, NeedsOperator
from devices.links.pair import PairLink
from devices.registers.atol_web.once import task_id
from devices.registers.base import Paper, Register
from devices.registers.factory import create
from devices.registers.settle import Absent, Exists, ShiftWanted, settle
from emulator.faults import FaultKind
from emulator.registers.atol_web import command_code
from protocols.ffd.enums import DocumentCode

SALE = receipt(item("Чай", 1_000))
SELL, RESULT, ADD = (command_code(name) for name in ("sell", "http_result", "http_add"))


class Stand(Till):
    """A till whose line can fail, and drivers of further processes on it."""

    line: WebLine

    def another(self, **options: str) -> Register:
        """A process that knows nothing of the one before."""
        return create("atol-web", PairLink(self.line.connect, name="pair:kkt-1"), zone=MOSCOW, options=options)

    async def http(self, method: str, target: str, values: Any = None) -> tuple[int, Any]:
        return await http(self.emulated.connect, method, target, values)

    def sold(self) -> int:
        return sum(record.code == DocumentCode.RECEIPT for record in self.documents())


@asynccontextmanager
async def stand(**options: str) -> AsyncIterator[Stand]:
    async with till(family="atol-web", options=options) as one:
        one.__class__ = Stand
        assert isinstance(one, Stand)
        one.line = WebLine(one.emulated.connect)
        one.driver = one.another(**options)
        await one.driver.connect()
        yield one


@pytest.mark.parametrize("api", ["v2", "v1"])
@pytest.mark.parametrize("others", [0, 2], ids=["alone", "others sell meanwhile"])
@virtual
async def test_a_call_of_a_dead_process_can_come_no_more(api: str, others: int) -> None:
    async with stand(api=api) as one:
        bookmark = await one.driver.bookmark()
        one.line.plan = Break(call=1, way=Way.LATE, at=0, to_host=False)
        with pytest.raises(LinkError) as lost:
            await one.driver.fiscalise(SALE)  # held back by the network, and the process dies
        assert lost.value.code == "register_silent"
        one.line.plan = None
        stranger = one.another(api=api)
        await stranger.connect()
        for number in range(others):
            await stranger.fiscalise(receipt(item(f"Чужое {number}", 100)))
        fresh = one.another(api=api)
        settled = await settle(fresh, bookmark, SALE)
        assert isinstance(settled, Absent)
        assert len(settled.foreign) == others
        await asyncio.sleep(2 * LATE)
        assert one.sold() == others
        await fresh.bookmark()
        await fresh.fiscalise(SALE)
        assert one.sold() == others + 1


@virtual
async def test_without_that_fence_it_would_come() -> None:
    """The test above has teeth: what is held back does arrive."""
    async with stand() as one:
        await one.driver.bookmark()
        one.line.plan = Break(call=1, way=Way.LATE, at=0, to_host=False)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        one.line.plan = None
        await asyncio.sleep(2 * LATE)
        assert one.sold() == 1


@pytest.mark.parametrize(
    ("kind", "exists"), [(FaultKind.POWER_BEFORE_COMMIT, False), (FaultKind.POWER_AFTER_COMMIT, True)], ids=str
)
@pytest.mark.parametrize("same", [True, False], ids=["same process", "a new one"])
@virtual
async def test_the_server_is_killed(kind: FaultKind, exists: bool, same: bool) -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        one.fault(kind, SELL, seconds=3.0)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        driver = one.driver if same else one.another()
        settled = await asked(driver, bookmark)
        assert isinstance(settled, Exists) is exists
        assert one.sold() == exists


async def asked(driver: Register, bookmark: Any, wanted: Any = SALE) -> Any:
    for _ in range(100):
        try:
            return await settle(driver, bookmark, wanted)
        except (LinkError, NeedsOperator):
            await asyncio.sleep(0.5)
    raise AssertionError("never settled")


@pytest.mark.parametrize(("kind", "exists"), [(FaultKind.LOSE_COMMAND, False), (FaultKind.DROP_ANSWER, True)], ids=str)
@virtual
async def test_a_blocked_queue_is_told_and_waited_for(kind: FaultKind, exists: bool) -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        one.fault(kind, SELL, seconds=12.0)
        with pytest.raises(LinkError) as lost:
            await one.driver.fiscalise(SALE)
        assert lost.value.code == "queue_blocked"
        assert "connectionError" in lost.value.detail
        calls = len(one.line.calls)
        with pytest.raises(LinkError) as still:
            await settle(one.driver, bookmark, SALE)
        assert still.value.code == "queue_blocked"
        assert len(one.line.calls) == calls + 1, "nothing is added to a queue that stands still"
        settled = await asked(one.driver, bookmark)
        assert isinstance(settled, Exists) is exists
        assert one.sold() == exists


@virtual
async def test_a_queue_that_waits_for_paper_wants_an_operator() -> None:
    async with stand() as one:
        await one.http("PUT", "/api/v2/settings", {"blockQueueOnPrintErrors": True})
        bookmark = await one.driver.bookmark()
        one.fault(FaultKind.PAPER_OUT, SELL)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        with pytest.raises(NeedsOperator) as paper:
            await settle(one.driver, bookmark, SALE)
        assert paper.value.code == "queue_blocked_paper"
        one.device.set_paper(present=True)
        settled = await asked(one.driver, bookmark)
        assert isinstance(settled, Exists) == (one.sold() == 1)


@virtual
async def test_a_task_that_waits_for_its_register_is_found_when_it_is_done() -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        await one.http("POST", "/api/v2/deactivateDevice")
        with pytest.raises(LinkError) as lost:
            await one.driver.fiscalise(SALE)
        assert lost.value.code == "server_device_inactive"
        with pytest.raises(NeedsOperator) as inactive:
            await settle(one.driver, bookmark, SALE)
        assert "активна" in inactive.value.hint
        assert one.sold() == 0
        await one.http("POST", "/api/v2/activateDevice")
        settled = await asked(one.driver, bookmark)
        assert isinstance(settled, Exists)
        assert one.sold() == 1


@virtual
async def test_a_task_that_somebody_took_out_is_not_done_and_may_be_sent_again() -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        await one.http("POST", "/api/v2/deactivateDevice")
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        status, _ = await one.http("DELETE", f"/api/v2/requests/{task_id(bookmark.fn, bookmark.document, 1)}")
        assert status == 200
        await one.http("POST", "/api/v2/activateDevice")
        assert isinstance(await asked(one.driver, bookmark), Absent)
        await one.driver.fiscalise(SALE)
        assert one.sold() == 1


@virtual
async def test_results_that_the_server_forgot_are_looked_up_in_the_drive() -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        one.line.plan = Break(call=2, way=Way.CUT, at=0, to_host=False)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        one.line.plan = None
        await one.http("PUT", "/api/v2/settings", {"deleteRequestsAfter": 60})
        await asyncio.sleep(3601)
        assert isinstance(await asked(one.driver, bookmark), Exists)
        assert one.sold() == 1


@virtual
async def test_ids_are_taken_in_order_and_found_again() -> None:
    async with stand() as one:
        mark = await one.driver.bookmark()
        for _ in range(11):
            await one.driver.cash_in(100, CASHIER)  # leaves no document: every attempt is since the same one
        fresh = one.another()
        await fresh.connect()
        await fresh.cash_in(100, CASHIER)
        known = [(await one.http("GET", f"/requests/{task_id(mark.fn, mark.document, n)}"))[0] for n in range(20)]
        taken = known.index(404)
        assert known == [200] * taken + [404] * (20 - taken)
        assert (await fresh.bookmark(counters=True)).cash_ins == 12


@virtual
async def test_an_id_that_another_gateway_took_is_not_taken_for_ours() -> None:
    async with stand() as one:
        bookmark = await one.driver.bookmark()
        other = {"type": "cashIn", "cashSum": 5}
        taken = {"uuid": task_id(bookmark.fn, bookmark.document, 1), "request": [other]}
        assert (await one.http("POST", "/requests", taken))[0] == 201
        with pytest.raises(LinkError) as known:
            await one.driver.fiscalise(SALE)
        assert known.value.code == "request_in_doubt"
        assert isinstance(await asked(one.driver, bookmark), Absent)
        await one.driver.fiscalise(SALE)
        assert one.sold() == 1


@virtual
async def test_a_shift_that_was_opened_in_vain_is_opened_once() -> None:
    async with till(family="atol-web", shift=False) as one:
        bookmark = await one.driver.bookmark()
        one.fault(FaultKind.CUT, ADD)
        with pytest.raises(LinkError):
            await one.driver.open_shift(CASHIER)
        assert isinstance(await settle(one.driver, bookmark, ShiftWanted(opening=True, cashier=CASHIER)), Exists)


@virtual
async def test_paper_that_ended_under_a_document_is_printed_on_before_the_next() -> None:
    async with stand() as one:
        one.fault(FaultKind.PAPER_OUT, SELL)
        outcome = await one.driver.fiscalise(SALE)
        assert [warn.code for warn in outcome.warnings] == ["paper_pending"]
        one.device.set_paper(present=True)
        assert (await one.driver.state()).paper is Paper.WAITING_CONTINUE
        outcome = await one.driver.fiscalise(replace(SALE, additional="2"))
        assert outcome.warnings == ()
        assert (await one.driver.state()).paper is Paper.PRESENT


@virtual
async def test_a_server_that_forgets_its_requests_soon_is_not_worked_with() -> None:
    """An id that is forgotten is taken once more: a call that came late would be a second document."""
    async with stand() as one:
        assert (await one.http("PUT", "/api/v2/settings", {"deleteRequestsAfter": 59}))[0] == 200
        fresh = one.another()
        with pytest.raises(NeedsOperator) as unsafe:
            await fresh.connect()
        assert unsafe.value.code == "server_forgets"
        await one.http("PUT", "/api/v2/settings", {"deleteRequestsAfter": 60})
        await fresh.connect()
        assert (await fresh.fiscalise(SALE)).fiscal.document == one.documents()[-1].number
