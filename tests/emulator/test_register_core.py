"""What emulated registers of every family share: payment, counters, memory, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.registers import till
from emulator.registers.clock import LOST_CLOCK, RegisterClock
from emulator.registers.memory import Memory, load, save
from emulator.registers.payments import PaymentKind, settle
from emulator.registers.refusals import Denied, Reason
from emulator.registers.shtrih.core import DENIED
from emulator.registers.till import Till
from emulator.storage import Storage
from protocols.ffd.enums import Operation

#: As other_kkt §1.5 has them for Пирит (47): 0 cash, 1…12 electronic, 13 advance, 14 credit, 15 other.
FORMS = {
    0: PaymentKind.CASH,
    **dict.fromkeys(range(1, 13), PaymentKind.ELECTRONIC),
    13: PaymentKind.PREPAID,
    14: PaymentKind.POSTPAID,
    15: PaymentKind.OTHER,
}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(slots=True)
class One(Memory):
    KEY: ClassVar[str] = "one"

    speed: int = 5


def test_change_comes_from_cash_alone() -> None:
    paid = settle(1000, {0: 700, 2: 400, 7: 100}, FORMS)
    assert (paid.forms, paid.change, paid.received) == ({0: 500, 2: 400, 7: 100}, 200, 700)
    assert {kind: amount for kind, amount in paid.kinds.items() if amount} == {
        PaymentKind.CASH: 500,
        PaymentKind.ELECTRONIC: 500,
    }
    assert settle(1000, {13: 600, 0: 400}, FORMS).received is None, "nothing is given back"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({0: 999}, Reason.PAYMENT_SHORT),
        ({}, Reason.PAYMENT_SHORT),
        ({1: 1001}, Reason.CASHLESS_EXCEEDS),
        ({0: 500, 14: 600, 15: 401}, Reason.CASHLESS_EXCEEDS),
    ],
)
def test_what_cannot_pay_a_receipt_is_denied(given: dict[int, int], reason: Reason) -> None:
    with pytest.raises(Denied) as denied:
        settle(1000, given, FORMS)
    assert denied.value.reason is reason


@given(st.dictionaries(st.sampled_from(sorted(FORMS)), st.integers(0, 10**6)), st.integers(0, 10**6))
def test_what_is_paid_is_what_is_due(given: dict[int, int], total: int) -> None:
    try:
        paid = settle(total, given, FORMS)
    except Denied:
        return
    assert paid.total == total == sum(paid.kinds.values())
    assert paid.total + paid.change == sum(given.values())
    assert all(amount >= 0 for amount in paid.forms.values())


def test_a_shift_s_counters_end_with_it() -> None:
    counted = Till(One())
    counted.post_cash(500, incoming=True)
    counted.post_settlement(Operation.SELL, 200)
    counted.add(till.payment(Operation.SELL, 1), 200)
    counted.add(till.payment(Operation.SELL_REFUND, 1), 30)
    assert (counted.paid(Operation.SELL), counted.paid(Operation.SELL_REFUND)) == (200, 30)
    counted.end_shift()
    assert (counted[till.CASH], counted[till.cash_count(incoming=True)]) == (700, 1)
    assert counted.paid(Operation.SELL) == counted[till.shift_cash(incoming=True)] == 0


def test_memory_is_kept_under_the_family_s_key_when_it_changed() -> None:
    storage = Storage()
    memory = load(One, storage)
    memory.speed = 9
    Till(memory).add(till.X_REPORTS)
    save(storage, memory)
    assert not memory.dirty
    storage.put("one", storage.get("one") | {"of another version": 1})
    again = load(One, storage)
    assert (again.speed, again.counted) == (9, {till.X_REPORTS: 1})


def test_a_lost_clock_starts_over_and_is_found_by_all_it_wants_to_be_told() -> None:
    memory = One()
    clock = RegisterClock(memory, lambda: NOON)
    clock.lose("time date")
    assert clock() == LOST_CLOCK.replace(tzinfo=UTC)
    clock.told("time")
    assert memory.clock_lost == "date"
    clock.set(datetime(2026, 3, 2, 12, 5))
    clock.told("date")
    assert (memory.clock_lost, clock() - clock.shop()) == ("", timedelta(minutes=5))
    clock.find()
    assert clock() - clock.shop() == timedelta(minutes=5), "it is not lost any more"


def test_a_family_has_a_number_for_every_refusal() -> None:
    assert set(DENIED) == set(Reason)
