"""Scans: which line of an order a unit is picked for, and what is said of a code that is of none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from order_play import Play, line

from gateway.orders.goods import Line
from gateway.orders.order import Goods, Order
from gateway.orders.picking import picked
from gateway.orders.words import Rejected

SHOES, SOCKS = "04600439931256", "04600439931263"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: A pack of cigarettes: GTIN, serial number of 7, price, check code; and the same goods' EAN.
PACK = "04606203099627" + "-GhyLKS" + "AAAA" + "dGVz"
EAN = "4600439931256"


def code(number: int, gtin: str = SHOES) -> str:
    return f"01{gtin}215AAAA{number}\x1d93Abcd"


def boots(name: str = "boots", quantity: str = "1", gtin: str | None = SHOES) -> Line:
    return replace(line(name, "1000.00", quantity, marked=True, gtin=gtin), name="Ботинки")


def order(*lines: Line, **codes: tuple[str, ...]) -> Order:
    return Order(number="1", lines=lines or (boots(),), codes=codes)


def refused(found: Order, text: str, item: str | None = None) -> tuple[str, str, str, str]:
    """Pointer, code, detail and hint of the one fault."""
    with pytest.raises(Rejected) as refusal:
        picked(found, text, item, NOW)
    assert refusal.value.code == "scan_refused"
    (fault,) = refusal.value.faults
    assert fault.hint, fault
    return fault.pointer, fault.code, fault.message, fault.hint


@pytest.mark.parametrize("gtin", [SHOES, None])
@pytest.mark.parametrize("item", ["boots", None])
@pytest.mark.parametrize("text", ["hello", "123", EAN, "14600439931253", f"01{SHOES}215AAA"])
def test_what_is_no_units_code_fills_no_line(text: str, item: str | None, gtin: str | None) -> None:
    pointer, word, _, _ = refused(order(boots(gtin=gtin)), text, item)
    assert (pointer, word in {"marking_code_no_unit", "marking_code_cut"}) == ("/code", True)


@pytest.mark.parametrize("item", ["boots", None])
def test_a_unit_of_other_goods_fills_no_line_that_says_what_it_is(item: str | None) -> None:
    for other in (PACK, code(1, SOCKS), "RU-430301-ABC1234567"):
        assert refused(order(), other, item)[:2] == ("/code", "code_of_other_goods")
    taken = picked(order(boots(gtin=None)), code(1, SOCKS), item, NOW)
    assert taken is not None
    assert taken.line == "boots"


def test_a_bar_code_says_what_it_is_and_what_to_scan() -> None:
    full = order(boots(), boots=(code(1),))
    for found in (order(), full):
        _, word, _, hint = refused(found, EAN)
        assert word == "marking_code_no_unit"
        assert "EAN" in hint
        assert "«Ботинки»" in hint
        assert "DataMatrix" in hint
    assert "«" not in refused(order(boots(gtin=SOCKS)), EAN)[3]


def test_a_unit_too_many_is_told_which_lines_are_full() -> None:
    two = order(boots("a"), boots("b", "2"), a=(code(1),), b=(code(2), code(3)))
    _, word, detail, hint = refused(two, code(4))
    assert (word, detail) == ("scan_not_needed", "line a has all of its 1 codes, line b has all of its 2 codes")
    assert hint.count("«Ботинки»") == 2
    assert refused(two, code(4), "a")[2] == "line a has all of its 1 codes"
    play = Play(boots())
    play.deliver(Goods("boots", Decimal(1), (code(1),)), card="1000")
    assert refused(play.order, code(2))[2] == "line boots has nothing left to hand over"
    assert refused(play.order, code(1))[1] == "code_twice"


def test_a_line_named_by_the_caller_is_judged_by_itself() -> None:
    tea = line("tea", "10.00")
    assert refused(order(boots(), tea), code(1), "tea")[:2] == ("/item", "codes_unexpected")
    assert refused(order(boots(), tea), code(1), "coat")[:3] == ("/item", "line_unknown", "the order has no line coat")


def test_a_unit_is_put_back() -> None:
    found = order(boots(quantity="2"), boots=(code(1), code(2)))
    back = picked(found, code(1).partition("\x1d")[0], None, NOW, remove=True)  # told without its tail
    assert back is not None
    assert (back.line, back.code, back.taken) == ("boots", code(1), True)
    with pytest.raises(Rejected, match="AAAA3 is not picked"):
        picked(found, code(3), None, NOW, remove=True)
    assert picked(order(boots(), boots=("hello",)), "hello", "boots", NOW, remove=True) is not None


def test_a_unit_of_one_line_is_not_picked_for_another() -> None:
    """Found by the simulation, seed 631464."""
    two = order(boots("a", gtin=None), boots("b", gtin=None), a=(code(1),))
    pointer, word, detail, hint = refused(two, code(1), "b")
    assert (pointer, word) == ("/code", "code_twice")
    assert "line a" in detail
    assert "«Ботинки»" in hint
    assert picked(two, code(1), "a", NOW) is None
