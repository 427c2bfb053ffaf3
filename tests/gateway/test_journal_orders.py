"""Orders' logs in the journal's file: chained, checked, saved from torn files, copied, exported, forgotten."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from order_play import line, rub

from gateway import support
from gateway.jobs.model import JobKind, JobState, NewJob
from gateway.journal import Journal, backup, database, export_orders, order_check, verify
from gateway.journal.check import SUSPECT_FILE
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.orders import OrderMoved, Told
from gateway.journal.report import words
from gateway.orders import log
from gateway.orders.bodies import body
from gateway.orders.book import Book, folded
from gateway.orders.goods import Line
from gateway.orders.ledger import Document
from gateway.orders.log import Doubted, Entry, Happened, Put, Registered
from gateway.orders.order import Delivery, Event, Paid, Payment
from gateway.orders.plan import plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means, OrderType
from gateway.receipts.normalise import accept

T0 = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMMON = '{"taxation":"osn","customer":{"email":"buyer@example.ru"}}'
CODE = "0104600439931256215Qbag!\x1d91EE06\x1d92" + "A" * 44
PAGE = 4096


class Clock:
    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        return self.moment


def fatal(error: BaseException) -> None:
    raise AssertionError(error)


async def opened(directory: Path, now: Clock | None = None) -> Journal:
    return await Journal.open(directory, now=now or Clock(), executor=InlineExecutor(), on_fatal=fatal)


class Shop:
    """Orders as the service keeps them, without registers."""

    def __init__(self, journal: Journal, now: Clock) -> None:
        self.journal = journal
        self.now = now

    def book(self, number: str) -> Book:
        return folded(number, map(log.from_json, self.journal.order_log(number)))

    async def add(self, number: str, entry: Entry) -> None:
        book = self.book(number)
        book.apply(entry)
        told = [Told(entry.entry, {})]
        await self.journal.append_order(order_check.row_of(book, entry), log.to_json(entry), (), told)

    async def put(self, number: str, *lines: Line) -> None:
        lines = lines or (line("Ботинки", "1000.00"),)
        put = Put(at=self.now(), type=OrderType.GOODS, lines=lines, remote=False, common=COMMON, policy=Policy())
        await self.add(number, put)

    async def happens(self, number: str, event: Event) -> None:
        book = self.book(number)
        documents = plan(book.order, event, book.policy)
        await self.add(number, Happened(at=self.now(), event=event, digest="0" * 64, documents=documents))

    async def makes(self, document: Document, number: str) -> None:
        checked = accept(body(document, number, COMMON), self.now)
        new = NewJob(
            id=document.id,
            kind=JobKind.RECEIPT,
            register="kkt-1",
            body=checked.canonical,
            digest=checked.digest,
            order=number,
        )
        await self.journal.accept(new)
        for state in (JobState.RUNNING, JobState.DONE):
            await self.journal.transition(document.id, state)

    async def registers(self, number: str) -> None:
        head = self.book(number).head
        assert head is not None
        await self.makes(head.document, number)
        fiscal = {"fn": "9999078900001234", "document": 1, "sign": 2}
        await self.add(number, Registered(at=self.now(), document=head.document.id, fiscal=fiscal))


def paid(name: str, amount: str) -> Payment:
    return Payment(id=name, paid=(Paid(Means.SBP, rub(amount)),))


async def sold(shop: Shop, number: str) -> None:
    await shop.put(number)
    await shop.happens(number, paid("e1", "1000"))
    await shop.registers(number)
    await shop.happens(number, Delivery(id="e2"))
    await shop.registers(number)


async def filled(directory: Path, count: int = 12) -> None:
    now = Clock()
    journal = await opened(directory, now)
    shop = Shop(journal, now)
    for index in range(count):
        await sold(shop, f"done-{index}")
        await shop.put(f"open-{index}")
        await shop.happens(f"open-{index}", paid("e1", "300"))
        await shop.registers(f"open-{index}")
        await shop.happens(f"open-{index}", paid("e2", "200"))
    await journal.close()


def rows(directory: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(directory / JOURNAL_FILE)) as connection:
        return connection.execute(sql, values).fetchall()


def changed(directory: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(directory / JOURNAL_FILE, isolation_level=None)) as connection:
        assert connection.execute(sql, values).rowcount > 0


def faults(directory: Path) -> list[str]:
    found: list[str] = verify.file(directory, lambda done, total: None)["faults"]
    return found


async def test_an_entry_follows_the_one_before_it_and_is_told(tmp_path: Path) -> None:
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    heard: list[tuple[str, str]] = []
    journal.subscribe(lambda event, job: heard.append((event.type, event.state)))
    await shop.put("1001")
    book = shop.book("1001")
    with pytest.raises(OrderMoved):
        await journal.append_order(order_check.row_of(book, Doubted(at=T0, why="x")), "{}", (), [Told("x", {})])
    await shop.happens("1001", paid("e1", "1000"))
    assert heard == [("order", "put"), ("order", "event")]
    told = await journal.events(0)
    assert [(one.type, one.subject, one.register) for one in told] == [("order", "1001", "")] * 2
    await journal.close()
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE order_log SET entry = replace(entry, '100000', '100001') WHERE place = 2", "up to entry 1 of 3"),
        ("DELETE FROM order_log WHERE place = 2", "up to entry 1 of 3"),
        ("DELETE FROM order_log WHERE place = 3", "up to entry 2 of 3"),
        ("UPDATE orders SET held = 1", "(held)"),
        ("UPDATE orders SET waits_since = NULL", "(waits_since)"),
        ("UPDATE orders SET state = 'settled', next = 'x'", "(state, next)"),
        ("UPDATE orders SET entries = 4", "up to entry 3 of 4"),
        ("INSERT INTO order_units VALUES ('0104600439931256215Qbag0', '1001')", "(units)"),
        (
            "INSERT INTO order_documents VALUES ('9999', 7, '1001', '1001/e1/1')",
            "(documents of a bank)",
        ),
    ],
)
async def test_verify_names_an_order_that_is_not_its_log(tmp_path: Path, sql: str, fault: str) -> None:
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    await shop.put("1001")
    await shop.happens("1001", paid("e1", "1000"))
    await shop.happens("1001", Delivery(id="e2"))
    await journal.close()
    changed(tmp_path, sql)
    (found,) = faults(tmp_path)
    assert "'1001'" in found
    assert fault in found


async def test_a_start_sets_a_file_aside_in_which_a_waiting_order_is_torn(tmp_path: Path) -> None:
    await filled(tmp_path, 1)
    changed(
        tmp_path, "UPDATE order_log SET entry = replace(entry, '20000', '30000') WHERE number = 'open-0' AND place = 4"
    )
    journal = await opened(tmp_path)
    assert journal.loss is not None
    assert journal.loss.report["orders_doubted"] == ["open-0"]
    book = folded("open-0", map(log.from_json, journal.order_log("open-0")))
    assert (book.ledger.held, book.head, book.entries) == (rub("300"), None, 4)
    assert book.doubted is not None
    await journal.close()
    assert faults(tmp_path) == []


def torn(path: Path) -> Iterator[int]:
    """Pages that hold orders' logs, each gone in its turn."""
    raw = path.read_bytes()
    for number in range(1, len(raw) // PAGE):
        page = raw[number * PAGE : (number + 1) * PAGE]
        if b'"entry":' in page or b"open-1" in page:
            path.write_bytes(raw[: number * PAGE] + bytes(PAGE) + raw[(number + 1) * PAGE :])
            yield number
    path.write_bytes(raw)


async def test_whatever_page_is_gone_an_order_is_whole_or_in_doubt_or_named(tmp_path: Path) -> None:
    await filled(tmp_path / "j", 5)
    (tmp_path / "j" / database.LOCK_FILE).unlink()
    journal = await opened(tmp_path / "j")
    whole = {number: journal.order_log(number) for number in journal.list_orders()}
    await journal.close()
    pages = cut = 0
    for page in torn(tmp_path / "j" / JOURNAL_FILE):
        again = tmp_path / str(page)
        shutil.copytree(tmp_path / "j", again)
        journal = await opened(again)
        pages += 1
        report = {} if journal.loss is None else journal.loss.report
        lost = set(report.get("orders_lost", ()))
        for number, entries in whole.items():
            kept = journal.order_log(number)
            if not kept:
                assert number in lost
                continue
            if kept != entries:
                cut += 1
                assert kept[:-1] == entries[: len(kept) - 1]
                assert isinstance(log.from_json(kept[-1]), Doubted)
                assert number in report["orders_doubted"]
        await journal.close()
        assert faults(again) == []
    assert pages > 3
    assert cut > 3


async def test_a_receipt_that_no_entry_knows_puts_its_order_in_doubt(tmp_path: Path) -> None:
    """The newest entries are gone without a trace, but for the receipt that they made."""
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    await shop.put("cut")
    await shop.put("whole")
    await shop.happens("whole", paid("e1", "300"))
    await shop.registers("whole")
    for number in ("cut", "gone"):
        book = shop.book("cut")
        order = replace(book.order, number=number)
        (document,) = plan(order, paid("e1", "300"), Policy())
        await shop.makes(document, number)
    await shop.makes(replace(document, id="callers-own"), "another")
    await journal.close()
    (tmp_path / SUSPECT_FILE).write_text("", encoding="utf-8")
    journal = await opened(tmp_path, now)
    assert journal.loss is not None
    report = journal.loss.report
    assert (report["orders_saved"], report["orders_doubted"], report["orders_lost"]) == (2, ["cut"], ["gone"])
    assert "cut" in " ".join(words({**report, "at": "", "cause": "damaged"}))
    await journal.close()


async def test_open_orders_of_a_backup_are_in_doubt(tmp_path: Path) -> None:
    await filled(tmp_path / "j", 1)
    copy = tmp_path / "copy.db"
    backup.backup(tmp_path / "j", copy, now=Clock(), progress=lambda left, total: None)
    backup.restore(tmp_path / "j", copy, now=Clock())
    journal = await opened(tmp_path / "j")
    assert journal.loss is not None
    assert journal.loss.report["orders_open"] == 1
    books = {number: folded(number, map(log.from_json, journal.order_log(number))) for number in journal.list_orders()}
    assert {number for number, book in books.items() if book.doubted} == {"open-0"}
    assert journal.list_orders(alarmed=True) == ["open-0"]
    await journal.close()
    assert faults(tmp_path / "j") == []


async def test_orders_are_forgotten_whole_but_never_with_money_or_documents(tmp_path: Path) -> None:
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    await sold(shop, "sold")
    await shop.put("held")
    await shop.happens("held", paid("e1", "300"))
    await shop.registers("held")
    await shop.put("waiting")
    await shop.happens("waiting", paid("e1", "300"))
    await shop.put("owed")
    owed = Paid(Means.CREDIT, rub("1000"))
    await shop.happens("owed", Delivery(id="e1", paid=(owed,)))
    await shop.registers("owed")
    await shop.put("nothing")
    now.moment += timedelta(days=400)
    await sold(shop, "young")
    before = now.moment - timedelta(days=365)
    while await journal.forget(before, 20):
        pass
    assert journal.list_orders() == ["held", "owed", "waiting", "young"]
    assert journal.order_log("sold") == []
    assert len(journal.order_receipts("sold")) == 2  # the keys answer for ever
    await journal.close()
    assert "buyer@example.ru" not in str(rows(tmp_path, "SELECT entry FROM order_log WHERE number = 'sold'"))


async def test_the_sums_of_all_orders(tmp_path: Path) -> None:
    await filled(tmp_path, 3)
    journal = await opened(tmp_path)
    totals = journal.order_totals()
    assert (totals.held, totals.waiting, list(totals.alarms)) == (3 * rub("300"), 3, [])
    await journal.close()


async def test_a_start_hears_only_of_orders_that_have_something_to_learn(tmp_path: Path) -> None:
    """No job yet; done, failed or cancelled unheard; retried unheard. Not: on its way, failed and heard."""
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    for number in ("new", "queued", "failed", "done", "heard"):
        await shop.put(number)
        await shop.happens(number, paid("e1", "1000"))
    for number in ("queued", "failed", "done", "heard"):
        head = shop.book(number).head
        assert head is not None
        name = head.document.id
        new = NewJob(id=name, kind=JobKind.RECEIPT, register="kkt-1", body="{}", digest="0" * 64, order=number)
        await journal.accept(new)
        if number != "queued":
            await journal.transition(name, JobState.RUNNING)
            await journal.transition(name, JobState.DONE if number == "done" else JobState.FAILED)
        if number == "heard":
            await shop.add(number, log.Failed(at=now(), document=name, code="x", detail=""))
    assert set(journal.orders_unheard()) == {"new", "failed", "done"}
    head = shop.book("heard").head
    assert head is not None
    await journal.transition(head.document.id, JobState.QUEUED, only_if=JobState.FAILED)
    assert set(journal.orders_unheard()) == {"new", "failed", "done", "heard"}
    await journal.close()


async def test_the_export_has_documents_and_logs(tmp_path: Path) -> None:
    await filled(tmp_path, 2)
    out = io.StringIO()
    assert export_orders.to_jsonl(export_orders.orders(tmp_path, None, None), out) == 4
    first = json.loads(out.getvalue().splitlines()[0])
    assert (first["order"], first["order_state"], first["order_total"]) == ("done-0", "settled", "1000.00")
    assert [one["kind"] for one in first["documents"]] == ["prepayment", "closing"]
    assert [one["entry"] for one in first["log"]] == ["put", "event", "document_done", "event", "document_done"]
    table = io.StringIO()
    assert export_orders.to_csv(export_orders.orders(tmp_path, None, None), table) == 8
    lines = table.getvalue().splitlines()
    assert lines[0].startswith("\ufeffЗаказ;Состояние заказа;")
    assert lines[1].startswith("done-0;settled;1000,00;0,00;0,00;e1;prepayment;")
    assert list(export_orders.orders(tmp_path, T0 + timedelta(days=1), None)) == []


async def test_a_support_file_shows_orders_without_buyers_and_proofs(tmp_path: Path) -> None:
    now = Clock()
    journal = await opened(tmp_path, now)
    shop = Shop(journal, now)
    await shop.put("1001", line("Ботинки", "1000.00", marked=True))
    await shop.add("1001", log.Scanned(at=now(), line="Ботинки", code=CODE))
    await shop.happens("1001", Delivery(id="e1", paid=(Paid(Means.CASH, rub("1000")),)))
    await journal.close()
    bundle = support.Bundle()
    (order,) = support.orders_in_trouble(tmp_path)
    assert [entry["entry"] for entry in order["log"]] == ["put", "scan", "event"]
    bundle.add_lines("orders.jsonl", [order])
    told = bundle.parts["orders.jsonl"].decode()
    assert "04600439931256" in told
    for secret in ("buyer@example.ru", "5Qbag!", "91EE06", "A" * 44):
        assert secret not in told
