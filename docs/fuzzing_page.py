"""The page of what hostile input was tried and what came of it, from docs/fuzzing.json."""

from __future__ import annotations

import json
from pathlib import Path

FIGURES = Path(__file__).with_name("fuzzing.json")

_PAGE = """# Hostile input

Generated from `docs/fuzzing.json`, which every long run adds to (`make docs` afterwards). All of it runs in a short
form with the suite. The commands below want `PYTHONPATH=.:tests/helpers:tests/campaigns`.

## Decoders

Every public decoder of `protocols/` belongs to a target of `tests/campaigns/fuzzing/registry.py`; a test walks the
packages and fails when one is missing. A target knows the errors it may raise, how a value is written again, and how
to make checksums true. The suite runs each under Hypothesis (random bytes, valid inputs mutated, lengths that lie),
replays the committed corpus, and holds calls and memory to the size of the input. `make fuzz SECONDS=60` runs each
coverage-guided (atheris).

So far {minutes} minutes and {executions} executions. What was found is mended and has a test of its own.

| target | minutes | executions | found |
|---|---|---|---|
{rows}

A saved input is run again with `python -m fuzzing repeat TARGET FILE`; `python -m fuzzing keep` puts small inputs that
reach something of their own into the corpus that the suite replays.

## HTTP API

schemathesis over the whole OpenAPI document of a daemon on the embedded emulator, in all phases (examples, coverage,
fuzzing, stateful) and with every check it has: {cases} requests, no server error, no status, content type or key that
the document does not describe. Repeat: `python -m fuzzing schemathesis {examples}`.

## Sockets

Half requests, huge heads, lies about lengths, pipelined nonsense, drips and resets; afterwards every process serves the
next client, holds no descriptor more, has not grown, and its log tells of no failure. Connections at each port:

{sockets}

Repeat: `python -m fuzzing garbage {connections}`. Registers and OFDs that are none (noise, floods, wrong lengths, good
frames that say nothing true) are in `tests/e2e/test_garbage_from_peers.py`: no receipt sent to them is ever `done` or
`failed`, and the register beside them goes on.
"""


def page() -> str:
    """docs/fuzzing.md."""
    known = json.loads(FIGURES.read_text(encoding="utf-8"))
    targets, api, sockets = known["targets"], known["schemathesis"], known["sockets"]
    return _PAGE.format(
        minutes=_minutes(sum(row["seconds"] for row in targets.values())),
        executions=_grouped(sum(row["executions"] for row in targets.values())),
        rows="\n".join(
            f"| `{name}` | {_minutes(row['seconds'])} | {_grouped(row['executions'])} | {row['found'] or '–'} |"
            for name, row in targets.items()
        ),
        cases=_grouped(api["cases"]),
        examples=api["examples"],
        sockets="\n".join(f"- {name}: {_grouped(count)}" for name, count in sockets.items()),
        connections=sockets["gateway"],
    )


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.1f}"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
