"""A refund bears the tax system (1055) of the receipt that it undoes; after the settlement nobody changes it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from order_keeper import NOW, Keeper
from order_play import Play, line, rub, told

from gateway.orders.bodies import body
from gateway.orders.ledger import Document
from gateway.orders.log import Put, from_json
from gateway.orders.order import Goods, Payment, Refund
from gateway.orders.order import Paid as Money
from gateway.orders.words import Means, OrderType, Rejected
from protocols.ffd.enums import Taxation

OSN, USN = Taxation.OSN, Taxation.USN_INCOME
LAMP = line("Лампа", "1000.00", "3")


def under(play: Play, taxation: Taxation | None) -> None:
    play.order = replace(play.order, taxation=taxation)


def systems(documents: list[Document]) -> list[tuple[str, Taxation | None]]:
    return [(told(document), document.taxation) for document in documents]


def paid_under_two(**policy: str) -> Play:
    play = Play(LAMP, **policy)
    for taxation, amount in ((OSN, "1000"), (OSN, "200"), (USN, "500")):
        under(play, taxation)
        play.pay(card=amount)
    return play


def test_money_goes_back_under_the_system_that_took_it() -> None:
    for policy in ({}, {"refund_receipts": "one"}):
        play = paid_under_two(**policy)
        back = play.cancel()
        sums = {one: sum(made.total for made in back if made.taxation is one) for one in (OSN, USN)}
        assert sums == {OSN: rub("1200"), USN: rub("500")}
    assert systems(back) == [
        ("refund_advance 500.00: electronic 500.00", USN),
        ("refund_advance 1200.00: electronic 1200.00", OSN),
    ]


def test_a_prepayment_goes_back_under_its_system_by_name_and_as_an_advance() -> None:
    play = Play(LAMP)
    under(play, OSN)
    play.pay(card="3000")
    under(play, USN)
    assert systems(play.refund("500")) == [("refund_advance 500.00: electronic 500.00", OSN)]
    play = Play(LAMP)
    under(play, OSN)
    play.pay(card="3000")
    under(play, USN)
    assert systems(play.cancel()) == [("refund_prepayment 3000.00: electronic 3000.00", OSN)]


def test_what_is_left_over_at_the_door_goes_back_so_too() -> None:
    play = paid_under_two()
    play.edit(line("Лампа", "1000.00"))
    assert systems(play.deliver()) == [
        ("refund_advance 500.00: electronic 500.00", USN),
        ("refund_advance 200.00: electronic 200.00", OSN),
        ("closing 1000.00: prepaid 1000.00", USN),
    ]


def test_goods_come_back_under_the_systems_that_sold_them() -> None:
    play = Play(LAMP)
    under(play, OSN)
    play.pay(card="3000")
    play.deliver(Goods("Лампа", Decimal(1)))
    under(play, USN)
    play.deliver()
    assert systems(play.back()) == [
        ("refund_goods 1000.00: electronic 1000.00", OSN),
        ("refund_goods 2000.00: electronic 2000.00", USN),
    ]


def test_a_system_left_out_is_the_orders_own() -> None:
    play = Play(LAMP, refund_receipts="one")
    play.pay(card="100")
    under(play, OSN)
    play.pay(card="200")
    assert systems(play.cancel()) == [("refund_advance 300.00: electronic 300.00", OSN)]


def said(taxation: str | None) -> Put:
    common = json.dumps({} if taxation is None else {"taxation": taxation})
    policy = Keeper().policy
    return Put(at=NOW, type=OrderType.GOODS, lines=(LAMP,), remote=False, common=common, policy=policy)


def test_the_log_keeps_the_system_of_each_document() -> None:
    kept = Keeper(LAMP)
    kept.add(said("osn"))
    kept.happens(Payment(id="e1", paid=(Money(Means.CARD, rub("1000")),)))
    version = kept.book.version
    kept.add(said("usn_income"))
    assert kept.book.version == version  # of the composition
    assert kept.book.head is not None
    assert body(kept.book.head.document, "1001", kept.book.common)["taxation"] == "osn"
    kept.registers()
    kept.happens(Refund(id="e2"))
    kept.happens(Payment(id="e3", paid=(Money(Means.CARD, rub("100")),)))
    made = [one.document for one in kept.book.documents.values()]
    assert [body(one, "1001", kept.book.common)["taxation"] for one in made] == ["osn", "osn", "usn_income"]


def test_a_log_without_systems_is_read_as_it_was() -> None:
    kept = Keeper(LAMP)
    kept.add(said("osn"))
    kept.happens(Payment(id="e1", paid=(Money(Means.CARD, rub("1000")),)))
    old = json.loads(kept.kept[-1])
    for document in old["documents"]:
        del document["taxation"]
    kept.kept[-1] = json.dumps(old)
    assert from_json(kept.kept[-1])
    kept.add(said("usn_income"))
    kept.happens(Refund(id="e2"))
    made = [one.document for one in kept.book.documents.values()]
    assert [body(one, "1001", kept.book.common)["taxation"] for one in made] == ["usn_income", "usn_income"]


def test_a_settled_orders_system_is_frozen() -> None:
    kept = Keeper(LAMP)
    kept.add(said("osn"))
    play = Play(LAMP)
    under(play, OSN)
    play.pay(card="3000")
    play.deliver(Goods("Лампа", Decimal(1)))
    play.change(taxation=USN)  # a part is still to come
    play.deliver()
    for other in (OSN, None):
        with pytest.raises(Rejected) as refusal:
            play.change(taxation=other)
        assert (refusal.value.code, refusal.value.rule) == ("order_settled", "18")
    assert [fault.pointer for fault in refusal.value.faults] == ["/taxation"]
    play.change(taxation=USN)
