"""The story `demo` plays: money first, goods later, as RetailCRM shops live it."""

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


@dataclass(frozen=True, slots=True)
class Step:
    """One receipt of the story: what happened, and what the shop's program posts."""

    title: str
    body: Mapping[str, Any]


def story(run: str) -> list[Step]:
    """The four receipts; `run` makes their keys unique within a journal."""
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
