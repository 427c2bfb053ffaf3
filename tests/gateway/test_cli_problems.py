"""What the command line prints of a refusal: a list, each entry with its place and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from api_world import a_body, an_item_body

from gateway.api import problems
from gateway.cli import output, remote
from gateway.cli.client import Client, Refused
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from gateway.rim import now


def refused() -> Refused:
    with pytest.raises(BodyFaults) as faults:
        accept(a_body(items=[an_item_body(), an_item_body(vat="vat18")], total="1.00", colour=1), now)
    return Refused(422, problems.document(faults.value))


def test_every_fault_on_lines_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    error = refused()
    with pytest.raises(typer.Exit) as ended:
        output.fail_with(error)
    assert ended.value.exit_code == output.EXIT_REFUSED
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert lines[0] == f"{len(error.errors)} fault(s) in the body"
    for one in error.errors:
        place = lines.index(f"  {one['pointer']}: {one['message']}")
        assert lines[place + 1] == f"    {one['hint']}"
    assert len(lines) == 1 + 2 * len(error.errors)  # nothing is told twice


def test_programs_get_the_same_list(capsys: pytest.CaptureFixture[str]) -> None:
    error = refused()
    with pytest.raises(typer.Exit):
        output.fail_with(error, as_json=True)
    told = json.loads(capsys.readouterr().out)["error"]
    assert (told["code"], told["errors"]) == ("body_invalid", error.errors)
    assert "Позиция 2: " in told["hint"]


def test_an_error_without_faults_has_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        output.fail_with(Refused(404, {"detail": "no job", "hint": "Проверьте ключ.", "code": "job_unknown"}))
    assert capsys.readouterr().err == "no job\nПроверьте ключ.\n"


SILENT = {"item": 1, "result": "M", "flags": 0, "reason": "marking_server_silent", "detail": "silent", "hint": "Ждите."}
SOLD = {"item": 2, "result": "M-", "flags": 7, "reason": "marking_status_wrong", "detail": "sold", "hint": "Отложите."}
GRANTED = {"item": 0, "allowed": True, "reason": "permit_granted", "detail": "may", "hint": "Можно."}
DENIED = {"item": 3, "allowed": False, "reason": "permit_sold", "detail": "sold", "hint": "Нельзя."}


@pytest.mark.parametrize(
    ("code", "more", "text"),
    [
        (
            "marking_status_wrong",
            {"marking": [SILENT, SOLD], "permit": [GRANTED]},
            "a: failed marking_status_wrong\n  Позиция 3: sold\n    Отложите.\n",
        ),
        ("permit_denied", {"permit": [GRANTED, DENIED]}, "a: failed permit_denied\n  Позиция 4: sold\n    Нельзя.\n"),
        # sold with [M-] on purpose; what stopped it is something else
        ("paper_out", {"marking": [SOLD]}, "a: failed whole detail\nwhole hint\n"),
        ("paper_out", {}, "a: failed whole detail\nwhole hint\n"),
    ],
)
async def test_a_failed_receipt_lists_the_lines_to_blame(
    code: str, more: dict[str, Any], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"code": code, "detail": "whole detail", "hint": "whole hint"}
    await remote._show(Client("http://nobody", ""), {"id": "a", "state": "failed", "error": error, **more})
    assert capsys.readouterr().out == text
