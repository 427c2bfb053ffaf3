"""Cash in and out without a receipt."""

from __future__ import annotations

from emulator.registers.core import Core
from emulator.registers.till import DOCUMENTS
from protocols.ffd.arithmetic import rubles


def move_cash(core: Core, amount: int, cashier: str, *, incoming: bool) -> int:
    """Counted and printed at once; the through number of the slip. Denied NOT_ENOUGH_CASH.

    Nothing is an amount too: the vendor's Java driver for Shtrih-M ends a cancelled cash-in with a sum of zero.
    """
    if not incoming:
        core.check_drawer(-amount)
    with core.storage.transaction():
        core.till.post_cash(amount, incoming=incoming)
        number = core.till.add(DOCUMENTS)
        core.printer.text(
            ["ВНЕСЕНИЕ" if incoming else "ВЫПЛАТА", "center", "bold"],
            ["Документ №", "=", str(number)],
            ["Сумма", "=", rubles(amount)],
            [cashier],
        )
        core.save()
    return number
