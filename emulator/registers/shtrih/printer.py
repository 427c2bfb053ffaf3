"""The printer in the words of Shtrih-M: submode, flags, and the setting that keeps documents off the paper."""

from __future__ import annotations

from emulator.registers.printer import Printer
from emulator.registers.shtrih.memory import ShtrihMemory
from protocols.shtrih import tables
from protocols.shtrih.statuses import HEALTHY, Flag, Submode

#: Values of table 17 field 7: the next document is not printed, no document is.
_SKIP_NEXT, _SKIP_ALL = 1, 2


def submode(printer: Printer) -> Submode:
    if printer.busy:
        return Submode.PRINTING
    if printer.interrupted:
        return Submode.WAITING_CONTINUE if printer.usable else Submode.ACTIVE_NO_PAPER
    return Submode.IDLE if printer.usable else Submode.PASSIVE_NO_PAPER


def flags(printer: Printer) -> Flag:
    found = HEALTHY
    if not printer.paper_present:
        found &= ~(Flag.RECEIPT_ROLL | Flag.RECEIPT_OPTICAL)
    if printer.cover_open:
        found |= Flag.COVER_OPEN
    return found


def suppressed(memory: ShtrihMemory) -> bool:
    """Table 17 field 7 keeps the next document off the paper."""
    return memory.number(tables.SKIP_PRINTING) in {_SKIP_NEXT, _SKIP_ALL}


def use_suppression(memory: ShtrihMemory) -> None:
    """A document was made: "do not print the next one" is over."""
    if memory.number(tables.SKIP_PRINTING) == _SKIP_NEXT:
        memory.set(tables.REGIONAL, 1, tables.SKIP_PRINTING[1], 0)
