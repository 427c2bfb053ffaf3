"""The chains of docs/orders.md as tables: each as `gateway/orders` plans it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from order_chains import CHAINS, Chain

from gateway.orders.accept import accept_event, accept_order
from gateway.orders.goods import Item
from gateway.orders.ledger import Document
from gateway.orders.order import Order
from gateway.orders.plan import edited, happened, plan
from gateway.orders.policy import Policy
from gateway.orders.schema import DocumentBody
from gateway.orders.words import AT_HANDOVER, BEFORE_HANDOVER
from protocols.ffd.arithmetic import rubles

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_OF_MARKED = frozenset({*AT_HANDOVER.values(), *BEFORE_HANDOVER.values()})


def chains() -> str:
    """The section's text."""
    return "\n## Цепочки · Chains\n" + "".join(_chain(chain) for chain in CHAINS)


def _chain(chain: Chain) -> str:
    lines = [
        "",
        f"### {chain.title}",
        "",
        chain.russian,
        chain.english,
        "",
        *([f"![{chain.title}](orders/{chain.name}.png)", ""] if chain.drawn else []),
        "| событие · event | чек · receipt | 1214 | строки · lines | оплата · money |",
        "|---|---|---|---|---|",
        *_rows(chain),
    ]
    return "\n".join(lines) + "\n"


def _rows(chain: Chain) -> Iterator[str]:
    order, policy = Order(number="1001"), Policy()
    for number, step in enumerate(chain.steps):
        if "put" in step:
            put, _ = accept_order(chain.body(step), "1001", lambda: NOW, Policy())
            policy = put.policy
            order = edited(order, Order(number="1001", type=put.type, lines=put.lines, remote=put.remote))
            told = "PUT: " + ", ".join(f"{line.name} {rubles(line.cost)}" for line in put.lines)
            yield f"| {told} | | | | |"
            continue
        event, _ = accept_event({"id": f"e{number}", **step})
        assert not isinstance(event, DocumentBody)
        documents = plan(order, event, policy)
        order = happened(order, event, documents)
        yield f"| {_event(step)} | {' | '.join(_document(documents[0])) if documents else '— | | | '} |"
        for document in documents[1:]:
            yield f"| | {' | '.join(_document(document))} |"


def _event(step: Mapping[str, Any]) -> str:
    amounts = step.get("payments", [step])
    money = " + ".join(f"{one.get('sum', '')} {one.get('method', '')}".strip() for one in amounts)
    goods = ", ".join(f"{one['id']} × {one.get('quantity', 'all')}" for one in step.get("items", []))
    return " ".join(word for word in (f"`{step['type']}`", money, goods) if word)


def _document(document: Document) -> tuple[str, str, str, str]:
    sums: dict[str, int] = {}
    for form, amount in document.money:
        sums[form] = sums.get(form, 0) + amount
    sums |= {"prepaid": document.prepaid, "postpaid": document.postpaid}
    money = ", ".join(f"{_TAGS[name]} {rubles(amount)}" for name, amount in sums.items() if amount)
    methods = sorted({str(item.method.code) for item in document.items})
    bank = " — касса банка · the bank's till" if document.by_bank else ""
    return (
        f"`{document.kind}` {rubles(document.total)}{bank}",
        ", ".join(methods),
        "; ".join(map(_line, document.items)),
        money,
    )


_TAGS = MappingProxyType({"cash": "1031", "electronic": "1081", "prepaid": "1215", "postpaid": "1216"})


def _line(item: Item) -> str:
    marked = f", 1212 = {item.object.code}" if item.object in _OF_MARKED else ""
    unit = ", код · code" if item.code is not None else ""
    return f"{item.name} {item.quantity.normalize():f} × {rubles(item.price)} {item.vat.value}{marked}{unit}"
