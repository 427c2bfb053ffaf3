"""Codes in the drive: the order of its commands, the notification of a sale, what a power cut leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from drive_kit import CASHIER, CODE_TAGS, HandClock, close_shift, open_shift, receipt
from marking_kit import GENUINE, KI, SHORT, SPOILT, gs1
from shtrih_kit import value

from emulator.fiscal_drive import DriveError, FiscalDrive, Sold, default_registration
from emulator.fiscal_drive.checks import checked
from emulator.fiscal_drive.marking import PLACES
from emulator.marking.oism import OismServer
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, decode, find
from protocols.fn import container
from protocols.fn.statuses import AnswerFault
from protocols.ofd import marking as messages
from protocols.ofd import session

FORBIDDEN, SEQUENCE, BLOCKED, FULL, UNCHECKED, BAD = 0x32, 0x33, 0x34, 0x35, 0x3E, 0x09


class Bench:
    """A drive, its clock and a marking system at hand."""

    def __init__(self, storage: Storage | None = None, ffd: FfdVersion = FfdVersion.V1_2, **registration: Any) -> None:
        self.clock = HandClock()
        self.storage = storage or Storage()
        self.oism = OismServer(now=self.clock)
        self.drive = FiscalDrive(
            self.storage,
            now=self.clock,
            rng=Random(7),
            ffd=ffd,
            registration=replace(default_registration(ffd), **registration),
        )
        self.marking = self.drive.marking

    def exchange(self, message: bytes) -> bytes:
        data = session.build(self.drive.number, message, session.MARKING_P_VERSION, marking=True)
        (event,) = session.Parser().feed(data)
        assert isinstance(event, session.Message)
        return self.oism.receive(event)

    def accept(self, code: bytes, planned: int = 1, *measure: Element) -> int:
        self.marking.begin(code, planned, 0, measure)
        if not self.drive.registration.offline:  # type: ignore[union-attr]
            self.marking.take(self.exchange(self.marking.request()))
        return self.marking.decide(accept=True)

    def sell(self, *codes: bytes, operation: int = 1, **more: Any) -> None:
        items = [marked_item(code, **more) for code in codes]
        self.drive.commit(
            DocumentCode.RECEIPT,
            receipt_of(items, operation),
            [Sold(item, code) for item, code in zip(items, codes, strict=True)],
        )

    def deliver(self) -> None:
        while message := self.marking.next_message():
            self.marking.confirm(self.exchange(message))

    def last_notification(self) -> tuple[Element, ...]:
        kept = self.marking.all_notifications()[-1]
        return decode(kept.tlv[4:])

    def last_document(self) -> tuple[Element, ...]:
        stored = self.drive.document(self.drive.last_document)
        assert stored is not None
        return stored.elements

    def refused(self, act: Any) -> int:
        with pytest.raises(DriveError) as refusal:
            act()
        return refusal.value.number


def marked_item(code: bytes, name: str = "Вода", **more: Any) -> tuple[Element, ...]:
    own = {1030: name, 1079: 10000, 1023: Decimal(1), 1043: 10000, 1199: 6, 1212: 33, 1214: 4, 2108: 0}
    own |= {each.tag: each.value for each in CODE_TAGS}
    own |= more.get("tags", {})
    return tuple(Element(tag, content) for tag, content in own.items())


def receipt_of(items: list[tuple[Element, ...]], operation: int = 1) -> list[Element]:
    total = 10000 * len(items)
    sums = {1020: total, 1031: total, 1081: 0, 1215: 0, 1216: 0, 1217: 0, 1105: total}
    flat = [Element(tag, content) for tag, content in sums.items()]
    return [*(Element(1059, item) for item in items), CASHIER, Element(1054, operation), Element(1055, 1), *flat]


def test_the_four_steps_of_a_check():
    bench = Bench()
    assert bench.refused(bench.marking.request) == SEQUENCE
    assert bench.refused(lambda: bench.marking.decide(accept=True)) == SEQUENCE
    assert bench.refused(lambda: bench.marking.take(b"")) == SEQUENCE
    bench.marking.begin(SHORT, 1)
    assert bench.refused(lambda: bench.marking.begin(GENUINE, 1)) == SEQUENCE
    assert bench.refused(lambda: bench.marking.take(b"")) == SEQUENCE
    answer = bench.exchange(bench.marking.request())
    assert bench.marking.take(answer).flags == 15
    assert bench.refused(bench.marking.request) == SEQUENCE
    assert bench.marking.decide(accept=False) == 15
    assert bench.marking.table == ()


def test_a_check_may_end_before_the_answer():
    bench = Bench()
    bench.marking.begin(GENUINE, 1)
    assert bench.marking.decide(accept=True) == 3
    bench.marking.begin(SPOILT, 1)
    bench.marking.request()
    assert bench.marking.decide(accept=True) == 1
    assert [check.flags for check in bench.marking.table] == [3, 1]


@pytest.mark.parametrize(("code", "planned", "mode"), [(b"", 1, 0), (b"0" * 257, 1, 0), (SHORT, 0, 0), (SHORT, 1, 1)])
def test_what_is_no_code(code: bytes, planned: int, mode: int):
    bench = Bench()
    assert bench.refused(lambda: bench.marking.begin(code, planned, mode)) == BAD
    assert bench.marking.pending is None


def test_only_a_register_of_12_for_marked_goods():
    assert Bench(marking=False).refused(lambda: Bench(marking=False).marking.begin(SHORT, 1)) == FORBIDDEN
    old = Bench(ffd=FfdVersion.V1_1)
    assert old.refused(lambda: old.marking.begin(SHORT, 1)) == FORBIDDEN


def test_an_offline_register_asks_nobody():
    bench = Bench(offline=True)
    assert bench.marking.begin(GENUINE, 1).flags == 19
    assert bench.refused(bench.marking.request) == SEQUENCE
    assert bench.marking.decide(accept=True) == 19
    assert bench.accept(SHORT) == 16
    assert bench.accept(SPOILT) == 17


def test_requests_are_numbered_for_ever():
    bench = Bench()
    for number in (1, 2):
        bench.marking.begin(SHORT, 1)
        request = messages.parse_request(container.parse(bench.marking.request()).tlv)
        assert (request.number, request.code, request.planned, request.fn) == (number, SHORT, 1, bench.drive.number)
        bench.marking.decide(accept=False)
    again = Bench(bench.storage)
    again.marking.begin(SHORT, 1)
    assert messages.parse_request(container.parse(again.marking.request()).tlv).number == 3


def test_a_request_is_what_the_tables_say():
    bench = Bench()
    measure = (Element(2108, 11), Element(1023, Decimal("0.5")))
    bench.marking.begin(SHORT, 2, 0, measure)
    data = container.parse(bench.marking.request())
    assert data.code == 81
    assert validate(DocumentCode.MARKING_REQUEST, FfdVersion.V1_2, decode(data.tlv[4:])) == []
    assert messages.parse_request(data.tlv).measure == measure


def test_the_answer_to_another_request_is_not_taken():
    bench = Bench()
    bench.marking.begin(SHORT, 1)
    old = bench.exchange(bench.marking.request())
    bench.marking.decide(accept=False)
    bench.marking.begin(SHORT, 1)
    bench.marking.request()
    with pytest.raises(DriveError) as refusal:
        bench.marking.take(old)
    assert (refusal.value.number, refusal.value.fault) == (0x20, AnswerFault.WRONG_REQUEST)
    with pytest.raises(DriveError) as refusal:
        bench.marking.take(old[:-1])
    assert refusal.value.fault is AnswerFault.WRONG_LENGTH
    assert bench.marking.decide(accept=True) == 0


def test_a_sale_is_notified_as_the_tables_say():
    bench = Bench()
    open_shift(bench.drive)
    assert (bench.accept(SHORT), bench.accept(GENUINE)) == (15, 15)
    part = Element(
        1260, (Element(1262, "030"), Element(1263, "21.11.2023"), Element(1264, "1944"), Element(1265, "U=1"))
    )
    bench.sell(SHORT, GENUINE, tags={1260: part.value})
    told = bench.last_notification()
    assert validate(DocumentCode.MARKING_NOTIFICATION, FfdVersion.V1_2, told) == []
    assert value(told, 1011) == 2  # Moscow
    assert (value(told, 2002), value(told, 2040), value(told, 1040)) == (1, bench.drive.last_document, 3)
    assert (value(told, 1054), value(told, 1055), value(told, 2116)) == (1, 1, 1)
    (first, second) = [each.value for each in told if each.tag == 2007]
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert (value(first, 2000), value(second, 2000)) == (SHORT.decode(), GENUINE.decode())
    assert (value(first, 2101), value(first, 2100), value(first, 2106), value(first, 2110)) == (KI.decode(), 5, 15, 1)
    assert (value(first, 1030), value(first, 1043), value(first, 1200)) == ("Вода", 10000, 0)
    assert value(first, 1260, 1265) == "U=1"
    assert bench.marking.table == ()
    bench.deliver()
    assert bench.oism.book.facts(KI.decode()).sold


def test_a_return_and_a_correction_say_so():
    bench = Bench()
    open_shift(bench.drive)
    bench.oism.book.sold(KI.decode())
    assert bench.accept(SHORT, 3) == 15
    bench.sell(SHORT, operation=2)
    told = bench.last_notification()
    assert (value(told, 1054), value(told, 2007, 2110)) == (2, 3)
    bench.accept(gs1("CORRECTED"))
    items = [marked_item(gs1("CORRECTED"))]
    reason = Element(1174, (Element(1178, datetime(2026, 3, 1)),))
    bench.drive.commit(
        DocumentCode.CORRECTION, [*receipt_of(items), Element(1173, 0), reason], [Sold(items[0], gs1("CORRECTED"))]
    )
    assert value(bench.last_notification(), 2116) == 2
    bench.deliver()
    assert bench.oism.book.facts(KI.decode()).status == "returned"


def test_measured_and_partial_goods():
    bench = Bench()
    open_shift(bench.drive)
    half = (Element(1293, 1), Element(1294, 2))
    assert bench.accept(SHORT, 2, Element(1291, half)) == 15
    bench.sell(SHORT, tags={1291: half})
    assert value(bench.last_notification(), 2007, 1291, 1294) == 2
    bench.deliver()
    assert bench.oism.book.facts(KI.decode()).status == "partly_sold"
    # what is open can be sold on in parts, and not as a whole
    assert (bench.accept(SHORT, 2, Element(1291, half)), bench.accept(SHORT, 1)) == (15, 7)
    assert bench.accept(SHORT, 4, Element(1291, half)) == 15


def test_an_item_whose_code_was_not_accepted():
    bench = Bench()
    open_shift(bench.drive)
    before = bench.drive.last_document
    bench.marking.begin(SHORT, 1)
    assert bench.refused(lambda: bench.sell(SHORT)) == UNCHECKED
    bench.marking.decide(accept=True)
    assert bench.refused(lambda: bench.sell(SHORT + b"x")) == UNCHECKED
    assert (bench.drive.last_document, bench.marking.unsent) == (before, 0)
    bench.sell(SHORT)
    assert bench.marking.unsent == 1


def test_a_cancelled_document_forgets_the_codes():
    bench = Bench()
    open_shift(bench.drive)
    bench.accept(SHORT)
    bench.drive.begin(DocumentCode.RECEIPT)
    bench.drive.cancel()
    assert bench.refused(lambda: bench.sell(SHORT)) == UNCHECKED


def test_128_codes_and_long_ones_take_more_than_one_notification():
    bench = Bench()
    open_shift(bench.drive)
    codes = [GENUINE.replace(b"AAAAA\x1d", b"%05d\x1d" % number) for number in range(128)]
    for code in codes:
        bench.accept(code)
    assert bench.refused(lambda: bench.marking.begin(SHORT, 1)) == FULL
    assert bench.marking.begin(codes[0], 1).local == 1  # one of the table may be checked again
    bench.marking.decide(accept=True)
    bench.sell(*codes, name="Сапоги зимние мужские натуральная кожа, размер 43")
    kept = bench.marking.all_notifications()
    assert len(kept) > 1
    assert all(len(each.tlv) <= 32_768 for each in kept)
    found = [find(each.value, 2000) for one in kept for each in decode(one.tlv[4:]) if each.tag == 2007]  # type: ignore[arg-type]
    assert [each.value.encode() for each in found if each and isinstance(each.value, str)] == codes
    bench.deliver()
    assert bench.marking.unsent == 0


def test_reports_count_what_waits_and_what_went_wrong():
    bench = Bench()
    open_shift(bench.drive)
    bench.oism.book.sold(KI.decode())
    bench.accept(SHORT)
    bench.sell(SHORT)
    bench.drive.commit(DocumentCode.STATE_REPORT, [])
    report = bench.last_document()
    assert value(report, 2104) == 1
    assert not [each for each in validate(DocumentCode.STATE_REPORT, FfdVersion.V1_2, report) if "2104" in each.pointer]
    close_shift(bench.drive)
    closed = bench.last_document()
    assert (value(closed, 2104), value(closed, 2112), value(closed, 2113)) == (1, 6, None)
    bench.deliver()
    open_shift(bench.drive)
    close_shift(bench.drive)
    closed = bench.last_document()
    assert [value(closed, tag) for tag in (2104, 2112, 2113)] == [None, None, None]


def test_a_host_cannot_write_the_drives_marking_figures():
    bench = Bench()
    open_shift(bench.drive)
    assert bench.refused(lambda: bench.drive.commit(DocumentCode.SHIFT_CLOSE, [CASHIER, Element(2104, 5)])) == BAD


def test_a_full_area_and_an_old_notification_block_codes():
    bench = Bench()
    open_shift(bench.drive)
    bench.marking.places = 2
    for serial in ("A", "B"):
        assert bench.marking.fill == (0 if serial == "A" else 50)
        bench.accept(gs1(serial))
        bench.sell(gs1(serial))
    assert bench.marking.fill == 100
    assert bench.refused(lambda: bench.marking.begin(SHORT, 1)) == BLOCKED
    bench.marking.places = PLACES
    bench.clock.advance(days=30, minutes=1)
    assert bench.refused(lambda: bench.marking.begin(SHORT, 1)) == BLOCKED
    bench.deliver()
    assert bench.accept(SHORT) == 15


class PowerCut(Exception):
    """The lights went out."""


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_power_cut_keeps_receipt_and_notification_together(phase: str):
    bench = Bench()
    open_shift(bench.drive)
    bench.accept(SHORT)

    def cut(at: str) -> None:
        if at == phase:
            raise PowerCut

    bench.drive.on_commit = cut
    with pytest.raises(PowerCut):
        bench.sell(SHORT)
    again = Bench(bench.storage)
    made = again.drive.last_document == 3
    assert made is (phase == "after")
    assert again.marking.unsent == (1 if made else 0)
    assert again.marking.table == ()
    if made:
        assert value(again.last_notification(), 2040) == 3
    else:
        assert again.refused(lambda: again.sell(SHORT)) == UNCHECKED


@pytest.mark.parametrize("steps", range(4))
def test_a_power_cut_anywhere_in_a_check_forgets_it(steps: int):
    bench = Bench()
    open_shift(bench.drive)
    if steps > 0:
        bench.marking.begin(SHORT, 1)
    if steps > 1:
        message = bench.marking.request()
    if steps > 2:
        bench.marking.take(bench.exchange(message))
    again = Bench(bench.storage)
    assert (again.marking.pending, again.marking.table) == (None, ())
    assert again.accept(SHORT) == 15
    again.sell(SHORT)


def test_a_commit_that_is_undone_leaves_the_codes_accepted():
    bench = Bench()
    open_shift(bench.drive)
    bench.accept(SHORT)

    def undone() -> None:
        with bench.storage.transaction():
            bench.sell(SHORT)
            raise PowerCut

    with pytest.raises(PowerCut):
        undone()
    assert (bench.marking.unsent, len(bench.marking.table)) == (0, 1)
    bench.sell(SHORT)
    assert bench.marking.unsent == 1


@pytest.mark.parametrize(
    ("numerator", "denominator", "more"),
    [(2, 2, {}), (0, 2, {}), (1, 2, {2108: 11}), (1, 2, {1023: Decimal("0.5")})],
)
def test_what_is_no_part_of_a_piece(numerator: int, denominator: int, more: dict[int, Any]):
    bench = Bench()
    open_shift(bench.drive)
    bench.accept(SHORT, 2)
    part = (Element(1293, numerator), Element(1294, denominator))
    assert bench.refused(lambda: bench.sell(SHORT, tags={1291: part, **more})) == BAD


def test_2106_is_always_a_row_of_the_table():
    """marking.md 3.3: 0 1 3 5 7 15, and 16 17 19 of an autonomous register."""
    answers = [None, messages.CodeAnswer(number=1, at=datetime(2026, 3, 2), outcome=1)]
    answers += [messages.CodeAnswer(number=1, at=datetime(2026, 3, 2), result=bits, status=1) for bits in (5, 7, 15)]
    for code, local in ((SHORT, 0), (SPOILT, 1), (GENUINE, 3)):
        found = checked(code, 1)
        assert found.local == local
        assert {replace(found, answer=each).flags for each in answers} <= {0, 1, 3, 5, 7, 15}
        assert checked(code, 1, offline=True).flags == 16 + local
    # what the drive itself found spoilt is bad whatever the server says
    assert replace(checked(SPOILT, 1), answer=answers[-1]).flags == 5


@pytest.mark.parametrize("tag", [1163, 2102, 2106])
@pytest.mark.parametrize("kind", [31, 33])
def test_goods_with_a_code_have_it_and_its_results(kind: int, tag: int):
    bench = Bench()
    open_shift(bench.drive)
    item, *rest = receipt(kind=kind)
    assert isinstance(item.value, tuple)
    less = Element(1059, tuple(each for each in item.value if each.tag != tag))
    assert bench.refused(lambda: bench.drive.commit(DocumentCode.RECEIPT, [less, *rest])) == 0x3C
    bench.drive.commit(DocumentCode.RECEIPT, [item, *rest])


@pytest.mark.parametrize("kind", [30, 32])
def test_goods_without_a_code_have_none(kind: int):
    bench = Bench()
    open_shift(bench.drive)
    item, *rest = receipt(kind=kind)
    assert isinstance(item.value, tuple)
    more = Element(1059, (*item.value, CODE_TAGS[0]))
    assert bench.refused(lambda: bench.drive.commit(DocumentCode.RECEIPT, [more, *rest])) == BAD
    bench.drive.commit(DocumentCode.RECEIPT, [item, *rest])
