"""Money and operation registers as numbers for what every till counts (shtrih_m §8)."""

from __future__ import annotations

from emulator.registers.shtrih.ledger import COUNTERS, MONEY, counter, money
from emulator.registers.shtrih.memory import ShtrihMemory
from emulator.registers.till import SHIFT, Till
from protocols.shtrih import registers


def test_a_z_report_zeroes_what_the_documents_say() -> None:
    zeroed = {*range(121, 241), 242, 243, *range(249, 253), *range(4144, 4192)}
    assert {number for number, key in MONEY.items() if key.startswith(SHIFT)} <= zeroed
    assert not zeroed & {number for number, key in MONEY.items() if not key.startswith(SHIFT)}
    zeroed = {*range(72, 148), 153, 154, 157, *range(179, 184)}
    assert {number for number, key in COUNTERS.items() if key.startswith(SHIFT)} <= zeroed
    assert not zeroed & {number for number, key in COUNTERS.items() if not key.startswith(SHIFT)}


def test_every_number_is_a_register_of_the_device() -> None:
    assert all(registers.money_text(number) for number in MONEY)
    assert all(registers.counter_text(number) for number in COUNTERS)


def test_they_wrap_as_their_bytes_do() -> None:
    till = Till(ShtrihMemory())
    till.add("documents", 0x2_0001)
    till.add("cash", (1 << 48) + 5)
    assert counter(till, registers.DOCUMENT_NUMBER) == counter(till, registers.DOCUMENT_NUMBER_LOW) == 1
    assert counter(till, registers.DOCUMENT_NUMBER_HIGH) == 2
    assert money(till, registers.CASH_IN_DRAWER) == 5
    assert (money(till, 250 * 4), counter(till, 1)) == (0, 0), "what nothing counts"
