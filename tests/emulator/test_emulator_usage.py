"""What `fiscal-emulator` refuses before it starts, and how it says so."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from emulator.cli import app


@pytest.mark.parametrize("family", ["atol", "pirit", "atol-web", "marking", "scanner"])
def test_what_is_not_there_says_so(family: str) -> None:
    result = CliRunner().invoke(app, [family, "--listen", "tcp:127.0.0.1:0"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not part of this version" in result.stderr


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
        (["shop", "--registers", "2", "--listen", "tcp:127.0.0.1:0"], "2 registers"),
        (["toaster"], "toaster"),
    ],
)
def test_a_usage_error_ends_with_2_and_names_its_cause(arguments: list[str], named: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert named in " ".join(result.stderr.replace("│", " ").split())
