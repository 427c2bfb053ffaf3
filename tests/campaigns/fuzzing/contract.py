"""The OpenAPI document against what the running daemon does, by schemathesis: every phase, every check it has.

The daemon serves the embedded emulator with some documents on it, so the calls reach more than "no such document".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway_process import Gateway, sale

#: Keys of documents that exist, each in another state or of another kind.
KEYS = ("fuzz-sale", "fuzz-refund", "fuzz-correction", "fuzz-shift")
#: An order that is there, and the id of its line.
ORDER, LINE = "fuzz-order", "fuzz-line"
#: Calls that would end the run for all others, so they come last and alone: the token in use may be revoked, the
#: register given away.
LAST = ("/api/v1/tokens/{id}", "/api/v1/registers/{name}/release")
#: Valid by its schema, yet refused: sums that do not add up, a key of another document, a full queue.
_RULES = ["2xx", 401, 403, 404, 409, 422, 503]
PHASES = "examples,coverage,fuzzing,stateful"
_CASES = re.compile(r"(\d+) generated")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`cases` requests judged; `report` is what schemathesis says, `faults` its exit code."""

    cases: int
    faults: int
    report: str


def prepare(gateway: Gateway) -> None:
    """Documents to be asked for."""
    sold = sale("fuzz-sale")
    gateway.post("/api/v1/receipts?wait=20", sold)
    gateway.post("/api/v1/receipts?wait=20", sale("fuzz-refund", operation="sell_refund"))
    kind = {"kind": "self", "date": "2026-01-10"}
    gateway.post("/api/v1/corrections?wait=20", sale("fuzz-correction", correction=kind))
    line = {"id": LINE, "name": "Чай", "price": "300.00", "quantity": 100, "vat": "vat22"}
    gateway.call("PUT", f"/api/v1/orders/{ORDER}", {"taxation": "osn", "items": [line]})
    gateway.post("/api/v1/registers/kkt-1/close-shift?wait=20", {"id": "fuzz-shift"})


def check(gateway: Gateway, examples: int, *, phases: str = PHASES, seed: int = 1, without: str = "") -> Outcome:
    """Every operation of the document but the last ones; `without` names checks to leave out."""
    chosen = [word for path in LAST for word in ("--exclude-path", path)]
    return _run(gateway, examples, phases, seed, [*chosen, *(("--exclude-checks", without) if without else ())])


def check_last(gateway: Gateway, examples: int, *, seed: int = 1) -> list[Outcome]:
    """Those after which nobody else can be asked."""
    plain = PHASES.removesuffix(",stateful")
    return [_run(gateway, examples, plain, seed, ["--include-path", path]) for path in reversed(LAST)]


def _run(gateway: Gateway, examples: int, phases: str, seed: int, chosen: list[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(_configuration(), encoding="utf-8")
        child = subprocess.run(
            [
                *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
                *("--config-file", str(config), "run", f"{gateway.url}/openapi.json", "--no-color"),
                *("-H", f"Authorization: Bearer {gateway.token}", "--max-examples", str(examples)),
                *("--phases", phases, "--seed", str(seed), "--continue-on-failure", "--request-timeout", "30"),
                *("--warnings", "off", "--generation-database", ":memory:", *chosen),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    counted = _CASES.search(child.stdout)
    return Outcome(int(counted[1]) if counted else 0, child.returncode, child.stdout + child.stderr)


def _configuration() -> str:
    """Names and keys that exist, most of the time; and refusals by rules that no schema can hold."""
    return f"""
max-stream-events = 1
[dictionaries]
registers = {{ values = ["kkt-1"] }}
keys = {{ values = {json.dumps(KEYS)} }}
waits = {{ values = [0, 1] }}
orders = {{ values = ["{ORDER}"] }}
[parameters]
"path.name" = {{ dictionary = "registers", probability = 0.8 }}
"path.id" = {{ dictionary = "keys", probability = 0.7 }}
"path.number" = {{ dictionary = "orders", probability = 0.8 }}
"query.wait" = {{ dictionary = "waits", probability = 1.0 }}
[generation]
with-security-parameters = false
[checks]
positive_data_acceptance = {{ expected-statuses = {json.dumps(_RULES)} }}
"""


def main(examples: int) -> int:
    """The long form; prints what schemathesis says."""
    from fuzzing import sums
    from fuzzing.garbage import no_failures

    with tempfile.TemporaryDirectory() as folder, Gateway(Path(folder)) as gateway:
        prepare(gateway)
        outcomes = [check(gateway, examples), *check_last(gateway, examples)]
        alive = gateway.process.poll() is None
        errors = gateway.errors()
    for outcome in outcomes:
        print(outcome.report)
    cases, faults = sum(outcome.cases for outcome in outcomes), max(outcome.faults for outcome in outcomes)
    print(f"{cases} cases, exit code {faults}, daemon {'alive' if alive else 'dead'}")
    traced = no_failures(errors)
    print(*traced, sep="\n")
    if faults or not alive or traced:
        return 1
    sums.put("schemathesis", cases=cases, examples=examples)
    return 0
