"""The JSON shape of a document's tags (design.md, `GET …/tags`)."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from protocols.ffd.tlv import Element
from protocols.ffd.tree import document_to_json, to_json


def test_every_kind_of_value_becomes_json_as_the_drive_holds_it() -> None:
    item = Element(1059, (Element(1030, "Ботинки"), Element(1079, 499000), Element(1023, Decimal("1.500"))))
    tree = to_json((item, Element(1012, datetime(2026, 3, 2, 9, 17)), Element(1077, bytes.fromhex("310462a1"))))
    assert tree == [
        {
            "tag": 1059,
            "name": tree[0]["name"],
            "type": "stlv",
            "children": [
                {"tag": 1030, "name": tree[0]["children"][0]["name"], "type": "string", "value": "Ботинки"},
                {"tag": 1079, "name": tree[0]["children"][1]["name"], "type": "vln", "value": 499000},
                {"tag": 1023, "name": tree[0]["children"][2]["name"], "type": "fvln", "value": "1.500"},
            ],
        },
        {"tag": 1012, "name": tree[1]["name"], "type": "unixtime", "value": "2026-03-02T09:17:00"},
        {"tag": 1077, "name": tree[2]["name"], "type": "bytes", "value": "310462a1"},
    ]
    assert all(isinstance(node["name"], str) and not node["name"].isdigit() for node in tree)
    json.dumps(tree)


def test_an_unknown_tag_is_shown_by_number_in_hexadecimal() -> None:
    assert to_json([Element(65000, b"\x01\xff")]) == [{"tag": 65000, "name": "65000", "type": "bytes", "value": "01ff"}]


def test_a_document_names_its_number_and_code() -> None:
    assert document_to_json(12, 3, ()) == {"document": 12, "code": 3, "tags": []}
