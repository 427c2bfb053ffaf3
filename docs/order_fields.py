"""Every field that a caller may say of an order and its events, as tables for docs/orders.md: from the API's models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from gateway.orders.schema import (
    DocumentBody,
    EventBody,
    ForeignFiscal,
    GoodsBody,
    MovesMoney,
    OrderBody,
    OrderEventBody,
    OrderItemBody,
    PaidBody,
    ScanBody,
)

INTRO = """
## Поля · Fields

For programmers; types and limits are in `/openapi.json`, with the same sentences. Money is a decimal string of rubles.
*Italic* fields must be given.
"""


def fields() -> str:
    """The section's text."""
    return INTRO + "".join(_tables())


def _tables() -> Iterator[str]:
    yield _table("An order: `PUT /orders/{number}`", OrderBody)
    yield _table("A line: `items[]` of an order", OrderItemBody)
    yield "\n### Events: `POST /orders/{number}/events`, `…/plan`\n\n| event | field | says |\n|---|---|---|\n"
    yield from (f"| each | {row}\n" for row in _rows(EventBody))
    yield from (f"| each but `invoice`, `document` | {row}\n" for row in _rows(MovesMoney, EventBody))
    for model in get_args(get_args(OrderEventBody)[0]):
        names = ", ".join(f"`{word}`" for word in get_args(model.model_fields["type"].annotation))
        over = MovesMoney if issubclass(model, MovesMoney) else EventBody
        rows = list(_rows(model, over)) or ["— | nothing else |"]
        yield from (f"| {names} | {row}\n" for row in rows)
    yield _table("`items[]` of an event", GoodsBody)
    yield _table("`payments[]` of an event", PaidBody)
    yield _table(f"`fiscal` of a `{get_args(DocumentBody.model_fields['type'].annotation)[0]}`", ForeignFiscal)
    yield _table("A scan: `POST /orders/{number}/scans`", ScanBody)


def _table(title: str, model: type[BaseModel]) -> str:
    return f"\n### {title}\n\n| field | says |\n|---|---|\n" + "".join(f"| {row}\n" for row in _rows(model))


def _rows(model: type[BaseModel], over: type[BaseModel] | None = None) -> Iterator[str]:
    """Fields of a model but for those of the one that it extends."""
    for name, field in model.model_fields.items():
        if field.description is None or (over is not None and name in over.model_fields):
            continue
        shown = f"*`{field.alias or name}`*" if field.is_required() else f"`{field.alias or name}`"
        yield f"{shown} | {field.description} |"
