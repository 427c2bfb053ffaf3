"""Who reads `/openapi.json` learns what every field of an order, of its events and of its policy says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.api import openapi
from gateway.api.table import routes
from gateway.orders.policy import Policy

DESCRIBED = openapi.document(routes(metrics_open=False), "1")["components"]["schemas"]
MODELS = ("OrderBody", "OrderItemBody", "PaidBody", "GoodsBody", "ForeignFiscal", "ScanBody")
EVENTS = tuple(ref["$ref"].rpartition("/")[2] for ref in DESCRIBED["OrderEvent"]["oneOf"])


def undescribed(name: str, schema: Any) -> Iterator[str]:
    for key, field in schema["properties"].items():
        if not field.get("description") and "const" not in field:
            yield f"{name}.{key}"


def test_every_field_has_a_sentence() -> None:
    assert len(EVENTS) == 7
    assert [gap for name in (*MODELS, *EVENTS) for gap in undescribed(name, DESCRIBED[name])] == []


def test_every_key_of_the_policy_is_named_with_its_words() -> None:
    (policy, _) = DESCRIBED["OrderBody"]["properties"]["policy"]["anyOf"]
    assert list(policy["properties"]) == list(Policy.model_fields)
    assert list(undescribed("policy", policy)) == []
    assert policy["properties"]["courier"]["enum"] == ["two_receipts", "single"]
