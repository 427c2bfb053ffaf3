"""Jobs that print and make no document: done when the register took them, and honest about the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_register import FakeRegister
from fake_shop import House, new_job
from virtual_loop import virtual

from devices.errors import LinkError
from devices.registers.base import Paper
from gateway.jobs.model import JobKind, JobState

PRINTING = [
    (JobKind.X_REPORT, "{}", "x_report"),
    (JobKind.PRINT_TEXT, '{"lines":["a"]}', "print_text"),
    (JobKind.REPRINT, '{"job":"first","document":1}', "copy_last"),
]


@pytest.mark.parametrize("paper", [Paper.PRESENT, Paper.OUT])
@pytest.mark.parametrize(("kind", "body", "call"), PRINTING)
@virtual
async def test_what_is_not_fully_printed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: JobKind, body: str, call: str, paper: Paper
) -> None:
    whole = getattr(FakeRegister, call)

    async def ends(self: FakeRegister, *arguments: Any) -> Any:
        answer = await whole(self, *arguments)
        self.till.paper = paper
        return answer

    monkeypatch.setattr(FakeRegister, call, ends)
    house = House(tmp_path)
    await house.start()
    await house.sell("first")
    await house.shop.submit(new_job("a", body, kind=kind))
    job = await house.shop.wait("a", 30)
    expected = [] if paper is Paper.PRESENT else ["paper_pending"]
    assert (job.state, [one.code for one in job.warnings]) == (JobState.DONE, expected)
    await house.stop()


@virtual
async def test_a_copy_that_was_taken_is_done_though_the_line_breaks_then(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("first")
    house.till.faults["state"].append(LinkError("away"))
    await house.shop.submit(new_job("a", '{"lines":["a"]}', kind=JobKind.PRINT_TEXT))
    assert (await house.shop.wait("a", 30)).state is JobState.DONE
    assert house.till.printed == ["a"]
    await house.stop()
