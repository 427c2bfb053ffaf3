from __future__ import annotations

import hashlib
import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from api_world import a_body, an_item_body
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.convert import load
from gateway.receipts.normalise import accept, normal_form, text_warnings
from protocols.ffd.arithmetic import line_sum, rubles

CODE = "0104600439931256215Pahn\x1d91EE06\x1d92" + "A" * 44

#: Of the plain body below, as the first version of the schema hashed it.
DIGEST_OF_A_BODY = "94a3a43479f1caa0a7463ad5d41d2708907b4028ae6456b65fd4f4626d28f9e3"


def now() -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def digest(body: Any, *, correction: bool = False) -> str:
    return accept(body, now, correction=correction).digest


def test_ten_is_ten_in_every_spelling() -> None:
    spelled = [10, "10", "10.0", "10.00", Decimal("10.00"), Decimal("1E+1")]
    bodies = [
        a_body(items=[an_item_body(price=one)], payments=[{"type": "cash", "sum": other}], total=total)
        for one in spelled
        for other in spelled
        for total in (*spelled, None)
    ]
    assert len({digest(body) for body in bodies}) == 1


def test_what_is_not_material() -> None:
    plain = digest(a_body())
    same = [
        a_body(id="other"),
        a_body(register="kkt-1"),
        a_body(total="1990.00"),
        a_body(internet=False, print=True),
        a_body(on_marking_failure="refuse"),
        {**a_body(), "customer": None, "cashier": None},
        a_body(items=[an_item_body(measure="piece", sum="1990", quantity="1.000")]),
    ]
    assert {digest(body) for body in same} == {plain}


def test_a_body_of_before_keeps_its_hash() -> None:
    """Accepted under an older version, repeated under this one: it must be the same receipt."""
    accepted = accept(a_body(items=[an_item_body()]), now)
    assert "on_marking_failure" not in accepted.canonical
    assert accepted.digest == DIGEST_OF_A_BODY


def test_what_is_material() -> None:
    others = [
        a_body(),
        a_body(internet=True, customer={"email": "a@b.ru"}),
        a_body(print=False),
        a_body(on_marking_failure="sell"),
        a_body(taxation="patent"),
        a_body(order="1001"),
        a_body(shift="auto"),
        a_body(items=[an_item_body(name="Другой")]),
        a_body(items=[an_item_body(measure="gram")]),
        a_body(payments=[{"type": "cash", "sum": 1990}]),
        a_body(payments=[{"type": "cash", "sum": 1990, "received": 2000}]),
    ]
    assert len({digest(body) for body in others}) == len(others)


def test_a_correction_is_another_thing_and_its_ending_is_not_material() -> None:
    block = {"kind": "self", "date": "2026-03-01"}
    spelled = [a_body(correction=block, operation=word) for word in ("sell", "sell_correction")]
    spelled.append(a_body(correction={"date": "01.03.2026", "kind": "self"}))
    digests = {digest(body, correction=True) for body in spelled}
    assert len(digests) == 1
    assert digest(a_body()) not in digests


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


ITEMS = st.lists(
    st.builds(
        lambda price, count, object_, gift: an_item_body(
            price=rubles(price),
            quantity=str(count),
            payment_object=object_,
            user_data=gift,
        ),
        st.integers(min_value=0, max_value=10**8),
        st.decimals(min_value="0.001", max_value=1000, places=3),
        st.sampled_from(["commodity", "service"]),
        st.none() | st.just("подарок"),
    ),
    min_size=1,
    max_size=6,
)
UNITS = st.lists(
    st.builds(
        lambda price, serial: an_item_body(
            price=rubles(price),
            quantity="1",
            payment_object="commodity_with_marking",
            marking={"code": CODE.replace("5Pahn", f"{serial:05d}")},
        ),
        st.integers(min_value=0, max_value=10**8),
        st.integers(min_value=0, max_value=99_999),
    ),
    max_size=3,
    unique_by=lambda one: one["marking"]["code"],
)


@given(ITEMS, UNITS, st.sampled_from(["refuse", "sell"]), st.randoms(use_true_random=False))
def test_key_order_is_not_material_and_the_normal_form_is_its_own(
    items: list[Any], units: list[Any], policy: str, chance: random.Random
) -> None:
    items = [*items, *units]
    due = sum(line_sum(int(Decimal(one["price"]) * 100), Decimal(one["quantity"])) for one in items)
    body = a_body(
        items=items, payments=[{"type": "cash", "sum": rubles(due)}], total=rubles(due), on_marking_failure=policy
    )
    accepted = accept(body, now)
    assert digest(shuffled(body, chance)) == accepted.digest
    assert accepted.digest == hashlib.sha256(accepted.canonical.encode()).hexdigest()
    assert normal_form(load(accepted.canonical)) == accepted.canonical
    again = accept(json.loads(accepted.canonical), now)
    assert again.canonical == accepted.canonical


def test_text_warnings_name_the_place_and_survive_the_journal() -> None:
    canonical = accept(a_body(items=[an_item_body(name="«Ёлка»")], place="a—b"), now).canonical
    assert [warn.code for warn in text_warnings(canonical)] == ["text_replaced", "text_replaced"]
    assert [warn.detail.split(":")[0] for warn in text_warnings(canonical)] == ["/items/0/name", "/place"]
    assert text_warnings(accept(a_body(), now).canonical) == []
