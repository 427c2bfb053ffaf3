"""The tags of a document as JSON, the way the HTTP API and the emulator show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from protocols.ffd import tags
from protocols.ffd.tlv import Element

_UNKNOWN = tags.Kind.BYTES.value


def to_json(elements: Iterable[Element]) -> list[dict[str, Any]]:
    """`[{"tag": 1059, "name": …, "type": …, "value": … or "children": […]}]`, in document order.

    Values are as the drive holds them: sums in kopecks (int), quantities as decimal text, moments as the register's
    local ISO 8601 text, bytes and unknown tags as hexadecimal text.
    """
    return [_node(element) for element in elements]


def document_to_json(number: int, code: int, elements: Iterable[Element]) -> dict[str, Any]:
    """`{"document": ФД, "code": outer tag, "tags": […]}`."""
    return {"document": number, "code": int(code), "tags": to_json(elements)}


def _node(element: Element) -> dict[str, Any]:
    known = tags.TAGS.get(element.tag)
    node: dict[str, Any] = {
        "tag": element.tag,
        "name": tags.name_of(element.tag),
        "type": known.kind.value if known else _UNKNOWN,
    }
    match element.value:
        case tuple():
            node["children"] = to_json(element.value)
        case Decimal():
            node["value"] = f"{element.value:f}"
        case datetime():
            node["value"] = element.value.isoformat()
        case bytes():
            node["value"] = element.value.hex()
        case value:
            node["value"] = value
    return node
