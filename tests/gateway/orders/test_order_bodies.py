"""What a receipt says of itself, told of the order that it belongs to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from order_play import line, service

from gateway.orders.bodies import told
from gateway.orders.goods import Part, handed_over
from gateway.orders.ledger import Document
from gateway.orders.words import DocumentKind
from protocols.ffd.enums import PaymentMethod

PARTS = [Part(line("Ботинки", "10.00", "3", marked=True), Decimal(3), 3000), Part(service("fee", "5"), Decimal(1), 500)]
#: Three units of one line, then another line.
CLOSING = Document(kind=DocumentKind.CLOSING, items=handed_over(PARTS, PaymentMethod.FULL_PAYMENT))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/items/2/marking: sold; /items/3: x",
            "line Ботинки (Ботинки), /items/2/marking of the receipt: sold; line fee (fee), /items/3 of the receipt: x",
        ),
        ("/items/9/marking: no such line; /payments/0", "/items/9/marking: no such line; /payments/0"),
        ("Позиция 2: Отсканируйте другой.", "«Ботинки» (в чеке позиция 2): Отсканируйте другой."),
        ("Позиции 1–2, 4: Нет. Оплата 1: Нет.", "«Ботинки», «fee» (в чеке позиции 1–2, 4): Нет. Оплата 1: Нет."),
        ("Позиция 7: Нет.", "Позиция 7: Нет."),
        ("Нет бумаги.", "Нет бумаги."),
    ],
)  # fmt: skip
def test_places_of_a_receipt_are_lines_of_its_order(text: str, expected: str) -> None:
    assert told(CLOSING, text) == expected


def test_an_advance_has_no_lines_of_the_order() -> None:
    advance = Document(kind=DocumentKind.ADVANCE, items=(replace(CLOSING.items[0], line=None),))
    assert told(advance, "/items/0/price: too big") == "/items/0/price: too big"
