"""The worked examples of the rules' reference (E1 to E12, §6), computed by hand there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from order_play import Play, line, lines_of, rub, service, told

from gateway.orders.order import Goods
from gateway.orders.words import DocumentKind, Means, OrderState, Rejected
from protocols.ffd.enums import PaymentObject

BOOTS, FEE = line("Ботинки", "2350.00", "2"), service("Доставка", "300.00")


def said(documents: object) -> list[str]:
    assert isinstance(documents, list)
    return [told(document) for document in documents]


def test_e1_exact_prepayment() -> None:
    order = Play(BOOTS, FEE)
    assert order.invoice("5000") == []
    (paid,) = order.pay(sbp="5000")
    assert told(paid) == "prepayment 5000.00: electronic 5000.00"
    assert lines_of(paid) == [
        "Ботинки 2 x 2350.00 = 4700.00 vat122 full_prepayment",
        "Доставка 1 x 300.00 = 300.00 vat122 full_prepayment",
    ]
    (closing,) = order.deliver()
    assert told(closing) == "closing 5000.00: prepaid 5000.00"
    assert lines_of(closing) == [
        "Ботинки 2 x 2350.00 = 4700.00 vat22 full_payment",
        "Доставка 1 x 300.00 = 300.00 vat22 full_payment",
    ]
    assert order.order.state is OrderState.SETTLED
    assert order.order.ledger.held == 0


def test_e2_edited_up() -> None:
    order = Play(BOOTS, FEE)
    order.invoice("5000")
    order.pay(sbp="5000")
    order.edit(BOOTS, FEE, line("Крем", "1200.00"))
    order.invoice("1200")
    (paid,) = order.pay(card="1200")
    assert told(paid) == "advance 1200.00: electronic 1200.00"
    assert lines_of(paid) == ["Аванс 1 x 1200.00 = 1200.00 vat122 advance"]
    assert said(order.deliver()) == ["closing 6200.00: prepaid 6200.00"]


@pytest.mark.parametrize(
    ("mirror", "expected"),
    [
        ("mirror", "refund_prepayment 700.00: electronic 700.00"),
        ("as_advance", "refund_advance 700.00: electronic 700.00"),
    ],
)
def test_e3_edited_down(mirror: str, expected: str) -> None:
    socks = line("Носки", "700.00")
    order = Play(line("Ботинки", "2000.00", "2"), socks, FEE, refund_mirror=mirror)
    order.pay(sbp="5000")
    order.edit(line("Ботинки", "2000.00", "2"), FEE)
    assert said(order.refund("700")) == [expected]
    assert said(order.deliver()) == ["closing 4300.00: prepaid 4300.00"]


@pytest.mark.parametrize("overpaid", ["refund", "keep"])
def test_e4_overpaid(overpaid: str) -> None:
    order = Play(line("Ботинки", "3200.00"), overpaid=overpaid)
    order.pay(card="1000")
    order.pay(card="2500")
    if overpaid == "refund":
        assert said(order.deliver()) == [
            "refund_advance 300.00: electronic 300.00",
            "closing 3200.00: prepaid 3200.00",
        ]
    else:
        assert said(order.deliver()) == ["closing 3200.00: prepaid 3200.00"]
        assert order.order.ledger.held == rub("300")
        assert said(order.refund("300")) == ["refund_advance 300.00: electronic 300.00"]
    assert order.order.ledger.held == 0


@pytest.mark.parametrize(
    ("courier", "expected"),
    [
        (
            "two_receipts",
            ["advance 1200.00: cash 500.00, electronic 700.00", "closing 2200.00: prepaid 2200.00"],
        ),
        ("single", ["closing 2200.00: cash 500.00, electronic 700.00, prepaid 1000.00"]),
    ],
)
def test_e5_several_forms(courier: str, expected: list[str]) -> None:
    order = Play(line("Ботинки", "2200.00"), courier=courier)
    order.pay(card="1000")
    assert said(order.deliver(cash="500", card="700")) == expected


def test_e6_at_the_counter() -> None:
    order = Play(line("Ботинки", "1200.00"))
    assert said(order.deliver(cash="300", card="400", sbp="500")) == ["full 1200.00: cash 300.00, electronic 900.00"]


def test_e7_partial_delivery() -> None:
    order = Play(line("Шкаф", "4200.00"), line("Стул", "2000.00"))
    order.pay(card="6200")
    assert said(order.deliver(Goods("Шкаф"))) == ["closing 4200.00: prepaid 4200.00"]
    assert order.order.state is OrderState.PART_SETTLED
    assert order.order.ledger.held == rub("2000")
    (back,) = order.refund("2000")
    assert told(back) == "refund_prepayment 2000.00: electronic 2000.00"
    assert lines_of(back) == ["Стул 1 x 2000.00 = 2000.00 vat122 full_prepayment"]


def test_e7_delivered_whole() -> None:
    order = Play(line("Шкаф", "4000.00"), line("Стул", "2000.00"), service("Доставка", "200.00"))
    order.pay(card="6200")
    first, second = order.deliver(Goods("Шкаф")) + order.deliver()
    assert (told(first), told(second)) == ("closing 4200.00: prepaid 4200.00", "closing 2000.00: prepaid 2000.00")
    assert [item.name for item in first.items] == ["Шкаф", "Доставка"]


def test_e8_partial_delivery_with_too_little_money() -> None:
    order = Play(line("Шкаф", "4200.00"), line("Стул", "2000.00"))
    order.invoice("5000")
    order.pay(card="5000")
    assert said(order.deliver(Goods("Шкаф"))) == ["closing 4200.00: prepaid 4200.00"]
    assert said(order.deliver(cash="1200")) == ["advance 1200.00: cash 1200.00", "closing 2000.00: prepaid 2000.00"]
    assert order.order.state is OrderState.SETTLED


CODES = tuple(f"010460043993125621JgXJ5.{letter}\x1d8005112000\x1d93Abcd" for letter in "ABC")


def test_e9_return_after_closing() -> None:
    order = Play(line("Ботинки", "1999.00", "3", marked=True))
    order.pay(card="5997")
    (closing,) = order.deliver(Goods("Ботинки", codes=CODES))
    assert [(item.code, item.sum) for item in closing.items] == [(code, rub("1999")) for code in CODES]
    assert all(item.object is PaymentObject.COMMODITY_WITH_MARKING for item in closing.items)
    (back,) = order.back(Goods("Ботинки", Decimal(1), codes=(CODES[1],)))
    assert told(back) == "refund_goods 1999.00: electronic 1999.00"
    assert [item.code for item in back.items] == [CODES[1]]
    with pytest.raises(Rejected, match="return_wrong"):
        order.back(Goods("Ботинки", Decimal(1), codes=(CODES[1],)))


@pytest.mark.parametrize(
    ("receipts", "expected"),
    [
        ("per_document", ["refund_advance 700.00: electronic 700.00", "refund_advance 500.00: electronic 500.00"]),
        ("one", ["refund_advance 1200.00: electronic 1200.00"]),
    ],
)
def test_e10_cancellation(receipts: str, expected: list[str]) -> None:
    order = Play(line("Ботинки", "4990.00"), refund_receipts=receipts)
    order.pay(card="500")
    order.pay(card="700")
    assert said(order.cancel()) == expected
    assert order.order.state is OrderState.CANCELLED


def test_e11_digital() -> None:
    order = Play(line("Лицензия", "990.00", digital=True, object=PaymentObject.SERVICE), digital="by_product_type")
    (paid,) = order.pay(sbp="990")
    assert told(paid) == "full 990.00: electronic 990.00"
    assert order.order.settled
    assert said(order.back()) == ["refund_goods 990.00: electronic 990.00"]
    assert order.order.state is OrderState.RETURNED


def test_e12_partial_refund_of_the_bank() -> None:
    order = Play(BOOTS, FEE)
    order.pay(sbp="5000")
    order.edit(BOOTS, FEE, line("Крем", "1200.00"))
    order.pay(card="1200")
    assert said(order.refund("300")) == ["refund_advance 300.00: electronic 300.00"]
    assert (order.order.ledger.held, order.order.open_cost) == (rub("5900"), rub("6200"))
    with pytest.raises(Rejected, match="delivery_unpaid"):
        order.deliver()


def test_a_discount_is_spread_by_largest_remainder() -> None:
    order = Play(line("А", "333.33", "3"), line("Б", "150.50"), service("Доставка", "300.00"), discount="100")
    assert [one.cost for one in order.order.lines] == [91307, 13742, 30000]
    (paid,) = order.deliver(cash="1350.49")
    assert lines_of(paid) == [
        "А 1 x 304.35 = 304.35 vat22 full_payment",
        "А 2 x 304.36 = 608.72 vat22 full_payment",
        "Б 1 x 137.42 = 137.42 vat22 full_payment",
        "Доставка 1 x 300.00 = 300.00 vat22 full_payment",
    ]


def test_a_discount_and_a_line_of_one_kopeck() -> None:
    order = Play(line("А", "99.99", "3"), line("Б", "0.01"), line("В", "50.00"), discount="35")
    assert [one.cost for one in order.order.lines] == [26997, 1, 4500]
    (paid,) = order.deliver(cash="314.98")
    assert lines_of(paid)[0] == "А 3 x 89.99 = 269.97 vat22 full_payment"
    assert paid.kind is DocumentKind.FULL


def test_forms_of_a_refund_are_those_of_the_payment() -> None:
    order = Play(line("Ботинки", "2200.00"))
    order.pay(cash="500", card="700")
    with pytest.raises(Rejected, match="form_not_paid"):
        order.refund("600", Means.CASH)
    assert said(order.refund("500", Means.CASH)) == ["refund_advance 500.00: cash 500.00"]
