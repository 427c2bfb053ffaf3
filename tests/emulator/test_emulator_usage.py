"""What `fiscal-emulator` refuses before it starts, and how it says so."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from emulator.cli import app
from emulator.fault_kinds import KINDS


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["shtrih", "--listen", "udp:127.0.0.1:1"], "tcp:HOST:PORT"),
        (["shtrih", "--ffd", "1.3"], "1.05"),
        (["shtrih", "--speed", "fast"], "real"),
        (["shtrih", "--fault", "fire"], "drop_answer"),
        (["shtrih", "--fault", "cut:command=no_such"], "no_such"),
        (["shtrih", "--quirk", "purple"], "stray-ff"),
        (["shtrih", "--start-time", "yesterday"], "ISO 8601"),
        (["shtrih", "--ofd", "nowhere"], "HOST:PORT"),
        (["ofd", "--control", "9001"], "HOST:PORT"),
        (["shtrih", "--oism", "nowhere"], "HOST:PORT"),
        (["marking", "--fault", "dance"], "wrong_number"),
        (["marking", "--fault", "slow:seconds=long"], "NAME=NUMBER"),
        (["marking", "--fault", "slow:speed=1"], "count and seconds"),
        (["marking", "--fault", "silent:count=0.5"], "whole number"),
        (["shop", "--registers", "2", "--listen", "tcp:127.0.0.1:0"], "2 registers"),
        (["shop", "--family", "abacus"], "abacus"),
        (["toaster"], "toaster"),
    ],
)
def test_a_usage_error_ends_with_2_and_names_its_cause(arguments: list[str], named: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert named in " ".join(result.stderr.replace("│", " ").split())


def test_the_kinds_of_faults_are_listed_with_what_is_left_out() -> None:
    said = CliRunner().invoke(app, ["faults"]).stdout.splitlines()
    assert [line.partition(" ")[0].rstrip(":") for line in said] == [str(kind) for kind in KINDS]
    assert any(line.startswith("restart (seconds=0.2): the register restarts") for line in said)
    rows = json.loads(CliRunner().invoke(app, ["faults", "--json"]).stdout)
    assert rows["drive_error"]["parameters"] == {"error": "the family's"}
    assert rows["garble"] == {"point": "answer", "what": "one byte of the answer is changed", "parameters": {}}
