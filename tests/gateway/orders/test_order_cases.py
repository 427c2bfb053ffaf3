"""Orders worked out on paper from the rules (receipt_lifecycle.md, ffd_documents.md 7), each document line by line.

`cases/*.toml`: `[orders.NAME]` are bodies of `PUT /orders/{number}`; a step puts one or posts an event, both in the
shape of the API, and tells the documents that come of it, the money then held and the order's state, or the refusal.
An item of a document is `name; price x quantity = sum; 1214; 1212; 1199[; code]`.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.orders.accept import accept_event, accept_order
from gateway.orders.bodies import body
from gateway.orders.order import Order
from gateway.orders.plan import edited, happened, plan
from gateway.orders.policy import Policy
from gateway.orders.schema import DocumentBody
from gateway.orders.words import Rejected
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from protocols.ffd.arithmetic import line_sum, rubles

#: What every receipt of these orders bears.
COMMON = '{"taxation": "osn", "customer": {"email": "buyer@example.ru"}}'

Json = dict[str, Any]


def _cases() -> list[Any]:
    found = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        found += [
            pytest.param(table["orders"], case, id=f"{path.stem}-{index}") for index, case in enumerate(table["case"])
        ]
    return found


@pytest.mark.parametrize(("orders", "case"), _cases())
def test_documents_are_those_worked_out_on_paper(orders: Json, case: Json) -> None:
    order, policy = Order(number="1001"), Policy(**case.get("policy", {}))
    for number, step in enumerate(case["steps"], 1):
        told = f"{case['name']}, step {number}"
        if "rejected" in step:
            with pytest.raises((Rejected, BodyFaults)) as refusal:
                _after(order, step, orders, policy, number)
            cause: Any = refusal.value
            code = [cause.code] if isinstance(cause, Rejected) else []
            faults = dict.fromkeys(fault.code for fault in cause.faults)
            assert " ".join([*code, *faults]) == step["rejected"], told
            continue
        order, documents = _after(order, step, orders, policy, number)
        assert documents == [{"fiscaliser": "local"} | document for document in step.get("documents", [])], told
        assert (order.state, rubles(order.ledger.held)) == (step["state"], step["held"]), told
        assert rubles(order.ledger.debt) == step.get("debt", "0.00"), told
        assert order.open_cost == 0 or not order.settled, told


def _after(order: Order, step: Json, orders: Json, policy: Policy, number: int) -> tuple[Order, list[Json]]:
    if "put" in step:
        put, _ = accept_order(orders[step["put"]], order.number, _now, policy)
        return edited(order, replace(order, type=put.type, lines=put.lines, remote=put.remote)), []
    event, _ = accept_event({"id": f"e{number}", **step["event"]})
    assert not isinstance(event, DocumentBody)
    documents = plan(order, event, policy)
    receipts = [body(document, order.number, COMMON) for document in documents]
    assert len({receipt["id"] for receipt in receipts}) == len(receipts)
    for receipt in receipts:
        accept(receipt, _now)  # POST /receipts takes it as it is
    return happened(order, event, documents), [
        _document(document.kind, document.by_bank, receipt)
        for document, receipt in zip(documents, receipts, strict=True)
    ]


def _now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)


def _document(kind: str, by_bank: bool, receipt: Json) -> Json:
    return {
        "kind": kind,
        "fiscaliser": "bank" if by_bank else "local",
        "operation": receipt["operation"],
        "total": receipt["total"],
        "money": {payment["type"]: payment["sum"] for payment in receipt["payments"] if payment["sum"] != "0.00"},
        "items": [_item(item) for item in receipt["items"]],
    }


def _item(item: Json) -> str:
    amount = item.get("sum") or rubles(line_sum(_kopecks(item["price"]), Decimal(item["quantity"])))
    money = f"{item['price']} x {Decimal(item['quantity']).normalize():f} = {amount}"
    words = (item["name"], money, item["payment_method"], item["payment_object"], item["vat"])
    return "; ".join([*words, *([item["marking"]["code"]] if "marking" in item else [])])


def _kopecks(told: str) -> int:
    return int(Decimal(told) * 100)
