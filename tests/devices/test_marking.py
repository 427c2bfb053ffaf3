"""What a check of a marking code says: letters, reasons, warnings, and the marks of a document."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from till import item, receipt

from devices.registers.base import MarkingVerdict
from devices.registers.marking import (
    MINUS,
    PLAIN,
    PLUS,
    REASONS,
    UNMOVED,
    MarkingRefused,
    differences,
    letter,
    planned_status,
    reason_of,
    verdicts,
    warnings_of,
)
from protocols.ffd.enums import FfdVersion, Operation, PaymentObject
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Marking
from protocols.ffd.tlv import Element

MARKED = item(
    "Сапоги",
    payment_object=PaymentObject.COMMODITY_WITH_MARKING,
    marking=Marking(code=b"0104600000000015215ABcdEFgh1234\x1d93dGVz"),
)
WANTED = receipt(item(), MARKED)
PLANNED = (1, 2, 3, 4, UNMOVED)
#: As long as a stamp of ЕГАИС 2.0 (marking.md 1.3).
EXCISE_STAMP = b"22N" + b"0" * 16 + b"A" * 49


@pytest.mark.parametrize(
    ("flags", "mark"),
    # tag 2106 -> the letter on paper, as ККТ vendors print it
    [(0, "M"), (3, "M"), (16, "M"), (19, "M"), (1, "M-"), (17, "M-"), (5, "M-"), (7, "M-"), (15, "M+"), (31, "M+")],
)
def test_the_letter_of_a_marked_item(flags: int, mark: str) -> None:
    assert letter(flags) == mark


@pytest.mark.parametrize(
    ("operation", "whole", "measured"),
    # tag 2003: 1 / 2 the goods leave, 3 / 4 they come back
    [
        (Operation.SELL, 1, 2),
        (Operation.SELL_REFUND, 3, 4),
        (Operation.BUY, 3, 4),
        (Operation.BUY_REFUND, 1, 2),
    ],
)
def test_what_becomes_of_marked_goods(operation: Operation, whole: int, measured: int) -> None:
    assert planned_status(operation, measured=False) == whole
    assert planned_status(operation, measured=True) == measured


@pytest.mark.parametrize(
    ("flags", "said", "reason"),
    [
        (15, {"online": 0, "processed": 0, "status": 1}, ""),
        (31, {}, ""),
        (5, {"online": 0, "status": 2}, "marking_not_genuine"),
        (1, {"online": 0xFF}, "marking_not_genuine"),
        (17, {}, "marking_not_genuine"),
        (7, {"online": 0, "processed": 0, "status": 2}, "marking_status_wrong"),
        (7, {"online": 0, "processed": 0, "status": 3}, "marking_turnover_suspended"),
        (7, {}, "marking_status_wrong"),
        (7, {"online": 0, "status": 2, "planned": 2}, "marking_part_status_wrong"),
        (7, {"online": 0, "status": 2, "planned": 3}, "marking_return_status_wrong"),
        (7, {"online": 0, "status": 2, "planned": 4}, "marking_return_status_wrong"),
        (7, {"online": 0, "status": 3, "planned": 3}, "marking_turnover_suspended"),
        (5, {"online": 0, "status": 2, "planned": 3}, "marking_not_genuine"),
        (4, {"online": 0, "status": 2}, "marking_status_wrong"),
        (0, {"online": 0, "processed": 2}, "marking_code_unrecognised"),
        (1, {"online": 0, "processed": 2}, "marking_code_unrecognised"),
        (0, {"online": 0, "processed": 2, "local_reason": 1}, "marking_code_unrecognised"),
        (0, {"online": 0, "processed": 2, "local_reason": 3}, "marking_tail_missing"),
        (0, {"online": 0xFF, "local_reason": 3}, "marking_server_silent"),
        (3, {"online": 0, "processed": 1}, "marking_request_refused"),
        (3, {"online": 0xFF}, "marking_server_silent"),
        (0, {"online": 0x20}, "marking_answer_rejected"),
        (0, {"online": 0x11}, "marking_exchange_failed"),
        (0, {}, "marking_not_checked"),
        (16, {}, "marking_autonomous"),
        (19, {}, "marking_autonomous"),
        (12, {"online": 0, "status": 1}, "marking_signature_unchecked"),
        (7, {"online": 0, "status": 2, "planned": 255}, "marking_correction_status_wrong"),
        (0, {"online": 0, "processed": 2, "local_reason": 3, "code": EXCISE_STAMP}, "marking_not_in_system"),
        (0, {"online": 0xFF, "code": EXCISE_STAMP}, "marking_not_in_system"),
        (0, {"code": b"0" * 9 + b"A" * 141}, "marking_not_in_system"),
        (7, {"online": 0, "status": 2, "code": EXCISE_STAMP}, "marking_status_wrong"),
    ],
)
def test_why_a_code_is_not_checked_and_good(flags: int, said: dict[str, Any], reason: str) -> None:
    assert reason_of(flags, **said) == reason
    assert (reason == "") is (letter(flags) == PLUS)


def test_every_reason_can_be_given_and_tells_the_cashier_what_to_do() -> None:
    given = set()
    answers = product(range(32), PLANNED, (0, 3), (None, 0, 0x11, 0x20, 0xFF), (None, 0, 1, 2), (None, 1, 2, 3))
    for flags, planned, local_reason, online, processed, status in answers:
        found = reason_of(
            flags, planned=planned, local_reason=local_reason, online=online, processed=processed, status=status
        )
        assert (found == "") is (letter(flags) == PLUS)
        if found:
            assert REASONS[found].result in {letter(flags), PLAIN}
            given.add(found)
    assert given == set(REASONS) - {"marking_not_in_ffd", "marking_not_in_system"}
    assert all(row.detail and any("а" <= sign <= "я" for sign in row.hint) for row in REASONS.values())


def test_a_refusal_names_every_bad_line() -> None:
    refused = MarkingRefused(
        [
            MarkingVerdict(item=0, result=PLUS, flags=15),
            MarkingVerdict(item=2, result=MINUS, flags=7, reason="marking_turnover_suspended"),
            MarkingVerdict(item=4, result=MINUS, flags=5, reason="marking_not_genuine"),
        ]
    )
    assert refused.code == "marking_turnover_suspended"
    assert "/items/2/marking" in refused.detail
    assert "/items/4/marking" in refused.detail
    assert "Позиция 3: Оборот" in refused.hint
    assert "Позиция 5: Код не прошёл" in refused.hint
    assert len(refused.marking) == 3


def test_lines_sold_unchecked_are_told_once_a_reason() -> None:
    silent = [MarkingVerdict(item=number, result=PLAIN, flags=3, reason="marking_server_silent") for number in (0, 3)]
    fine = MarkingVerdict(item=1, result=PLUS, flags=15)
    old = MarkingVerdict(item=2, result=PLAIN, flags=0, reason="marking_not_in_ffd")
    (warning,) = warnings_of([*silent, fine, old])
    assert warning.code == "marking_server_silent"
    assert warning.detail.startswith("/items/0, /items/3: [M] ")
    assert "интернет" in warning.hint


def line(*inside: Element) -> Element:
    return Element(T.ITEM, (Element(T.ITEM_NAME, "x"), *inside))


def checked(flags: int, mode: int = 0) -> Element:
    return line(Element(T.MARKING_PROCESSING_MODE, mode), Element(T.ITEM_CHECK_RESULT, flags))


def test_verdicts_of_a_document() -> None:
    (found,) = verdicts(WANTED, FfdVersion.V1_2, (line(), checked(7)))
    assert found == MarkingVerdict(item=1, result=MINUS, flags=7, reason="marking_status_wrong")
    back = replace(WANTED, operation=Operation.SELL_REFUND)
    assert [one.reason for one in verdicts(back, FfdVersion.V1_2, (line(), checked(7)))] == [
        "marking_return_status_wrong"
    ]
    (old,) = verdicts(WANTED, FfdVersion.V1_05, (line(), line()))
    assert (old.item, old.result, old.flags) == (1, PLAIN, 0)
    assert verdicts(WANTED, FfdVersion.V1_05, ()) == ()  # a correction of ФФД 1.05 has no lines


@pytest.mark.parametrize(
    ("elements", "flags", "path", "asked", "found"),
    [
        ((line(), checked(15)), 7, "1059[1]/2106", "7", "15"),
        ((line(), line()), 15, "1059[1]/2106", "15", ""),
        ((line(), line()), None, "1059[1]/2106", "", ""),
        ((line(), checked(15, mode=1)), 15, "1059[1]/2102", "0", "1"),
        ((line(), checked(7)), 7, "2107", "1", ""),
        ((line(), checked(15), Element(T.MARKED_ITEMS_CHECK_RESULT, 1)), None, "2107", "0", "1"),
    ],
)
def test_marks_that_are_not_those_of_the_check_are_a_difference(
    elements: tuple[Element, ...], flags: int | None, path: str, asked: str, found: str
) -> None:
    marking = None if flags is None else [MarkingVerdict(item=1, result=letter(flags), flags=flags)]
    (one,) = differences(WANTED, FfdVersion.V1_2, elements, marking)
    assert (one.path, one.asked, one.found) == (path, asked, found)


@pytest.mark.parametrize(("flags", "total"), [(15, 0), (3, 0), (7, 1)])
def test_marks_that_are_those_of_the_check_are_none(flags: int, total: int) -> None:
    elements = (line(), checked(flags), Element(T.MARKED_ITEMS_CHECK_RESULT, total))
    marking = [MarkingVerdict(item=1, result=letter(flags), flags=flags)]
    assert list(differences(WANTED, FfdVersion.V1_2, elements, marking)) == []
    assert list(differences(WANTED, FfdVersion.V1_2, elements, None)) == []
    assert list(differences(WANTED, FfdVersion.V1_1, (line(), line()), None)) == []
