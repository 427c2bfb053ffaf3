"""The checks of a register's answers against each other, one wrong value at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.conformance import (
    CLOCK,
    Times,
    Verdict,
    check_alike,
    check_answers,
    check_bookmark,
    check_counters,
    check_document,
    check_drive,
    check_identity,
    check_ofd,
    check_order,
    check_state,
)
from devices.links.trace import Direction
from devices.registers.base import (
    ArchivedDocument,
    Bookmark,
    DriveState,
    Fiscal,
    Identity,
    OfdState,
    Paper,
    RegisterState,
    Shift,
)
from devices.registers.timing import Timeouts
from protocols.ffd.enums import DocumentCode, FfdVersion, Taxation, Vat
from protocols.ffd.tlv import Element, encode

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FN = "9999078900001234"
WHO = Identity(
    family="shtrih",
    model="ШТРИХ-М-01Ф",
    serial="1",
    firmware="C.1",
    fn=FN,
    registration_number="0000000001020304 ",
    inn="7707083893",
    ffd=FfdVersion.V1_2,
    taxations=frozenset({Taxation.OSN}),
    vat_rates=frozenset({Vat.VAT22}),
)
STATE = RegisterState(
    mode="2",
    shift=Shift.OPEN,
    shift_number=1,
    receipt_number=3,
    document_open=False,
    paper=Paper.PRESENT,
    cover_open=False,
    drawer_open=False,
    printing=False,
    clock=NOW,
)
DRIVE = DriveState(
    number=FN,
    phase="fiscal",
    last_document=5,
    last_document_at=NOW,
    current_document=0,
    valid_until=None,
    days_left=None,
    documents_left=None,
    warnings=(),
)
OFD = OfdState(unsent=2, first_unsent=4, first_unsent_at=NOW, connected=True)
MARK = Bookmark(fn=FN, document=5, shift=1, shift_open=True)
TAGS = (Element(1040, 5), Element(1041, FN))
DOCUMENT = ArchivedDocument(
    code=DocumentCode.RECEIPT,
    fiscal=Fiscal(fn=FN, document=5, sign=1, datetime=NOW, registration_number="1"),
    acknowledged=False,
    elements=TAGS,
    raw=encode(TAGS),
)
FINE: dict[str, Any] = {
    "identity": (check_identity, WHO),
    "state": (check_state, STATE, NOW),
    "drive": (check_drive, DRIVE, WHO),
    "ofd": (check_ofd, OFD, DRIVE),
    "bookmark": (check_bookmark, MARK, STATE, DRIVE),
    "counters": (check_counters, {"sell_cash": 0}),
    "alike": (check_alike, WHO, WHO),
    "order": (check_order, [DOCUMENT, DOCUMENT]),
    "answers": (check_answers, [0.01, 0.99], Timeouts()),
    "no answers": (check_answers, [], Timeouts()),
}
EARLIER = replace(DOCUMENT, fiscal=replace(DOCUMENT.fiscal, document=6, datetime=NOW - timedelta(minutes=1)))
WRONG, ODD = Verdict.WRONG, Verdict.ODD


@pytest.mark.parametrize("name", FINE)
def test_what_is_as_it_should_be(name: str) -> None:
    check, *values = FINE[name]
    assert list(check(*values)) == []


@pytest.mark.parametrize(
    ("said", "verdict", "word"),
    [
        (check_identity(replace(WHO, fn="999")), WRONG, "999"),
        (check_identity(replace(WHO, fn="9" * 15 + "x")), WRONG, "16 цифр"),
        (check_identity(replace(WHO, registration_number="12")), ODD, "регистрационный"),
        (check_identity(replace(WHO, inn="77070838931")), ODD, "ИНН"),
        (check_identity(replace(WHO, taxations=frozenset())), WRONG, "систем"),
        (check_identity(replace(WHO, vat_rates=frozenset())), WRONG, "ставок"),
        (check_identity(replace(WHO, model=" ")), ODD, "модель"),
        (check_state(STATE, NOW + timedelta(seconds=CLOCK + 1)), ODD, "отстают на 61 с"),
        (check_state(STATE, NOW - timedelta(seconds=CLOCK + 1)), ODD, "спешат на 61 с"),
        (check_state(replace(STATE, document_open=True), NOW), ODD, "документ"),
        (check_state(replace(STATE, cover_open=True), NOW), ODD, "крышка"),
        (check_drive(replace(DRIVE, number="1"), WHO), WRONG, FN),
        (check_drive(replace(DRIVE, phase="closed"), WHO), ODD, "closed"),
        (check_drive(replace(DRIVE, current_document=1), WHO), ODD, "не закончен"),
        (check_drive(replace(DRIVE, last_document=0), WHO), WRONG, "без единого"),
        (check_drive(replace(DRIVE, warnings=("memory_90",)), WHO), ODD, "memory_90"),
        (check_ofd(replace(OFD, unsent=6), DRIVE), WRONG, "6 документов из 5"),
        (check_ofd(replace(OFD, first_unsent=6), DRIVE), WRONG, "ФД 6"),
        (check_bookmark(replace(MARK, fn="1"), STATE, DRIVE), WRONG, "номер ФН"),
        (check_bookmark(replace(MARK, document=4), STATE, DRIVE), WRONG, "4 и 5"),
        (check_bookmark(MARK, replace(STATE, shift=Shift.CLOSED), DRIVE), WRONG, "смена открыта"),
        (check_counters({"b": -1, "a": -2, "c": 0}), WRONG, "a, b"),
        (check_alike(WHO, replace(WHO, inn="1")), WRONG, "второй ответ"),
        (check_document(None, 5, WHO, read_back=True), WRONG, "не найден"),
        (check_document(replace(DOCUMENT, elements=()), 6, WHO, read_back=False), WRONG, "ФД 5"),
        (check_document(replace(DOCUMENT, elements=()), 5, replace(WHO, fn="1"), read_back=False), WRONG, FN),
        (check_document(replace(DOCUMENT, elements=()), 5, WHO, read_back=True), ODD, "не читаются"),
        (check_document(replace(DOCUMENT, raw=b"12"), 5, WHO, read_back=True), ODD, "не так"),
        (check_document(replace(DOCUMENT, elements=(Element(1040, 7),), raw=b""), 5, WHO, read_back=True), WRONG, "7"),
        (check_order([DOCUMENT, EARLIER]), ODD, "ФД 6"),
        (check_answers([0.1, 1.01], Timeouts()), ODD, "1.01"),
    ],
)
def test_each_thing_that_is_not(said: Any, verdict: Verdict, word: str) -> None:
    ((found, text),) = said
    assert found is verdict
    assert word in text


def test_a_register_without_reading_back_owes_no_tags() -> None:
    assert list(check_document(replace(DOCUMENT, elements=()), 5, WHO, read_back=False)) == []
    assert list(check_document(DOCUMENT, 5, WHO, read_back=True)) == []


def test_an_answer_is_timed_from_the_last_byte_of_its_question() -> None:
    times = Times()
    for direction, at in ((">", 1.0), (">", 1.5), ("<", 1.75), ("<", 9.0), (">", 10.0), ("<", 10.5)):
        times.heard(Direction(direction), b"x", at)
    assert times.seconds == [0.25, 0.5]
