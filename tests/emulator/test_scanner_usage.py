"""What `fiscal-emulator scanner` refuses before it starts, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from emulator.cli import app
from emulator.scanners import kernel
from emulator.scanners.faults import FAULTS


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """The command line writes its log to the runner's error output, which is closed after it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["--as", "telepathy"], 2, "telepathy"),
        (["--as", "image"], 2, "image"),
        (["--gs", "f8"], 2, "chord"),
        (["--suffix", "end"], 2, "suffix"),
        (["--packet", "0"], 2, "packet"),
        (["--fault", "fire"], 2, "gs_lost"),
        (["--fault", "caps_lock"], 2, "keyboard"),
        (["--listen", "udp:1"], 2, "tcp:HOST:PORT"),
        (["--control", "9001"], 2, "HOST:PORT"),
        (["--device"], 78, "pty:PATH"),
    ],
)
def test_what_is_refused(arguments: list[str], code: int, named: str) -> None:
    done = CliRunner().invoke(app, ["scanner", *arguments, "--json"])
    assert (done.exit_code, done.stdout) == (code, "")
    assert named in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(("kind", "name"), [("keyboard", "UINPUT"), ("hid-pos", "UHID")])
def test_a_machine_whose_kernel_makes_no_device_is_told_so(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kernel, name, tmp_path / "nothing")
    done = CliRunner().invoke(app, ["scanner", "--as", kind, "--device"])
    assert (done.exit_code, done.stdout) == (78, "")
    assert str(tmp_path / "nothing") in done.stderr


def test_the_kinds_of_faults_are_listed() -> None:
    rows = json.loads(CliRunner().invoke(app, ["scanner-faults", "--json"]).stdout)
    assert list(rows) == [str(kind) for kind in FAULTS]
    assert rows["unplug"]["seconds"] == 0.5
    assert rows["ru_layout"]["as"] == ["hid-pos", "serial"]
    assert "gs_lost: every GS" in CliRunner().invoke(app, ["scanner-faults"]).stdout
