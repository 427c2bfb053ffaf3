"""`fiscal-gateway trust`: what is shown, what is run, and what is left for a person to do."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import tls_authority, trust_stores
from gateway.cli import trust as command
from gateway.cli.main import app


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with an authority, and a home with a Firefox and a Chromium; no program can be found."""
    home = tmp_path / "home"
    (home / ".mozilla/firefox/abc.default").mkdir(parents=True)
    (home / ".mozilla/firefox/abc.default/cert9.db").touch()
    (home / ".pki/nssdb").mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    tls_authority.ensure(tmp_path / "data", ["kassa.local"], datetime.now(UTC))
    return tmp_path / "data"


def run(directory: Path, *options: str, status: int = 0) -> dict:
    result = CliRunner().invoke(app, ["trust", "--data-dir", str(directory), "--json", *options])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def program(directory: Path, name: str, script: str) -> Path:
    """A program of this name that writes down what it is asked."""
    log = directory.parent / f"{name}.log"
    path = directory.parent / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return log


def test_it_shows_the_fingerprint_and_every_command(directory: Path, tmp_path: Path) -> None:
    answer = run(directory, "--export", str(tmp_path / "ca.crt"))
    certificate = tls_authority.load_certificate(tmp_path / "ca.crt")
    assert certificate is not None
    assert answer["sha256"] == tls_authority.fingerprint(certificate)
    assert {one["store"].partition(":")[0] for one in answer["stores"]} == {"system", "nss", "windows"}
    assert len(answer["stores"]) == 4
    assert {one["state"] for one in answer["stores"]} == {"by_hand"}
    assert all(one["commands"] for one in answer["stores"])
    assert b"PRIVATE" not in (tmp_path / "ca.crt").read_bytes()
    words = CliRunner().invoke(app, ["trust", "--data-dir", str(directory)]).output
    assert answer["sha256"] in words
    assert "update-ca-certificates" in words


@pytest.mark.parametrize(("option", "flag"), [("--install", "-A"), ("--remove", "-D")])
def test_browsers_are_changed_by_their_own_program(directory: Path, option: str, flag: str) -> None:
    log = program(directory, "certutil", "exit 0")
    answer = run(directory, option)
    states = {one["title"]: one["state"] for one in answer["stores"]}
    assert states["Firefox"] == "done"
    assert [state for title, state in states.items() if title.startswith("Chromium")] == ["done"]
    lines = log.read_text().splitlines()
    assert len(lines) == 2
    assert all(flag in line and trust_stores.NICKNAME in line for line in lines)


def test_a_failing_program_is_told(directory: Path) -> None:
    program(directory, "certutil", "echo 'database is locked' >&2; exit 1")
    answer = run(directory, "--install", status=1)
    assert "database is locked" in [one["why"] for one in answer["stores"]][1]


def test_the_system_store_is_for_the_administrator(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = program(directory, "update-ca-certificates", "exit 0")
    monkeypatch.setattr(command, "_is_root", lambda: False)
    (system, *_) = run(directory, "--install")["stores"]
    assert system["state"] == "by_hand"
    assert "sudo" in system["why"]
    assert not log.exists()


def test_no_authority_yet(tmp_path: Path) -> None:
    assert run(tmp_path, status=1)["error"]["code"] == "no_local_authority"
