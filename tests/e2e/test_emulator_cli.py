"""`fiscal-emulator` as a program: its ready line, its exit codes, its refusals."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest
from emulator_process import Emulator, run


@pytest.mark.parametrize("family", ["shtrih", "ofd", "shop"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_ready_line_and_a_clean_end(family: str, number: int) -> None:
    with Emulator(family, "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as emulator:
        assert set(emulator.ready) == {"ready", "listen", "control"}
        assert emulator.ready["ready"] is True
        assert emulator.ready["listen"] == [f"tcp:127.0.0.1:{emulator.ports[0]}"]
        assert emulator.control.startswith("http://127.0.0.1:")
        emulator.get("/state")
        assert emulator.stop(number) == (0, "", "")


def test_the_line_for_people_names_the_addresses() -> None:
    import subprocess
    import sys

    from emulator_process import ROOT

    command = [sys.executable, "-m", "emulator.cli", "ofd", "--listen", "tcp:127.0.0.1:0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready on tcp:127.0.0.1:")
        process.terminate()
        assert process.wait(10) == 0


def test_usage_errors_end_with_2_and_leave_standard_output_alone() -> None:
    for arguments in (["abacus"], ["shtrih", "--listen", "udp:127.0.0.1:1", "--json"]):
        result = run(*arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr


def test_a_taken_port_ends_with_78() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for arguments in (["shtrih", "--listen", f"tcp:{address}"], ["ofd", "--control", address]):
            result = run(*arguments)
            assert (result.returncode, result.stdout) == (78, "")
            assert "in use" in result.stderr


def test_an_unusable_state_directory_ends_with_78(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    result = run("shtrih", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path / "file"))
    assert (result.returncode, result.stdout) == (78, "")
    assert str(tmp_path / "file") in result.stderr


def test_a_state_directory_in_use_ends_with_78(tmp_path: Path) -> None:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path)):
        result = run("shtrih", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path))
    assert (result.returncode, result.stdout) == (78, "")
    assert "in use by another emulator" in result.stderr


def test_state_of_another_ffd_ends_with_78(tmp_path: Path) -> None:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path), "--ffd", "1.05"):
        pass
    result = run("shtrih", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path), "--ffd", "1.2")
    assert (result.returncode, result.stdout) == (78, "")
    assert "1.05" in result.stderr


def test_everything_random_follows_the_seed() -> None:
    def fresh() -> str:
        arguments = ["--seed", "7", "--start-time", "2026-03-02T09:00:00+03:00"]
        with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0", *arguments) as emulator:
            return json.dumps(emulator.get("/documents"))

    assert fresh() == fresh() != "[]"
