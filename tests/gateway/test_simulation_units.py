"""What the simulation's judge takes for a unit that left twice, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from simulation.marks import left_again

from emulator.fiscal_drive.documents import StoredDocument
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, encode

CIS = "010460043993125621000001"
AT = datetime(2026, 3, 2, 10, 0)
SELL, SELL_REFUND = 1, 2
FIRST, SECOND = ("1", 1), ("1", 2)


def document(
    number: int,
    operation: int = SELL,
    *,
    hours: float = 0,
    code: DocumentCode = DocumentCode.RECEIPT,
    flags: int = 15,
) -> StoredDocument:
    line = Element(1059, (Element(1163, (Element(1305, CIS),)), Element(2106, flags)))
    at = AT + timedelta(hours=hours)
    return StoredDocument("1", number, code, at, 1, 1, number, operation, 100, encode([Element(int(code), (line,))]))


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (lambda: document(2), 1),
        (lambda: document(2, hours=30), 1),  # however late
        (lambda: document(2, flags=3), 0),  # [M]: the marking system was not asked
        (lambda: document(2, SELL_REFUND), 0),
        (lambda: document(2, code=DocumentCode.CORRECTION), 0),  # seed 602632: tells of what has moved already
    ],
)
def test_a_unit_that_leaves_again(second: Callable[[], StoredDocument], found: int) -> None:
    both = [document(1), second()]
    assert len([*left_again(both, asked=(), thrown_away=())]) == found
    assert [*left_again(both, asked={SECOND}, thrown_away=())] == []


def test_a_return_and_a_correction_move_it_all_the_same() -> None:
    back = [document(1), document(2, SELL_REFUND), document(3)]
    assert [*left_again(back, (), ())] == []
    assert len([*left_again([document(1, code=DocumentCode.CORRECTION), document(2)], (), ())]) == 1


@pytest.mark.parametrize(("hours", "found"), [(25, 0), (12, 1)])
def test_a_day_later_a_marking_system_that_threw_the_sale_away_is_believed(hours: int, found: int) -> None:
    both = [document(1), document(2, hours=hours)]
    assert len([*left_again(both, (), {FIRST})]) == found
    assert len([*left_again(both, (), {SECOND})]) == 1
