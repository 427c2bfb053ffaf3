"""The story `demo` plays: money first, goods later, as RetailCRM shops live it; then a pair of marked shoes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Goods = tuple[str, str, int, str]  # name, price, quantity, payment object

BACKPACK: Goods = ("Рюкзак городской, 20 л", "4990.00", 1, "commodity")
BOTTLES: Goods = ("Бутылка для воды, 0,5 л", "450.00", 2, "commodity")
DELIVERY: Goods = ("Доставка курьером", "300.00", 1, "service")
ORDER = (BACKPACK, BOTTLES, DELIVERY)
ORDER_SUM = "6190.00"


#: A shoe factory's GTIN; its serial numbers have thirteen characters.
SHOES: Goods = ("Ботинки зимние, кожа, размер 42", "4990.00", 1, "commodity_with_marking")
SHOES_GTIN = "04600439931256"
SERIAL = 13


@dataclass(frozen=True, slots=True)
class Step:
    """One receipt of the story: what happened, what the shop's program posts, and the reason of a refusal, if any."""

    title: str
    body: Mapping[str, Any]
    refused: str | None = None


def shoes(run: str) -> bytes:
    """What identifies the pair that `run` sells (КИ)."""
    return f"01{SHOES_GTIN}21{run.replace('-', '').rjust(SERIAL, '0')[-SERIAL:]}".encode("ascii")


def marked(run: str, code: str) -> list[Step]:
    """The life of the pair whose code a picture showed: sold, brought back, sold again, and not a third time."""

    def step(order: str, title: str, name: str, operation: str = "sell", refused: str | None = None) -> Step:
        item = {**_item(SHOES, "full_payment", "vat22"), "marking": {"code": code}}
        payment = {"type": "electronic", "sum": SHOES[1]}
        body = _receipt(f"{run}-{order}-{name}", order, operation=operation, items=[item], payments=[payment])
        return Step(f"Заказ {order}: {title}", body, refused)

    return [
        step("1003", "маркированная обувь, код снят с фотографии этикетки — на чеке [M+]", "shoes"),
        step("1003", "пара не подошла — чек возврата прихода, код снова в обороте", "shoes-back", "sell_refund"),
        step("1004", "та же пара продана другому покупателю", "shoes"),
        step("1005", "её пытаются продать ещё раз — чека нет", "shoes", refused="marking_sold_here"),
    ]


def story(run: str) -> list[Step]:
    """The four receipts of two orders; `run` makes their keys unique within a journal."""
    return [
        Step(
            "Заказ 1001: состав ещё уточняется, покупатель внёс 1000 ₽ — чек аванса",
            _receipt(
                f"{run}-1001-advance",
                "1001",
                items=[_item(("Аванс", "1000.00", 1, "payment"), "advance", "vat122")],
                payments=[{"type": "electronic", "sum": "1000.00"}],
            ),
        ),
        Step(
            "Заказ 1002: счёт равен сумме товаров и оплачен целиком — чек предоплаты с товарами",
            _receipt(
                f"{run}-1002-prepayment",
                "1002",
                items=[_item(goods, "full_prepayment", "vat122") for goods in ORDER],
                payments=[{"type": "electronic", "sum": ORDER_SUM}],
            ),
        ),
        Step(
            "Заказ 1002: вручён покупателю — закрывающий чек с зачётом предоплаты",
            _receipt(
                f"{run}-1002-closing",
                "1002",
                items=[_item(goods, "full_payment", "vat22") for goods in ORDER],
                payments=[{"type": "prepaid", "sum": ORDER_SUM}],
            ),
        ),
        Step(
            "Заказ 1002: одна бутылка вернулась — чек возврата прихода",
            _receipt(
                f"{run}-1002-return",
                "1002",
                operation="sell_refund",
                items=[_item((BOTTLES[0], BOTTLES[1], 1, BOTTLES[3]), "full_payment", "vat22")],
                payments=[{"type": "electronic", "sum": "450.00"}],
            ),
        ),
    ]


def _item(goods: Goods, method: str, vat: str) -> dict[str, Any]:
    name, price, quantity, kind = goods
    return {
        "name": name,
        "price": price,
        "quantity": quantity,
        "payment_method": method,
        "payment_object": kind,
        "vat": vat,
    }


def _receipt(
    key: str,
    order: str,
    *,
    items: Sequence[Mapping[str, Any]],
    payments: Sequence[Mapping[str, Any]],
    operation: str = "sell",
) -> dict[str, Any]:
    return {
        "id": key,
        "operation": operation,
        "taxation": "osn",
        "order": order,
        "customer": {"email": "buyer@example.ru"},
        "cashier": {"name": "Иванова А. А.", "inn": "500100732259"},
        "internet": True,
        "items": list(items),
        "payments": list(payments),
    }
