"""`fiscal-gateway conformance`: the table, the report's two forms, the exit codes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from devices import conformance
from devices.conformance import Finding, Verdict
from gateway.cli.main import app

FOUND = [
    Finding(
        code="identity",
        verdict=Verdict.FINE,
        text="модель | прошивка",
        seconds=0.5,
        data={"serial": "00/12", "at": None},
    ),
    Finding(code="drive", verdict=Verdict.ODD, text="предупреждение", data={"since": datetime(2026, 3, 2, tzinfo=UTC)}),
]
BAD = Finding(code="bookmark", verdict=Verdict.WRONG, text="4 и 5")


def run(monkeypatch: pytest.MonkeyPatch, found: list[Finding], *arguments: str) -> Any:
    async def examine(link: Any, family: str, **more: Any) -> AsyncIterator[Finding]:
        given.update(more, family=family, link=link.name)
        for one in found:
            yield one

    given: dict[str, Any] = {}
    monkeypatch.setattr(conformance, "examine", examine)
    result = CliRunner().invoke(app, ["conformance", *arguments])
    return result, given


def test_a_table_and_a_report_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ("tcp:127.0.0.1:1", "--family", "shtrih", "--option", "password=7", "--documents", "9")
    result, given = run(monkeypatch, FOUND, *arguments)
    assert result.exit_code == 0, result.output
    assert (given["family"], given["options"], given["documents"]) == ("shtrih", {"password": "7"}, 9)
    assert "identity" in result.output
    assert "conformance-0012.md" in result.output
    report = (tmp_path / "conformance-0012.md").read_text(encoding="utf-8")
    assert "| `identity` | ✓ | 0.50 | модель \\| прошивка |" in report
    assert "| since | 2026-03-02T00:00:00+00:00 |" in report
    assert "отвечает как надо" in report


def test_one_json_document_and_the_same_in_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    result, _ = run(monkeypatch, [*FOUND, BAD], "tcp:127.0.0.1:1", "--json", "--report", str(path))
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told.pop("report") == str(path)
    assert (told["ok"], [one["verdict"] for one in told["findings"]]) == (False, ["ok", "odd", "failed"])
    assert json.loads(path.read_text(encoding="utf-8")) == told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), "link_syntax"),
        (("tcp:127.0.0.1:1", "--option", "password"), "option_unknown"),
        (("tcp:127.0.0.1:1", "--family", "epson"), "family_unknown"),
        (("tcp:127.0.0.1:1", "--family", "shtrih", "--option", "colour=red"), "option_unknown"),
    ],
)
def test_words_that_are_wrong(arguments: tuple[str, ...], code: str) -> None:
    result = CliRunner().invoke(app, ["conformance", *arguments, "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == code


def test_a_register_that_is_not_there_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["conformance", "tcp:127.0.0.1:1", "--family", "shtrih", "--json"])
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["findings"]
    assert (found["code"], found["verdict"]) == ("link_refused", "failed")
    assert (tmp_path / "conformance-unknown.json").exists()
