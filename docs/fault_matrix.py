"""The page of the fault matrix, from the rows that the tests run one by one (fault-matrix.csv)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from emulator.fault_kinds import KINDS

DATA = Path(__file__).with_name("fault-matrix.csv")
#: The command column of rows in which not the register but the gateway or its disk fails.
JOURNAL = "journal"

_HEAD = """# What happens when something goes wrong

Each row of the tables below is one test (`tests/gateway/test_fault_matrix.py`): a job is posted, one thing goes wrong
at one command of its exchange with the register, and the end is compared with what stands here. The rows are
`fault-matrix.csv`; this page is generated from them. The register is the emulated Shtrih-M; all rows together are
{rows}, and none of them lost, doubled or silently stuck a document.

How to read it:

- **what strikes** is a fault as `fiscal-emulator --fault` and `POST /faults` take it, at the next time that the
  command comes. (v1) or (v2): in this framing only; else in both, where both were tried.
- **the job** goes through these states. `running → done`: the driver coped by itself; `settling → done`: the answer was
  lost and the document found in the drive; `settling → queued`: proven that there is none, so it is sent anew;
  `running → queued → running`: refused for the first time, which is not believed yet; `held`:
  nothing is fiscal yet and an operator must act, however often it is tried meanwhile; `failed`: proven that no document
  exists. **asked** says whether the register was asked behind a new connection.
- **made** is how often the wanted effect is there at the end: the document in the drive's archive with this kind,
  operation and total; the money in the drawer; the text, report or copy on the tape.
- **said** are the codes of warnings and errors on the way, **operator** what a person did: `roll` and `cover` at the
  register, `clock` the job set-clock, `drive` room in the drive.

Two things are not exact by nature. What is only printed (`print_text`, `reprint`) and breaks off halfway may be on the
tape twice, or wait for the next command to be continued; nothing fiscal hangs on it. And after `maybe_printed` a person
looks at the tape.

## Kinds of faults
"""

Row = tuple[str, str, str, str, str, str, str, str, str]


def page() -> str:
    """The whole page."""
    rows = read()
    lines = [_HEAD.format(rows=len(rows)), *_kinds(), ""]
    for job, of_job in groupby(rows, key=lambda row: row[0]):
        lines += [f"## {job}", "", *_table(list(of_job)), ""]
    return "\n".join(lines).rstrip() + "\n"


def read() -> list[Row]:
    """job, protocol, command, fault, states, made, settled, said, operator."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return [_row(fields) for fields in list(csv.reader(file))[1:]]


def _row(fields: list[str]) -> Row:
    job, protocol, command, fault, states, made, settled, said, operator = fields
    return job, protocol, command, fault, states, made, settled, said, operator


def _kinds() -> Iterator[str]:
    yield "| kind | strikes | what it does | left out |"
    yield "|---|---|---|---|"
    for kind, row in KINDS.items():
        given = ", ".join(f"`{name}` {value}" for name, value in row.parameters.items())
        yield f"| `{kind}` | {row.point} | {row.what} | {given} |"


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| command | what strikes | the job | asked | made | said | operator |"
    yield "|---|---|---|---|---|---|---|"
    for command, of_command in _grouped(rows):
        for end, faults in of_command:
            states, made, settled, said, operator = end
            path = states.replace(">", " → ")
            words = f"`{command}`" if command != JOURNAL else "the journal's commit"
            yield f"| {words} | {faults} | {path} | {settled} | {made} | {said} | {operator} |"


End = tuple[str, str, str, str, str]


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, list[tuple[End, str]]]]:
    """Per command, in order: the faults that end alike."""
    by_command: dict[str, dict[End, dict[str, set[str]]]] = {}
    tried: dict[tuple[str, str], set[str]] = {}
    for _, protocol, command, fault, *end in rows:
        ends = by_command.setdefault(command, {})
        key: End = (end[0], end[1], end[2], end[3], end[4])
        ends.setdefault(key, {}).setdefault(fault, set()).add(protocol)
        tried.setdefault((command, fault), set()).add(protocol)
    for command, ends in by_command.items():
        found = []
        for key, faults in ends.items():
            words = [
                f"`{fault}`" + ("" if protocols == tried[command, fault] else f" (v{' v'.join(sorted(protocols))})")
                for fault, protocols in faults.items()
            ]
            found.append((key, ", ".join(words)))
        yield command, found
