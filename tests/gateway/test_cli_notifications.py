"""`fiscal-gateway notifications`: files first, and only then does the drive forget."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from devices.errors import LinkError
from devices.registers import factory
from devices.registers.base import Keep, MarkingState, Notification
from gateway.cli.notifications import take_out
from gateway.jobs.diagnosis import RULES, Seen


class Register:
    identity = SimpleNamespace(fn="9999078900001234")

    def __init__(self, waiting: list[Notification], directory: Path, error: Exception | None = None) -> None:
        self.waiting, self.directory, self.error = waiting, directory, error
        self.closed = False

    async def connect(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    async def unload_notifications(self, keep: Keep) -> int:
        for one in self.waiting:
            await keep(one)
            assert (self.directory / f"9999078900001234-{one.number:010d}.bin").read_bytes() == one.message
        if self.error is not None:
            raise self.error
        return len(self.waiting)


WAITING = [Notification(number=7, message=b"\x52\x00seven"), Notification(number=8, message=b"\x52\x00eight")]


def taken(
    monkeypatch: pytest.MonkeyPatch, directory: Path, waiting: list[Notification], error: Exception | None = None
) -> Register:
    register = Register(waiting, directory, error)
    monkeypatch.setattr(factory, "create", lambda family, link: register)
    asyncio.run(take_out("tcp:127.0.0.1:7778", directory, as_json=True))
    return register


def test_a_file_for_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register = taken(monkeypatch, tmp_path / "new", WAITING)
    said = json.loads(capsys.readouterr().out)
    assert said["fn"] == "9999078900001234"
    assert [Path(name).read_bytes() for name in said["files"]] == [one.message for one in WAITING]
    assert register.closed
    taken(monkeypatch, tmp_path, [])
    assert json.loads(capsys.readouterr().out)["files"] == []


def test_what_goes_wrong_is_said_and_the_port_let_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        taken(monkeypatch, tmp_path, WAITING[:1], LinkError("cut", hint="Проверьте кабель."))
    assert ended.value.exit_code == 1
    assert "Проверьте кабель." in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 1


QUIET: dict[str, Any] = {
    "blocked": False,
    "undecided": False,
    "accepted": 0,
    "unsent": 0,
    "first_unsent": None,
    "first_unsent_at": None,
    "fill_percent": 0,
    "autonomous": False,
}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, set()),
        ({"unsent": 5, "fill_percent": 85}, {"notifications_backlog"}),
        ({"unsent": 5, "fill_percent": None, "autonomous": True}, {"notifications_to_unload"}),
        ({"blocked": True}, {"marking_blocked"}),
    ],
)
def test_a_diagnosis_sees_them(changes: dict[str, Any], codes: set[str]) -> None:
    marking = MarkingState(**{**QUIET, **changes})
    rules = [one for one in RULES if one.code.startswith(("notifications", "marking"))]
    seen: Any = SimpleNamespace(marking=marking, now=None)
    assert {one.code for one in rules if one.found(seen)} == codes
    assert all(one.hint and one.detail(seen) for one in rules if one.code in codes)
    assert not any(one.found(SimpleNamespace(marking=None)) for one in rules)  # type: ignore[arg-type]
    assert Seen.__dataclass_fields__["marking"].default is None
