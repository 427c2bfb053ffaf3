"""Which units of marked goods went out and came back, by КИ: rows beside jobs and recovered documents.

A row says what its job is to move; whether it did is the job's state, so that no crash can part the two. Whole units
and parts of one are kept; what is sold by weight or volume out of one code has no end that could be known here, and a
code that names no unit (a bar code, a GTIN alone) may be sold as often as there are goods.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from devices.registers.base import Fiscal
from gateway.jobs.model import Job, JobKind, JobState
from gateway.journal import packing
from gateway.journal.records import Recovered
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, TlvError, all_of, decode, find
from protocols.marking import Code, Kind, equivalents, parse, product_code_bytes

#: A normal form without it has no marked line; no text of one can hold an unescaped quotation mark.
MARKED: Final = '"marking":{'
_RECEIPTS: Final = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})
#: Operations by which goods leave the shop; by the others they come back (tag 2003 follows the same rule).
LEAVING: Final = frozenset({Operation.SELL, Operation.BUY_REFUND})
#: Behind every character of a КИ.
_LAST: Final = "\x7f"
#: Some registers fill tag 1162 up to its length.
_PADDING: Final = b" "

_INSERT = "INSERT OR IGNORE INTO units (cis, job, item, share) VALUES (?, ?, ?, ?)"
_INSERT_RECOVERED = (
    "INSERT OR IGNORE INTO recovered_units (form, fn, document, sign, item, share, moved) "
    "VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM events))"
)
_MOVED = "UPDATE units SET moved = ? WHERE job = ? AND moved IS NULL"
#: A job that is held in the middle of its document has a bookmark; its document may yet be finished.
_OF_JOBS = """
SELECT units.share, units.moved, jobs.id, jobs.register, jobs.state, jobs.fiscal
FROM units JOIN jobs ON jobs.sequence = units.job
WHERE units.cis BETWEEN ? AND ? AND units.job <> ? AND jobs.emulated = ?
  AND (jobs.state IN ('done', 'running', 'settling') OR (jobs.state = 'held' AND jobs.bookmark IS NOT NULL))"""
_OF_DOCUMENTS = """
SELECT recovered_units.share, recovered_units.moved, recovered.register, recovered.fiscal
FROM recovered_units JOIN recovered USING (fn, document, sign)
WHERE recovered_units.form = ? AND recovered.job_id IS NULL"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that moves a whole unit (`share` 1 or -1) or a part of one; above zero it leaves the shop."""

    item: int
    code: Code
    share: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What the journal knows of a unit: done, or under way in its job's `state`.

    `job_id` None: a document of the drive that no job owns. `fiscal` None: not known (yet).
    """

    share: Fraction
    job_id: str | None
    register: str
    state: JobState
    fiscal: Fiscal | None


class Seen(NamedTuple):
    """Lines of a job, and all moves of each line's unit by others, oldest first, those under way last."""

    lines: tuple[Line, ...]
    moves: tuple[tuple[Move, ...], ...]


def lines(kind: JobKind, body: str) -> tuple[Line, ...]:
    """The lines of a job's body (`Job.body`) that move a unit which can be told from every other."""
    if kind not in _RECEIPTS or MARKED not in body:
        return ()
    receipt = json.loads(body)
    leaves = Operation[receipt["operation"].removesuffix("_correction").upper()] in LEAVING
    found = []
    for item, given in enumerate(receipt["items"]):
        marking = given.get("marking")
        if marking is None or given.get("measure", Measure.PIECE) != Measure.PIECE:
            continue
        code = _code(marking)
        if code is not None:
            share = Fraction(marking.get("numerator") or 1, marking.get("denominator") or 1)
            found.append(Line(item=item, code=code, share=share if leaves else -share))
    return tuple(found)


def _code(marking: dict[str, Any]) -> Code | None:
    text = marking.get("code")
    try:
        code = parse(base64.b64decode(marking["code_base64"]) if text is None else text)
    except ValueError:  # accepted by an earlier version
        return None
    return code if code.names_unit and code.kind is not Kind.UNKNOWN else None


def keep(connection: sqlite3.Connection, sequence: int, found: Iterable[Line]) -> None:
    """The lines of a job that was just accepted."""
    connection.executemany(_INSERT, [(one.code.cis, sequence, one.item, str(one.share)) for one in found])


def moved(connection: sqlite3.Connection, sequences: Iterable[tuple[int, int]]) -> None:
    """(event, job) of jobs that have moved their units, if they have any."""
    connection.executemany(_MOVED, sequences)


def done(connection: sqlite3.Connection, job: Job, event: int) -> None:
    """The job has moved its units, by this event."""
    if job.kind in _RECEIPTS and MARKED in job.body:
        moved(connection, [(event, job.sequence)])


class Named(NamedTuple):
    """A line of a document and what the document calls its unit."""

    item: int
    form: str
    share: Fraction


def named(one: Recovered) -> list[Named]:
    """The units that a recovered document moves."""
    try:
        elements = decode(one.tlv)
    except TlvError:
        return []
    leaves = one.operation in LEAVING
    found = []
    for item, line in enumerate(all_of(elements, T.ITEM)):
        inner = line.value if isinstance(line.value, tuple) else ()
        form, share = _form(inner), _share(inner)
        if form is not None and share is not None:
            found.append(Named(item, form, share if leaves else -share))
    return found


def _form(line: tuple[Element, ...]) -> str | None:
    new, old = find(line, T.PRODUCT_CODE), find(line, T.PRODUCT_CODE_105)
    if new is not None and isinstance(new.value, tuple) and new.value:
        # What the register did not recognise may hold a part of the tail.
        (child, *_) = new.value
        return child.value if isinstance(child.value, str) and child.tag != T.PRODUCT_CODE_UNKNOWN else None
    return old.value.rstrip(_PADDING).hex() if old is not None and isinstance(old.value, bytes) else None


def _share(line: tuple[Element, ...]) -> Fraction | None:
    """None of what is measured."""
    unit, part = find(line, T.QUANTITY_UNIT), find(line, T.FRACTIONAL_QUANTITY)
    if unit is not None and unit.value != Measure.PIECE.code:
        return None
    if part is None or not isinstance(part.value, tuple):
        return Fraction(1)
    over, under = find(part.value, T.NUMERATOR), find(part.value, T.DENOMINATOR)
    if over is None or under is None or not isinstance(over.value, int) or not isinstance(under.value, int):
        return Fraction(1)
    return Fraction(over.value, under.value) if under.value else Fraction(1)


def keep_recovered(connection: sqlite3.Connection, found: Sequence[tuple[Recovered, Sequence[Named]]]) -> None:
    """The units of recovered documents."""
    connection.executemany(
        _INSERT_RECOVERED,
        [(name.form, *one.key, name.item, str(name.share)) for one, names in found for name in names],
    )


def seen(connection: sqlite3.Connection, job: Job, found: tuple[Line, ...]) -> Seen:
    """What others did and do with the units of these lines. Emulated goods are none of a real register's."""
    return Seen(found, tuple(tuple(_moves(connection, job, line.code)) for line in found))


def _moves(connection: sqlite3.Connection, job: Job, code: Code) -> list[Move]:
    found = [
        (row["moved"], _move(row, row["id"], JobState(row["state"])))
        for row in connection.execute(_OF_JOBS, (code.cis, _until(code), job.sequence, job.emulated)).fetchall()
    ]
    for form in _forms(code):
        rows = connection.execute(_OF_DOCUMENTS, (form,)).fetchall()
        found += [(row["moved"], _move(row, None, JobState.DONE)) for row in rows]
    found.sort(key=lambda one: (one[0] is None, one[0] or 0, _place(one[1])))
    return [move for _, move in found]


def _until(code: Code) -> str:
    """A GS1 code without a tail may be cut off: every unit of the goods that begins so may be meant.

    The serial numbers of one kind of goods are of one length, so none is the beginning of another.
    """
    return code.cis + _LAST if code.kind is Kind.GS1 and code.tail is None else code.cis


def _place(move: Move) -> int:
    """Of documents that were found together the number tells the order; each job has an event of its own."""
    return move.fiscal.document if move.job_id is None and move.fiscal is not None else 0


def _move(row: sqlite3.Row, job_id: str | None, state: JobState) -> Move:
    return Move(
        share=Fraction(row["share"]),
        job_id=job_id,
        register=row["register"],
        state=state,
        fiscal=None if row["fiscal"] is None else packing.fiscal_from(row["fiscal"]),
    )


def _forms(code: Code) -> Iterator[str]:
    yield from {text for tag, text in equivalents(code) if tag != T.PRODUCT_CODE_UNKNOWN}
    yield product_code_bytes(code).rstrip(_PADDING).hex()
