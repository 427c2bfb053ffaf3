"""Codes of an order from the scanner to the drive: damaged ones, those of goods alone, told early, told twice."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from order_house import OrderHouse, paid
from order_play import Play, line
from orders_http import forms_of
from virtual_loop import virtual

from gateway.orders.accept import accept_event, accept_scan
from gateway.orders.book import scanned
from gateway.orders.goods import Line
from gateway.orders.order import Cancel, Delivery, Goods, PutBack
from gateway.orders.picking import picked
from gateway.orders.plan import happened
from gateway.orders.schema import DocumentBody
from gateway.orders.words import OrderState, Rejected
from gateway.receipts.normalise import text_warnings
from protocols.ffd.enums import Measure
from protocols.ffd.numbers import T
from protocols.ffd.tlv import decode

SHOES, SOCKS = "04600439931256", "04600439931263"
#: Nine units, each as something else has made it.
UNITS = [f"01{SHOES}21{index}AbCdE\x1d93dGVz" for index in range(9)]
DAMAGED = [forms_of(text)[index] for index, text in enumerate(UNITS)]
#: Of goods without a serial number: bare, with a lot, with a check value.
NO_UNIT = (f"01{SHOES}", f"01{SHOES}10LOT7", f"01{SHOES}\x1d93dGVz")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def code(number: int, gtin: str = SHOES) -> str:
    return f"01{gtin}215AAAA{number}\x1d93Abcd"


def unit(text: str) -> str:
    return text.partition("\x1d")[0]


def shoes(quantity: str = "1", name: str = "boots", **more: Any) -> Line:
    return line(name, "1000.00", quantity, **{"marked": True, "gtin": SHOES, **more})


def goods(quantity: str | None, *codes: str, name: str = "boots") -> Goods:
    return Goods(name, None if quantity is None else Decimal(quantity), codes)


def faults(refusal: pytest.ExceptionInfo[Rejected]) -> list[tuple[str, str]]:
    assert all(fault.hint for fault in refusal.value.faults)
    return [(fault.pointer, fault.code) for fault in refusal.value.faults]


def refused(play: Play, *named: Goods, shipped: bool = False, **sums: str) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as refusal:
        play.deliver(*named, shipped=shipped, **sums)
    return faults(refusal)


def scan(play: Play, *codes: str, item: str | None = None, remove: bool = False) -> None:
    for text in codes:
        entry = picked(play.order, text, item, NOW, remove=remove)
        if entry is not None:
            play.order = scanned(play.order, entry)


def codes_of(documents: Any) -> list[str]:
    return [item.code for document in documents for item in document.items if item.code]


# -- damaged codes


async def opened(directory: Path, *lines: Line, **policy: Any) -> OrderHouse:
    house = OrderHouse(directory)
    await house.switch_on()
    await house.start()
    await house.put(*lines, **policy)
    return house


async def again(house: OrderHouse) -> None:
    await house.orders.stop()
    await house.kill()
    await house.start()


async def told(house: OrderHouse, **raw: Any) -> None:
    event, digest = accept_event(raw)
    assert not isinstance(event, DocumentBody)
    await house.orders.happen("1001", event, digest)


async def sold(directory: Path, way: str, *, restarted: bool) -> Any:
    """What the register was asked to sell, and what it was warned of, of nine damaged codes."""
    house = await opened(directory, shoes("9"))
    named: dict[str, Any] = {"items": [{"id": "boots", "codes": DAMAGED}]}
    if way == "shipment":
        await told(house, id="e1", type="shipment", **named)
    elif way == "scans":
        for text in DAMAGED:
            body = accept_scan({"code": text})
            await house.orders.scan("1001", lambda book, text=body.code: picked(book.order, text, None, NOW))  # type: ignore[misc]
    if restarted:
        await again(house)
    card = [{"method": "card", "sum": "9000.00"}]
    await told(house, id="e2", type="delivery", payments=card, **(named if way == "delivery" else {}))
    book = await house.orders.wait("1001", 60)
    assert (book.state, dict(book.order.codes), book.order.put_back) == (OrderState.SETTLED, {}, ())
    (made,) = book.documents.values()
    job = await house.journal.get(made.document.id)
    assert job is not None
    (document,) = decode(house.receipts()[-1].tlv)
    in_drive = [str(item.value) for item in document.value if item.tag == T.ITEM]  # type: ignore[union-attr]
    assert [unit(text) in item for text, item in zip(UNITS, in_drive, strict=True)] == [True] * 9
    warned = [warning.code for warning in text_warnings(job.body)]
    await house.stop()
    return job.digest, warned


@pytest.mark.parametrize("way", ["scans", "delivery", "shipment"])
@virtual
async def test_a_damaged_code_is_sold_as_its_unit_at_once_and_after_a_restart(tmp_path: Path, way: str) -> None:
    once = await sold(tmp_path / "once", way, restarted=False)
    assert once == await sold(tmp_path / "again", way, restarted=True)
    assert {"marking_code_separators_restored", "marking_code_layout"} <= set(once[1])


# -- codes of goods


@pytest.mark.parametrize("text", [*NO_UNIT, "hello", "4600439931256", "14600439931253"])
@pytest.mark.parametrize("gtin", [SHOES, None])
def test_a_code_that_names_no_unit_is_no_ones(text: str, gtin: str | None) -> None:
    play = Play(shoes(gtin=gtin))
    for item in (None, "boots"):
        with pytest.raises(Rejected) as refusal:
            picked(play.order, text, item, NOW)
        assert faults(refusal) == [("/code", "marking_code_no_unit")]
    for shipped in (False, True):
        assert refused(play, goods("1", text), shipped=shipped, card="1000") == [
            ("/items/0/codes/0", "marking_code_no_unit")
        ]
    half = Play(shoes(gtin=gtin, fraction=(1, 2)))
    assert refused(half, goods("1", text), card="1000") == [("/items/0/codes/0", "marking_code_no_unit")]


def test_goods_by_weight_may_bear_the_code_of_the_goods() -> None:
    """One code a line there, and nobody counts what is left of the package."""
    play = Play(shoes("0.5", measure=Measure.KILOGRAM))
    scan(play, NO_UNIT[0])
    assert codes_of(play.deliver(card="500")) == [NO_UNIT[0]]


# -- codes told before the hand-over


@pytest.mark.parametrize("trigger", ["delivery", "shipment"])
def test_codes_of_the_event_that_closes_nothing_are_picked(trigger: str) -> None:
    play = Play(shoes("3"), closing_trigger=trigger)
    first = trigger == "delivery"
    assert play.deliver(goods("2", code(1), code(2)), shipped=first) == []
    scan(play, code(2), code(3))
    assert play.order.codes == {"boots": (code(1), code(2), code(3))}
    closing = play.deliver(shipped=not first, card="3000")
    assert codes_of(closing) == [code(1), code(2), code(3)]
    assert (dict(play.order.codes), play.order.put_back) == ({}, ())
    assert play.deliver(goods("2", code(1), code(2)), shipped=first) == []  # told late, or once more
    assert (dict(play.order.codes), play.order.put_back) == ({}, ())


def test_a_unit_is_picked_once_and_no_more_than_there_is_place_for() -> None:
    play = Play(shoes("3"))
    scan(play, code(1))
    play.deliver(goods("2", unit(code(1)), code(2)), shipped=True)
    assert play.order.codes == {"boots": (code(1), code(2))}
    old = Delivery(id="e9", goods=(goods("3", code(3), code(4), code(5)),), shipped=True)  # accepted by an old log
    after = happened(play.order, old, ())
    assert after.codes == {"boots": (code(1), code(2), code(3))}
    assert [one.unit for one in after.put_back] == [unit(code(4)), unit(code(5))]


def test_money_that_comes_with_such_an_event_is_money_still_and_may_close_what_it_pays() -> None:
    play = Play(shoes())
    assert [one.kind for one in play.deliver(goods(None, code(1)), shipped=True, card="400")] == ["advance"]
    assert play.order.codes == {"boots": (code(1),)}
    paid_off = Play(shoes(), closing_trigger="payment")
    assert codes_of(paid_off.deliver(goods(None, code(1)), shipped=True, card="1000")) == [code(1)]
    assert dict(paid_off.order.codes) == {}


def test_such_an_event_is_judged_as_its_scans_would_be() -> None:
    play = Play(shoes("2"), shoes("1", "wellies", gtin=None), line("cream", "10.00"))
    scan(play, code(1), item="boots")
    wrong = [
        goods("1", name="QQ"),
        goods("99"),
        goods("1", "xx", name="wellies"),
        goods("1", code(5), name="cream"),
        goods("1"),
    ]
    assert refused(play, *wrong, shipped=True) == [
        ("/items/0/id", "line_unknown"),
        ("/items/1/quantity", "quantity_wrong"),
        ("/items/2/codes/0", "marking_code_no_unit"),
        ("/items/3/codes", "codes_unexpected"),
    ]
    for named, expected in (
        (goods("2", code(2), code(2)), ("/items/0/codes/1", "code_twice")),
        (goods("2", code(2, SOCKS)), ("/items/0/codes/0", "code_of_other_goods")),
        (goods("2", f"01{SHOES}21AAA"), ("/items/0/codes/0", "marking_code_cut")),
        (goods("1", code(2), code(3)), ("/items/0/codes", "codes_unexpected")),
        (goods("2", code(2), code(3)), ("/items/0/codes", "codes_unexpected")),  # one was scanned already
        (goods("1", code(1), name="wellies"), ("/items/0/codes/0", "code_twice")),
    ):
        assert refused(play, named, shipped=True) == [expected], named
    assert play.order.codes == {"boots": (code(1),)}


def test_what_cannot_be_is_refused_after_the_settlement_too() -> None:
    for policy in ({"closing_trigger": "payment"}, {"closing_trigger": "shipment"}):
        play = Play(line("tea", "100.00"), **policy)
        if policy["closing_trigger"] == "payment":
            play.pay(card="100")
        else:
            play.deliver(shipped=True, card="100")
        assert play.order.settled
        assert play.deliver(goods("1", name="tea")) == []
        assert refused(play, goods("1", name="QQ"), goods("2", name="tea")) == [
            ("/items/0/id", "line_unknown"),
            ("/items/1/quantity", "quantity_wrong"),
        ]


@virtual
async def test_a_unit_named_by_a_shipment_is_the_orders_through_restarts(tmp_path: Path) -> None:
    house = await opened(tmp_path, shoes("2"))
    await house.put(shoes("2"), number="b")
    first = {"items": [{"id": "boots", "codes": [code(1), code(2)]}]}
    await told(house, id="e1", type="shipment", **first)
    await again(house)
    await told(house, id="e1", type="shipment", **first)
    assert (await house.orders.get("1001")).order.codes == {"boots": (code(1), code(2))}
    assert house.journal.orders_with_unit(unit(code(1))) == ["1001"]
    for event in (
        Delivery(id="e1", goods=(goods("1", code(1)),), shipped=True),
        Delivery(id="e1", goods=(goods("1", code(1)),), paid=paid(card="1000")),
    ):
        with pytest.raises(Rejected) as refusal:
            await house.happens(event, "b")
        assert faults(refusal) == [("/items/0/codes/0", "code_of_other_order")]
    await told(house, id="e2", type="delivery", payments=[{"method": "card", "sum": "2000.00"}])
    assert (await house.orders.wait("1001", 60)).state is OrderState.SETTLED
    await house.stop()


# -- named and scanned, too many of them


def test_codes_of_a_delivery_add_to_those_scanned() -> None:
    play = Play(shoes("3"))
    play.pay(card="3000")
    scan(play, code(1), code(2))
    assert codes_of(play.deliver(goods("2", code(3)))) == [code(3), code(1)]
    assert play.order.codes == {"boots": (code(2),)}
    assert play.order.put_back == ()
    assert codes_of(play.deliver(goods("1", unit(code(2))))) == [unit(code(2))]
    assert (dict(play.order.codes), play.order.put_back) == ({}, ())


def test_a_code_that_was_scanned_may_be_named_too() -> None:
    play = Play(shoes("2"))
    scan(play, code(1), code(2))
    assert codes_of(play.deliver(goods("2", unit(code(1))), card="2000")) == [unit(code(1)), code(2)]


def test_a_scanned_unit_without_a_place_is_put_back() -> None:
    play = Play(shoes())
    scan(play, code(1))
    play.deliver(goods("1", code(2)), card="1000")
    assert (dict(play.order.codes), play.order.put_back) == ({}, (PutBack("boots", unit(code(1))),))
    scan(play, code(1), remove=True)
    assert play.order.put_back == ()
    for cancelled in (Play(shoes()), Play(shoes("2"))):
        scan(cancelled, code(1))
        if cancelled.order.total > 100_000:
            cancelled.deliver(goods("1", code(3)), card="1000")
        cancelled.cancel()
        assert cancelled.order.put_back == (PutBack("boots", unit(code(1))),)
        with pytest.raises(Rejected) as refusal:
            scan(cancelled, code(2))
        assert faults(refusal) == [("/code", "scan_not_needed")]


@virtual
async def test_the_alarm_tells_of_it_until_it_is_put_back(tmp_path: Path) -> None:
    house = await opened(tmp_path, shoes())
    await house.orders.scan("1001", lambda book: picked(book.order, code(1), None, NOW))
    await house.happens(Cancel(id="e1"))
    (alarm,) = house.orders.attention(await house.orders.get("1001"))
    assert (alarm.code, unit(code(1)) in alarm.detail, alarm.since) == ("units_left_over", True, house.now())
    await again(house)
    assert [one.code for one in house.orders.attention(await house.orders.get("1001"))] == ["units_left_over"]
    await house.put(shoes(), number="b")
    await house.orders.scan("b", lambda book: picked(book.order, code(1), None, NOW))
    await house.orders.scan("1001", lambda book: picked(book.order, code(1), None, NOW, remove=True))
    assert house.orders.attention(await house.orders.get("1001")) == ()
    assert house.journal.orders_with_unit(unit(code(1))) == ["b"]
    await house.stop()


@virtual
async def test_units_named_by_a_closing_that_is_given_up_are_free_those_shipped_stay(tmp_path: Path) -> None:
    house = await opened(tmp_path, shoes("2"), fiscaliser="bank")

    async def head() -> tuple[str, str]:
        made = (await house.orders.get("1001")).head
        assert made is not None
        return made.document.kind, made.document.id

    await told(house, id="e1", type="shipment", items=[{"id": "boots", "quantity": 1, "codes": [code(1)]}])
    await told(house, id="e2", type="payment", sum="500.00", method="sbp")
    door = [{"method": "card", "sum": "1500.00"}]
    await told(house, id="e3", type="delivery", items=[{"id": "boots", "codes": [code(2)]}], payments=door)
    for number in (7, 8):
        kind, name = await head()
        assert kind == "advance"
        await house.orders.record("1001", name, {"fn": "9999078900009999", "document": number, "sign": "8"})
    kind, name = await head()
    assert kind == "closing"
    await house.orders.record("1001", name, None)
    assert (await house.orders.get("1001")).order.codes == {"boots": (code(1),)}
    assert house.journal.orders_with_unit(unit(code(2))) == []
    await house.stop()


# -- which line, which unit


def test_the_line_of_the_very_goods_wins() -> None:
    play = Play(shoes(), shoes("2", "any", gtin=None))
    scan(play, code(1))
    assert play.order.codes == {"boots": (code(1),)}
    with pytest.raises(Rejected) as refusal:
        scan(play, code(2))
    assert faults(refusal) == [("/code", "scan_not_needed")]
    scan(play, code(2), item="any")
    scan(play, code(1, SOCKS))
    assert play.order.codes["any"] == (code(2), code(1, SOCKS))


def test_a_unit_that_was_never_picked_is_not_put_back() -> None:
    play = Play(shoes("2"))
    play.deliver(goods("1", code(1)), card="1000")
    for text, word in ((code(1), "sold by"), (code(2), "not picked for")):
        with pytest.raises(Rejected) as refusal:
            scan(play, text, remove=True)
        assert faults(refusal) == [("/code", "unit_not_picked")]
        assert word in refusal.value.detail
