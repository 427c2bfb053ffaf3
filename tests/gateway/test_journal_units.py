"""Units of marked goods in the journal: what a body moves, migrated and rebuilt journals, documents no job owns."""

from __future__ import annotations

import base64
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fake_shop import new_job

from devices.registers.base import Fiscal
from gateway.jobs.model import Job, JobKind, JobState
from gateway.journal import Journal, units
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.errors import UnitsMoved
from gateway.journal.executor import InlineExecutor
from gateway.journal.migrate import migrate, versions
from gateway.journal.records import Cause, Drive, Recovered
from protocols.ffd.enums import Operation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, encode
from protocols.marking import product_code_bytes, read

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CIS = "010460000000001521000001"
CODE = CIS + "\x1d93dGVz"
PACK = "00000046198488X?io+qCABm8wAYa"
EAN = "4606203090785"


def now() -> datetime:
    return NOW


def line(code: str = CODE, **more: Any) -> dict[str, Any]:
    given = {"name": "Ботинки", "price": "10.00", "payment_object": "commodity_with_marking", "marking": {"code": code}}
    return {**given, **more}


def body(*lines: dict[str, Any], operation: str = "sell") -> str:
    return json.dumps({"operation": operation, "items": list(lines)}, separators=(",", ":"))


def moved(text: str, kind: JobKind = JobKind.RECEIPT) -> list[tuple[int, str, str]]:
    return [(one.item, one.code.cis, str(one.share)) for one in units.lines(kind, text)]


async def opened(directory: Path) -> Journal:
    return await Journal.open(directory, now=now, executor=InlineExecutor(), on_fatal=lambda error: None)


async def accepted(journal: Journal, job_id: str, text: str, *states: JobState, register: str = "kkt-1") -> Job:
    job, _ = await journal.accept(new_job(job_id, text, register=register))
    for state in states:
        fiscal = fiscal_of(len(job_id)) if state is JobState.DONE else None
        job = await journal.transition(job_id, state, fiscal=fiscal)
    return job


def fiscal_of(number: int) -> Fiscal:
    return Fiscal(fn="9999078900005430", document=number, sign=number, datetime=NOW, registration_number="1")


SOLD = (JobState.RUNNING, JobState.DONE)


def test_what_a_body_moves() -> None:
    tobacco = line("", marking={"code_base64": base64.b64encode(PACK.encode()).decode()})
    assert moved(body({"name": "Чай"}, line(), tobacco)) == [(1, CIS, "1"), (2, PACK[:21], "1")]
    part = line("", marking={"code": CODE, "numerator": 2, "denominator": 4})
    assert moved(body(part)) == [(0, CIS, "1/2")]
    shares = {operation: moved(body(line(), operation=operation))[0][2] for operation in map(str, Operation)}
    assert shares == {"sell": "1", "sell_refund": "-1", "buy": "-1", "buy_refund": "1"}
    assert moved(body(line()), JobKind.CORRECTION) == [(0, CIS, "1")]


@pytest.mark.parametrize(
    "nothing",
    [
        line(measure="kilogram"),
        line(EAN),
        line("0104600000000015"),  # a GTIN alone: volume accounting
        line("04601653035829H;dV)bF"),
        {"name": 'Чай, "marking":{"code":"x"}'},
    ],
)
def test_what_names_no_unit_is_not_kept(nothing: dict[str, Any]) -> None:
    assert moved(body(nothing)) == []


async def test_moves_are_told_in_the_order_in_which_they_happened_and_those_under_way_last(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await accepted(journal, "late", body(line()))
    await accepted(journal, "a", body(line()), *SOLD)
    await accepted(journal, "back", body(line(), operation="sell_refund"), *SOLD)
    for state in SOLD:  # accepted first, made last
        await journal.transition("late", state)
    await accepted(journal, "now", body(line()), JobState.RUNNING, register="kkt-2")
    await accepted(journal, "failed", body(line()), JobState.RUNNING, JobState.FAILED)
    await accepted(journal, "queued", body(line()))
    asking = await accepted(journal, "mine", body({"name": "Чай"}, line()))
    ((found,), (moves,)) = journal.moves(asking)
    assert (found.item, found.code.cis) == (1, CIS)
    assert [(move.job_id, move.share, move.state, move.register) for move in moves] == [
        ("a", Fraction(1), JobState.DONE, "kkt-1"),
        ("back", Fraction(-1), JobState.DONE, "kkt-1"),
        ("late", Fraction(1), JobState.DONE, "kkt-1"),
        ("now", Fraction(1), JobState.RUNNING, "kkt-2"),
    ]
    assert moves[0].fiscal == fiscal_of(1)
    await journal.close()


async def test_no_tail_is_kept_and_the_look_is_by_index(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await accepted(journal, "a", body(line()), *SOLD)
    await journal.close()
    raw = sqlite3.connect(tmp_path / JOURNAL_FILE)
    assert raw.execute("SELECT * FROM units").fetchall() == [(CIS, 1, 0, "1", 3)]
    for sql, values in ((units._OF_JOBS, (CIS, CIS, 2, False)), (units._OF_DOCUMENTS, (CIS,)), (units._MOVED, (1, 1))):
        plan = raw.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        assert not [step for step in plan if "SCAN" in step[3]], plan
    raw.close()


async def test_emulated_goods_are_none_of_a_real_registers(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.accept(new_job("a", body(line())), emulated=True)
    for state in SOLD:
        await journal.transition("a", state)
    asking = await accepted(journal, "mine", body(line()))
    assert journal.moves(asking).moves == ((),)
    assert len(journal.moves(replace(asking, emulated=True)).moves[0]) == 1
    await journal.close()


async def test_what_was_seen_must_still_be_so_when_the_job_begins(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    mine = await accepted(journal, "mine", body(line()))
    await accepted(journal, "other", body(line()), register="kkt-2")
    before = journal.moves(mine)
    await journal.transition("other", JobState.RUNNING)
    with pytest.raises(UnitsMoved):
        await journal.transition("mine", JobState.RUNNING, as_seen=before, attempts=1)
    job = await journal.get("mine")
    assert job is not None
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    job = await journal.transition("mine", JobState.RUNNING, as_seen=journal.moves(mine))
    assert (job.state, job.attempts) == (JobState.RUNNING, 0)
    await journal.close()


async def test_a_journal_from_before_is_filled_from_its_bodies(tmp_path: Path) -> None:
    """Of a torn body nothing is known; what was forgotten stays forgotten."""
    raw = sqlite3.connect(tmp_path / JOURNAL_FILE, isolation_level=None)
    migrate(raw, {number: script for number, script in versions("schema").items() if number < 4})
    texts = {"a": body(line()), "b": body({"name": "Чай"}), "gone": "", "back": body(line(), operation="sell_refund")}
    for number, (job_id, text) in enumerate(texts.items(), 1):
        new = new_job(job_id, text)
        raw.execute(
            "INSERT INTO jobs (id, kind, register, body, digest, state, created_at, updated_at) "
            "VALUES (?, 'receipt', 'kkt-1', ?, ?, 'done', ?, ?)",
            (job_id, text, new.digest, "2026-01-01T00:00:00.000000+00:00", f"2026-01-0{9 - number}T00:00:00+00:00"),
        )
    raw.close()
    journal = await opened(tmp_path)
    assert journal.loss is None
    mine = await accepted(journal, "mine", body(line()))
    await accepted(journal, "since", body(line()), *SOLD)
    assert [move.job_id for move in journal.moves(mine).moves[0]] == ["back", "a", "since"]  # by their last change
    await journal.close()


async def test_a_journal_built_anew_knows_its_units(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await accepted(journal, "a", body(line()), *SOLD)
    await journal.close()
    with (tmp_path / JOURNAL_FILE).open("r+b") as file:
        file.write(b"torn")
    journal = await opened(tmp_path)
    assert journal.loss is not None
    mine = await accepted(journal, "mine", body(line()))
    assert [move.job_id for move in journal.moves(mine).moves[0]] == ["a"]
    await journal.close()


def document(number: int, *lines: tuple[Element, ...], operation: Operation = Operation.SELL) -> Recovered:
    return Recovered(
        register="kkt-1",
        fiscal=fiscal_of(number),
        operation=operation,
        total=1000,
        tlv=encode([Element(T.ITEM, parts) for parts in lines]),
        cause=Cause.LOST,
        found_at=NOW,
    )


def held(code: str, *more: Element, tag: T = T.PRODUCT_CODE_GS1M) -> tuple[Element, ...]:
    return (Element(T.PRODUCT_CODE, (Element(tag, code),)), *more)


async def test_documents_that_no_job_owns_count_until_a_job_has_them(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    half = Element(T.FRACTIONAL_QUANTITY, (Element(T.NUMERATOR, 1), Element(T.DENOMINATOR, 2)))
    found = [
        document(1, (Element(T.ITEM_NAME, "Чай"),), held(CIS, Element(T.QUANTITY_UNIT, 0), half)),
        document(2, held(CIS, tag=T.PRODUCT_CODE_GS1), operation=Operation.SELL_REFUND),
        document(3, (Element(T.PRODUCT_CODE_105, product_code_bytes(read(CODE.encode())).ljust(32)),)),
        document(4, held(CIS, Element(T.QUANTITY_UNIT, 11))),  # by weight
        document(5, held(CODE[:32], tag=T.PRODUCT_CODE_UNKNOWN)),  # may hold a part of the tail
    ]
    await journal.recover(found, Drive(fn=fiscal_of(1).fn, register="kkt-1", reviewed=9, loss=0))
    mine = await accepted(journal, "mine", body(line()))
    (moves,) = journal.moves(mine).moves
    assert [(str(move.share), move.job_id, move.fiscal and move.fiscal.document) for move in moves] == [
        ("1/2", None, 1),
        ("-1", None, 2),
        ("1", None, 3),
    ]
    job = await accepted(journal, "own", body(line()), JobState.RUNNING)
    await journal.transition(job.id, JobState.DONE, fiscal=fiscal_of(3))
    assert [move.job_id for move in journal.moves(mine).moves[0]] == [None, None, "own"]
    await journal.close()
    raw = sqlite3.connect(tmp_path / JOURNAL_FILE)
    raw.execute("DELETE FROM recovered_units")
    raw.execute("DELETE FROM facts WHERE name = 'units_kept'")  # as a journal from before, or restored from one
    raw.commit()
    raw.close()
    journal = await opened(tmp_path)
    assert [move.job_id for move in journal.moves(mine).moves[0]] == ["own", None, None]
    await journal.close()


async def test_units_outlive_the_bodies_that_named_them(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await accepted(journal, "a", body(line()), *SOLD)
    assert await journal.forget(datetime(2036, 1, 1, tzinfo=UTC), 100)
    job = await journal.get("a")
    assert job is not None
    assert job.body == ""
    mine = await accepted(journal, "mine", body(line()))
    assert [move.job_id for move in journal.moves(mine).moves[0]] == ["a"]
    await journal.close()
