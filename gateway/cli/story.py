"""The story `demo` plays: what happens to the orders of a shop, as its program says it; receipts follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.orders.words import DocumentKind

BACKPACK = {"id": "backpack", "name": "Рюкзак городской, 20 л", "price": "4990.00", "quantity": 1, "vat": "vat22"}
BOTTLE = {"id": "bottle", "name": "Бутылка для воды, 0,5 л", "price": "450.00", "quantity": 2, "vat": "vat22"}
FEE = {
    "id": "delivery",
    "name": "Доставка курьером",
    "price": "300.00",
    "quantity": 1,
    "vat": "vat22",
    "payment_object": "service",
}
LICENCE = {
    "id": "licence",
    "name": "Карта маршрутов, электронная",
    "price": "990.00",
    "quantity": 1,
    "vat": "vat22",
    "payment_object": "intellectual_activity",
}

#: A shoe factory's GTIN; its serial numbers have thirteen characters.
SHOES_GTIN = "04600439931256"
SERIAL = 13
SHOES = {
    "id": "shoes",
    "name": "Ботинки зимние, кожа, размер 42",
    "price": "4990.00",
    "quantity": 1,
    "vat": "vat22",
    "payment_object": "commodity",
    "marked": True,
    "gtin": SHOES_GTIN,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to an order: `call` is "" for what it consists of, else events (without their ids) or scans.

    `makes`: the documents that must follow. `refused`: the code that the last of them fails with instead.
    """

    order: str
    title: str
    call: str
    body: Mapping[str, Any]
    makes: tuple[DocumentKind, ...] = ()
    refused: str | None = None


def shoes(run: str) -> bytes:
    """What identifies the pair that `run` sells (КИ)."""
    return f"01{SHOES_GTIN}21{run.replace('-', '').rjust(SERIAL, '0')[-SERIAL:]}".encode("ascii")


def _put(order: str, *items: Mapping[str, Any], title: str = "заказ оформлен", kind: str = "goods") -> Step:
    return Step(order, title, "", {"type": kind, "taxation": "osn", "items": items})


def _event(order: str, title: str, kind: str, *makes: DocumentKind, refused: str | None = None, **more: Any) -> Step:
    return Step(order, title, "events", {"type": kind, **more}, makes, refused)


def story() -> Sequence[Step]:
    """Four orders: paid in parts and changed, paid at once and partly returned, digital, cancelled."""
    kind = DocumentKind
    return (
        _put("1001", BACKPACK, BOTTLE, FEE),
        _event("1001", "счёт на часть суммы", "invoice", sum="1000.00"),
        _event("1001", "он оплачен — чек аванса", "payment", kind.ADVANCE, sum="1000.00", method="sbp"),
        _put("1001", BACKPACK, {**BOTTLE, "quantity": 3}, FEE, title="покупатель добавил бутылку"),
        _event("1001", "счёт на 2000 ₽", "invoice", sum="2000.00"),
        _event("1001", "он оплачен — снова аванс", "payment", kind.ADVANCE, sum="2000.00", method="card"),
        _event(
            "1001",
            "курьер вручил заказ и взял остаток: аванс на разницу и закрывающий чек с окончательным составом",
            "delivery",
            kind.ADVANCE,
            kind.CLOSING,
            payments=[{"method": "cash", "sum": "1640.00"}, {"method": "card", "sum": "2000.00"}],
        ),
        _put("1002", BACKPACK, BOTTLE, FEE),
        _event("1002", "счёт на всю сумму", "invoice", sum="6190.00"),
        _event("1002", "он оплачен — предоплата с товарами", "payment", kind.PREPAYMENT, sum="6190.00", method="sbp"),
        _event("1002", "заказ вручён — закрывающий чек с зачётом предоплаты", "delivery", kind.CLOSING),
        _event(
            "1002",
            "одна бутылка вернулась — чек возврата прихода",
            "return",
            kind.REFUND_GOODS,
            items=[{"id": "bottle", "quantity": 1}],
        ),
        _put("1003", LICENCE, kind="digital"),
        _event("1003", "цифровой товар — сразу полный расчёт", "payment", kind.FULL, sum="990.00", method="card"),
        _put("1004", BACKPACK),
        _event("1004", "предоплата", "payment", kind.PREPAYMENT, sum="4990.00", method="card"),
        _event("1004", "заказ отменён — деньги возвращены", "cancel", kind.REFUND_PREPAYMENT),
    )


def marked(code: str) -> Sequence[Step]:
    """The life of the pair whose code a picture showed: sold, brought back, sold again, and not a third time."""
    kind = DocumentKind
    at_once = [{"method": "card", "sum": "4990.00"}]

    def scanned(order: str, title: str = "код со снимка — к позиции заказа") -> Step:
        return Step(order, title, "scans", {"code": code})

    return (
        _put("1005", SHOES, title="маркированная обувь"),
        _event("1005", "предоплата: кода ещё нет", "payment", kind.PREPAYMENT, sum="4990.00", method="sbp"),
        scanned("1005"),
        _event("1005", "пара вручена — закрывающий чек с кодом, [M+]", "delivery", kind.CLOSING),
        _event("1005", "пара не подошла — чек возврата прихода, код снова в обороте", "return", kind.REFUND_GOODS),
        _put("1006", SHOES, title="та же пара, другой покупатель"),
        scanned("1006"),
        _event("1006", "оплачена и выдана в магазине — полный расчёт, [M+]", "delivery", kind.FULL, payments=at_once),
        _put("1007", SHOES, title="её пытаются продать ещё раз"),
        scanned("1007"),
        _event("1007", "чека нет", "delivery", kind.FULL, refused="marking_sold_here", payments=at_once),
    )
