"""What a refused body tells people: every fault its own hint, one text by positions, no word of our tools."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from api_world import a_body, an_item_body
from pydantic import ValidationError

from gateway.api import problems
from gateway.receipts.fault_codes import FAULT_CODES
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.normalise import accept
from gateway.receipts.schema import CorrectionReceiptBody
from gateway.rim import now

MARKED = {"payment_object": "commodity_with_marking", "price": "0.00"}
#: pydantic's own phrases, and the names of Python's classes.
OURS_ONLY = re.compile(r"Body|Input should|instance|validation|pydantic|dictionary|valid ", re.IGNORECASE)


def refusal(body: Any) -> dict[str, Any]:
    with pytest.raises(BodyFaults) as refused:
        accept(body, now)
    return problems.document(refused.value)


def test_every_entry_has_its_own_hint_and_the_whole_names_positions() -> None:
    mixed = "0104607070190158215Лн5щR\x1d93вПМя"
    twice = {"code": "0104607070190158215Ky5oR\x1d93dGVz"}
    lines = [
        an_item_body(),
        an_item_body(**MARKED, marking=twice),
        an_item_body(**MARKED, marking={"code": mixed}),
        an_item_body(**MARKED, marking=twice),
        an_item_body(**MARKED, marking={"code": mixed}),
    ]
    body = refusal(a_body(items=lines, payments=[{"type": "cash", "sum": "0.10"}], colour=1))
    assert {(one["pointer"], one["code"]) for one in body["errors"]} == {
        ("/items/2/marking/code", "marking_code_layout_mixed"),
        ("/items/4/marking/code", "marking_code_layout_mixed"),
        ("/items/3/marking", "marking_code_twice"),
        ("/payments", "payments_short"),
        ("/colour", "unknown_key"),
    }
    assert all(one["hint"] and one["message"] for one in body["errors"])
    assert body["hint"].startswith("Запрос не принят, ничего не напечатано. ")
    for told in ("Позиции 3, 5: Раскладка", "Позиция 4: Тот же код, что в позиции 2.", "Оплата: Оплачено меньше"):
        assert told in body["hint"]


def test_every_code_has_a_hint_for_the_till() -> None:
    for code, row in FAULT_CODES.items():
        assert row.meaning, code
        assert re.search("[а-яё]{3}.*[.-]$", row.hint), code


@pytest.mark.parametrize("junk", [None, 1, True, "x", [], {}, [1], [[]], [{}] * 1001, {"colour": 1}, {"code": []}])
def test_no_word_of_our_tools_gets_out(junk: Any) -> None:
    """Junk in the place of every value that a body may hold, at every depth."""
    schema = CorrectionReceiptBody.model_json_schema()
    bodies = [junk]
    bodies += [{key: junk} for key in schema["properties"]]
    bodies += [{"items": [{key: junk}]} for key in schema["$defs"]["ItemBody"]["properties"]]
    for key, part in (("marking", "MarkingBody"), ("agent_info", "AgentBody"), ("supplier_info", "SupplierBody")):
        bodies.append({"items": [{key: dict.fromkeys(schema["$defs"][part]["properties"], junk)}]})
    for body in bodies:
        with pytest.raises(ValidationError) as refused:
            CorrectionReceiptBody.model_validate(body)
        for fault in from_pydantic(refused.value):
            assert fault.code in FAULT_CODES, fault
            assert not OURS_ONLY.search(fault.message), fault


def test_a_word_that_is_none_of_the_list_is_told_the_list() -> None:
    body = refusal(a_body(operation="sold"))
    (entry,) = body["errors"]
    assert entry["message"] == "one of 'sell', 'sell_refund', 'buy' or 'buy_refund' is expected"
    assert "Операция: " in body["hint"]
    assert json.dumps(body)
