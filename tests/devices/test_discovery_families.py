"""Who is on a link, where several families may be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from devices import discovery
from devices.errors import GatewayError, LinkError, ProtocolError
from devices.links.base import Link
from devices.links.pair import PairLink
from devices.registers.factory import FAMILIES, Family
from devices.registers.timing import Timeouts
from devices.steps import Step

SILENT = LinkError("nobody", hint="", code="register_silent")
STRANGE = ProtocolError("noise", hint="", code="answer_malformed")
BUSY = LinkError("port", hint="Порт занят.", code="link_busy")


def family(title: str, says: GatewayError | Step) -> Family:
    async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
        if isinstance(says, Step):
            yield says
        else:
            raise says

    shtrih = FAMILIES["shtrih"]
    return Family(
        title=title,
        baudrates=(9600,),
        make=shtrih.make,
        check=shtrih.check,
        interview=interview,
        explain=shtrih.explain,
    )


async def steps(monkeypatch: pytest.MonkeyPatch, *says: GatewayError | Step) -> list[str]:
    rows = {f"f{index}": family(f"семейства {index}", one) for index, one in enumerate(says)}
    monkeypatch.setattr(discovery, "FAMILIES", rows)
    link = PairLink(lambda: pytest.fail("the families' own affair"))
    return [step.text if step.code == "answer_malformed" else step.code async for step in discovery.diagnose(link)]


FOUND = Step(code="register", ok=True, text="")


async def test_the_next_family_is_asked_after_silence_and_after_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await steps(monkeypatch, SILENT, STRANGE, FOUND) == ["silent", "register"]


async def test_who_is_found_is_not_asked_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await steps(monkeypatch, FOUND, STRANGE) == ["register"]


async def test_a_port_that_does_not_open_is_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await steps(monkeypatch, BUSY, FOUND) == ["link_busy"]


async def test_noise_is_told_when_no_family_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    *before, verdict = await steps(monkeypatch, SILENT, STRANGE, SILENT)
    assert before == ["silent", "silent"]
    assert "отвечает, но не по протоколу семейства 1" in verdict


async def test_silence_of_all_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await steps(monkeypatch, SILENT, SILENT) == ["silent", "silent", "nobody"]
