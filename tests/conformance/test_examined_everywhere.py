"""`fiscal-gateway conformance` against every register: it finds nothing wrong, changes nothing, sees what is odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from every_register import closing_of, everywhere
from till import CASHIER, Till, item, receipt

from devices.conformance import Finding, Verdict, examine, verdict
from devices.errors import LinkError, RequestError
from devices.links.pair import PairLink
from devices.registers.factory import AUTO
from devices.steps import DOCUMENT_OPEN
from emulator.faults import FaultKind


class Late:
    """A pipe whose device says something more when it was silent for long."""

    def __init__(self, pipe: Any, more: bytes) -> None:
        self._pipe, self._more = pipe, more
        self.write, self.close = pipe.write, pipe.close

    async def read(self) -> bytes:
        import asyncio

        try:
            async with asyncio.timeout(0.9):
                return bytes(await self._pipe.read())
        except TimeoutError:
            return self._more


async def examined(
    one: Till, connect: Callable[[], Any] | None = None, family: str | None = None
) -> dict[str, Finding]:
    await one.driver.close()
    link = PairLink(connect or one.emulated.connect, web=one.link.web)
    found = examine(link, family or one.emulated.plan.family, now=one.shop.clock, options=one.options)
    return {finding.code: finding async for finding in found}


@everywhere()
async def test_nothing_is_wrong_and_nothing_changes(one: Till) -> None:
    await one.driver.cash_in(100_000, CASHIER)
    for number in range(7):
        await one.driver.fiscalise(receipt(item(f"Чай {number}")))
    before = one.device.paper_text(), one.documents(), {**one.device.state(), "clock": ""}
    found = await examined(one)
    assert {
        code: (finding.verdict, finding.text) for code, finding in found.items() if finding.verdict == "failed"
    } == {}
    assert verdict(found.values())
    assert found.keys() >= {"identity", "drive", "ofd", "bookmark", "counters", "document", "timing", "nothing_made"}
    assert found["timing"].data["answers"] > 10
    assert (one.device.paper_text(), one.documents(), {**one.device.state(), "clock": ""}) == before


@everywhere(once=True)
async def test_a_register_of_a_family_that_nobody_named(one: Till) -> None:
    found = await examined(one, family=AUTO)
    assert verdict(found.values()), found
    assert found["identity"].data["family"] == one.emulated.plan.family


@everywhere(once=True)
async def test_an_open_receipt_is_left_alone(one: Till) -> None:
    closing = await closing_of(one, receipt())
    one.fault(FaultKind.CUT_BEFORE, closing)
    with pytest.raises(LinkError):
        await one.driver.fiscalise(receipt())
    if one.device.register.core.draft is None:
        return  # this family makes a document by one command
    found = await examined(one)
    assert found[f"interview_{DOCUMENT_OPEN}"].verdict is Verdict.WRONG
    assert "identity" not in found
    assert one.device.register.core.draft is not None


@everywhere(once=True)
async def test_a_wrong_clock_and_a_missing_drive_are_told(one: Till) -> None:
    one.device.register.core.memory.clock_offset = -600.0
    found = await examined(one)
    assert found["state"].verdict is Verdict.ODD
    assert "отстают на 600 с" in found["state"].text


@everywhere(once=True)
async def test_bytes_that_nobody_asked_for(one: Till) -> None:
    found = await examined(one, lambda: Late(one.emulated.connect(), b"\x7f\x7f"))
    if one.link.web:
        assert "late_bytes" not in found
    else:
        assert found["late_bytes"].verdict is Verdict.WRONG


@everywhere(once=True)
async def test_a_register_that_is_gone(one: Till) -> None:
    one.emulated.power_fail(3600)
    found = await examined(one)
    assert not verdict(found.values())
    assert all(finding.text for finding in found.values())


@everywhere(once=True)
async def test_an_option_that_is_none(one: Till) -> None:
    with pytest.raises(RequestError):
        async for _ in examine(
            PairLink(one.emulated.connect), one.emulated.plan.family, now=one.shop.clock, options={"colour": "red"}
        ):
            pass
