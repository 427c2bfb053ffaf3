"""`fiscal-gateway explain` puts any bytes into words, and anything else into a usage error."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.main import app

RUN = CliRunner()


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=80))
def test_any_bytes_are_explained(data: bytes) -> None:
    answer = RUN.invoke(app, ["explain", data.hex(" "), "--json"])
    assert (answer.exit_code, answer.exception) == (0, None)
    assert json.loads(answer.stdout)["lines"]


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_text_is_bytes_or_a_usage_error(text: str) -> None:
    answer = RUN.invoke(app, ["explain", "--", text])
    assert answer.exit_code in {0, 2}, answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
