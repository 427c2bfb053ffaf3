"""Rules of an order's chain that need more than its bodies: scanned codes, the sign of the Internet, long lists."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from order_play import Play, line, rub, told

from gateway.orders.goods import Line
from gateway.orders.order import Goods, forms, number_fault
from gateway.orders.order import Paid as Money
from gateway.orders.words import Form, Means, OrderType, Rejected

#: Units of one GTIN: serial of six characters, then check data; the same unit told without its check data.
CODES = tuple(f"0104600439931256215AAAA{n}\x1d93Abcd" for n in range(4))
SHORT = tuple(code.split("\x1d")[0] for code in CODES)


def picked(play: Play, line_id: str, *codes: str) -> None:
    play.order = replace(play.order, codes={**play.order.codes, line_id: codes})


def shoes(quantity: str = "3") -> Line:
    return line("Ботинки", "1000.00", quantity, marked=True, gtin="04600439931256")


def test_scanned_codes_go_with_the_parcel_that_needs_them() -> None:
    play = Play(shoes())
    play.pay(card="3000")
    picked(play, "Ботинки", *CODES[:3])
    (first,) = play.deliver(Goods("Ботинки", Decimal(1)))
    assert [item.code for item in first.items] == [CODES[0]]
    assert play.order.codes == {"Ботинки": CODES[1:3]}
    (rest,) = play.deliver()
    assert [item.code for item in rest.items] == list(CODES[1:3])
    assert not play.order.codes


def test_a_scanned_unit_told_in_other_words_is_used_up() -> None:
    play = Play(shoes())
    play.pay(card="3000")
    picked(play, "Ботинки", *CODES[:3])
    play.deliver(Goods("Ботинки", Decimal(1), (SHORT[1],)))
    assert play.order.codes == {"Ботинки": (CODES[0], CODES[2])}
    with pytest.raises(Rejected) as refusal:
        play.deliver(Goods("Ботинки", None, (CODES[1], CODES[2])))
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/items/0/codes/0", "code_twice")]


def test_a_unit_of_other_goods_is_told() -> None:
    play = Play(replace(shoes("1"), gtin="04600439931263"))
    play.pay(card="1000")
    with pytest.raises(Rejected) as refusal:
        play.deliver(Goods("Ботинки", None, CODES[:1]))
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/items/0/codes/0", "code_of_other_goods")
    ]


def test_units_that_an_edit_has_no_place_for_are_put_back() -> None:
    cream = line("Крем", "10.00")
    for lines, kept in (
        ((cream,), 0),
        ((shoes("1"), cream), 1),
        ((shoes("2"), cream), 2),
        ((shoes("5"), cream), 3),
        ((replace(shoes(), marked=False), cream), 0),
        ((replace(shoes(), gtin="04600439931263"), cream), 0),
        ((replace(shoes(), gtin=None), cream), 3),
    ):
        play = Play(shoes(), cream)
        picked(play, "Ботинки", *CODES[:3])
        play.edit(*lines)
        assert play.order.codes == ({"Ботинки": CODES[:kept]} if kept else {})
        assert play.order.put_back == tuple(("Ботинки", unit) for unit in SHORT[kept:3])
        before = play.order.put_back
        play.edit(*lines)  # a CRM saves often
        assert play.order.put_back == before
        play.pay(card="1")
        assert not play.order.put_back


def test_units_handed_over_leave_no_place_either() -> None:
    play = Play(shoes("3"))
    play.deliver(Goods("Ботинки", Decimal(1), (CODES[3],)), card="1000")
    picked(play, "Ботинки", *CODES[:2])
    play.edit(shoes("2"))
    assert (play.order.codes, play.order.put_back) == ({"Ботинки": CODES[:1]}, (("Ботинки", SHORT[1]),))


def many(count: int) -> tuple[str, ...]:
    return tuple(f"0104600439931256215A{number:04}\x1d93Abcd" for number in range(count))


def test_more_units_than_a_receipt_holds_change_hands_in_parts() -> None:
    codes = many(200)
    play = Play(shoes("200"))
    play.pay(card="200000")
    picked(play, "Ботинки", *codes)
    for event in (Goods("Ботинки"), Goods("Ботинки", Decimal(129), codes[:129])):
        with pytest.raises(Rejected) as refusal:
            play.deliver(event)
        assert (refusal.value.code, [fault.pointer for fault in refusal.value.faults]) == ("too_many_codes", ["/items"])
        assert "128" in refusal.value.hint
    assert [len(made.items) for made in play.deliver(Goods("Ботинки", Decimal(128)))] == [128]
    assert [len(made.items) for made in play.deliver()] == [72]
    with pytest.raises(Rejected, match="too_many_codes"):
        play.back()
    assert [len(made.items) for made in play.back(Goods("Ботинки", None, codes[:100]))] == [100]


def test_money_for_more_units_than_a_receipt_holds_is_taken_and_the_goods_wait() -> None:
    for count, kind in ((128, "full"), (129, "prepayment")):
        play = Play(shoes(str(count)), closing_trigger="payment")
        picked(play, "Ботинки", *many(count))
        (taken,) = play.pay(card=f"{count}000")
        assert taken.kind == kind


def test_digital_goods_that_lack_their_codes_wait_for_them() -> None:
    for codes, kind in ((CODES[:2], "prepayment"), (CODES[:3], "full")):
        play = Play(shoes())
        play.order = replace(play.order, type=OrderType.DIGITAL)
        picked(play, "Ботинки", *codes)
        (paid,) = play.pay(card="3000")
        assert paid.kind == kind


def test_only_money_that_moves_over_the_internet_says_so() -> None:
    play = Play(line("Лампа", "2000.00"))
    play.order = replace(play.order, remote=True)
    (card,) = play.pay(card="500")
    (cash,) = play.pay(cash="500")
    both = play.deliver(cash="500", sbp="500")
    back = play.back()
    assert [document.remote for document in (card, cash, *both, *back)] == [True, False, True, False, True]


def test_many_dropped_lines_are_given_up_by_name() -> None:
    lines = [line(f"Товар {number}", "10.00") for number in range(20)]
    play = Play(*lines)
    play.pay(card="200")
    play.edit(lines[0])
    (back,) = play.refund("190")
    assert told(back) == "refund_prepayment 190.00: electronic 190.00"
    assert [item.name for item in back.items] == [one.name for one in lines[1:]]


def test_a_return_takes_the_newest_money_of_its_goods() -> None:
    play = Play(line("Лампа", "10.00", "90"))
    for sums in ({"card": "600"}, {"cash": "100"}, {"card": "200"}):
        play.pay(**sums)
    play.deliver()
    assert [told(play.back(Goods("Лампа", Decimal(quantity)))[0]) for quantity in (10, 25)] == [
        "refund_goods 100.00: electronic 100.00",
        "refund_goods 250.00: electronic 150.00, cash 100.00",
    ]


def test_each_form_of_a_payment_is_told_once() -> None:
    paid = [("cash", 1), ("card", 2), ("cash", 3), ("sbp", 4), ("credit", 0)]
    assert forms(tuple(Money(Means(name), amount) for name, amount in paid)) == (
        (Form.CASH, 4),
        (Form.ELECTRONIC, 6),
    )


@pytest.mark.parametrize("wanted", ["0.01", "699.99", "700.01"])
def test_a_sum_that_no_dropped_lines_make_names_none(wanted: str) -> None:
    keep, one, two = line("А", "100.00"), line("Б", "200.00"), line("В", "500.00")
    play = Play(keep, one, two)
    play.pay(card="800")
    play.edit(keep)
    (back,) = play.refund(wanted)
    assert (back.kind, back.total) == ("refund_advance", rub(wanted))


def test_an_orders_number_is_a_word_of_a_path() -> None:
    for number in ("1001", "1001A", "№ 5", "W-7.1", "15/2", "...", "x" * 64):
        assert number_fault(number) is None, number
    for number in ("", " ", ".", "..", "a\nb", "a\x7f", "a\u2028", "x" * 65):
        assert number_fault(number) is not None, number
