"""From an order's document to the body of the receipt that makes it, as `POST /receipts` takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from gateway.orders.goods import Item
from gateway.orders.ledger import Document
from gateway.orders.words import REFUNDS
from protocols.ffd.arithmetic import line_sum, rubles


def body(document: Document, number: str, common: str) -> dict[str, Any]:
    """The receipt of a document; `common` is the JSON of what every receipt of the order bears."""
    shared = json.loads(common)
    return {
        **shared,
        "id": document.id,
        "operation": "sell_refund" if document.kind in REFUNDS else "sell",
        "order": number,
        "internet": document.remote,
        "items": [_item(item) for item in document.items],
        "payments": list(_payments(document)),
        "total": rubles(document.total),
        **({} if document.taxation is None else {"taxation": document.taxation.value}),
    }


def told(document: Document, text: str) -> str:
    """An error's detail or hint with the order's line and goods for each place or position of the receipt."""
    named = _PLACE.sub(lambda found: _place(document, found[1], found[0]), text)
    return _POSITIONS.sub(lambda found: _positions(document, found[1], found[0]), named)


_PLACE: Final = re.compile(r"/items/([0-9]+)(?:/[a-z_0-9]+)*")
#: As `devices.hints.joined` says them: 1–3, 7.
_POSITIONS: Final = re.compile(r"\bПозици[яи] ([0-9]+(?:[–, ]+[0-9]+)*)")


def _place(document: Document, index: str, place: str) -> str:
    (item,) = document.items[int(index) : int(index) + 1] or (None,)
    return place if item is None or item.line is None else f"line {item.line} ({item.name}), {place} of the receipt"


def _positions(document: Document, numbers: str, words: str) -> str:
    names: dict[str, None] = {}
    for run in numbers.split(", "):
        first, _, last = run.partition("–")
        for item in document.items[int(first) - 1 : int(last or first)]:
            names[f"«{item.name}»"] = None
    return f"{', '.join(names)} (в чеке {words[0].lower()}{words[1:]})" if names else words


def _payments(document: Document) -> Iterator[dict[str, str]]:
    sums: dict[str, int] = {}
    for form, amount in document.money:
        sums[form] = sums.get(form, 0) + amount
    sums |= {"prepaid": document.prepaid, "postpaid": document.postpaid}
    # A receipt for nothing (gifts only) still names a form of payment.
    for kind, amount in {kind: amount for kind, amount in sums.items() if amount}.items() or {"cash": 0}.items():
        yield {"type": str(kind), "sum": rubles(amount)}


def _item(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {
        **json.loads(item.extra),
        "name": item.name,
        "price": rubles(item.price),
        "quantity": format(item.quantity, "f"),
        "measure": item.measure.value,
        "payment_method": item.method.value,
        "payment_object": item.object.value,
        "vat": item.vat.value,
    }
    if item.sum != line_sum(item.price, item.quantity):
        told["sum"] = rubles(item.sum)
    if item.code is not None:
        told["marking"] = {"code": item.code}
        if item.fraction is not None:
            told["marking"] |= {"numerator": item.fraction[0], "denominator": item.fraction[1]}
    return told
