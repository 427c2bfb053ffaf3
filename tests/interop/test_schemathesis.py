"""schemathesis against a running daemon: no server error, and answers are what the OpenAPI document says.

This is the short form; `python -m fuzzing schemathesis` runs every phase with as many examples as wanted.
"""

from pathlib import Path

from fuzzing.contract import check, prepare
from fuzzing.garbage import no_failures
from gateway_process import Gateway


def test_every_answer_is_as_documented(tmp_path: Path) -> None:
    with Gateway(tmp_path) as gateway:
        prepare(gateway)
        # a wrong token is delayed; tokens have a test of their own for every route
        outcome = check(gateway, 3, phases="examples,fuzzing", without="ignored_auth")
        assert outcome.faults == 0, outcome.report[-6000:]
        assert outcome.cases >= 60, outcome.report[-2000:]
        assert gateway.get("/health/live") == {"status": "live"}
        gateway.kill()
        assert no_failures(gateway.errors()) == []
