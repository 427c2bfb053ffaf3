"""When a command is refused before it is even tried: clock, mode, receipt and shift, printer. Mostly data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.registers.atol.core import Core
from emulator.registers.refusals import Refusal
from protocols.atol import errors
from protocols.atol.commands import Command
from protocols.atol.commands.receipts import DO_NOT_PRINT, OpenReceipt
from protocols.rows import Effect

_RECEIPT, _NO_RECEIPT, _SHIFT, _NO_SHIFT, _EXPIRED = "receipt", "no receipt", "shift", "no shift", "expired"

_NEEDS_RECEIPT: Final = {_NO_RECEIPT: errors.RECEIPT_CLOSED}
_SELLS: Final = _NEEDS_RECEIPT | {_EXPIRED: errors.SHIFT_EXPIRED}
_NOT_IN_RECEIPT: Final = {_RECEIPT: errors.RECEIPT_OPEN}
_SHIFT_CLOSED: Final = _NOT_IN_RECEIPT | {_SHIFT: errors.SHIFT_OPEN}
#: UNCONFIRMED: what a device with a drive says to cash without a shift. The drive's own number for its wrong state.
_NEEDS_SHIFT: Final = _NOT_IN_RECEIPT | {_NO_SHIFT: errors.FN_WRONG_STATE}

#: Command -> circumstance -> error number, in the order in which they are asked.
REFUSALS: Final[Mapping[str, Mapping[str, int]]] = {
    "open_shift": _SHIFT_CLOSED,
    "open_receipt": _NOT_IN_RECEIPT | {_EXPIRED: errors.SHIFT_EXPIRED},
    "begin_item": _SELLS,
    "end_item": _SELLS,
    "register_item": _SELLS,
    "sale": _SELLS,
    "sale_return": _SELLS,
    "receipt_tax": _NEEDS_RECEIPT,
    "adjust": _NEEDS_RECEIPT,
    "pay": _SELLS,
    "undo_pay": _NEEDS_RECEIPT,
    "close_receipt": _SELLS,
    "cancel_receipt": _NEEDS_RECEIPT,
    "cash_in": _NEEDS_SHIFT | {_EXPIRED: errors.SHIFT_EXPIRED},
    "cash_out": _NEEDS_SHIFT,
    "report": _NOT_IN_RECEIPT,
    "close_shift": _NOT_IN_RECEIPT,
    "reset_counters": _SHIFT_CLOSED,
    "set_date": _SHIFT_CLOSED,
    "set_time": _SHIFT_CLOSED,
    "set_clock": _SHIFT_CLOSED,
    "technological_reset": _SHIFT_CLOSED,
    "init_tables": _SHIFT_CLOSED,
    "repeat_last": _NOT_IN_RECEIPT,
    "power": _NOT_IN_RECEIPT,
    "write_field": _NOT_IN_RECEIPT,
}
#: With the quirk "shift-by-receipt" these open the shift themselves.
OPENS_SHIFT: Final = frozenset({"open_receipt", "cash_out"})

#: Locked until date and time are entered.
DATE_ENTRY: Final = 0x15
#: What is done about a lost clock, besides reading.
_SETS_CLOCK: Final = frozenset({"set_date", "set_time", "set_clock", "beep", "sound"})

#: Commands that put something on paper now.
PRINTS: Final = frozenset(
    {
        "open_shift",
        "open_receipt",
        "close_receipt",
        "close_shift",
        "report",
        "cash_in",
        "cash_out",
        "print_registration",
        "print_document",
        "print_line",
        "print_field",
        "print_cliche",
        "print_footer",
        "print_demo",
        "print_picture",
        "print_raster",
        "print_barcode",
        "print_barcode_more",
        "repeat_last",
        "cut",
    }
)


def check_clock(core: Core, command: Command) -> None:
    """15h to everything but questions and the clock itself, while date and time are lost."""
    if core.memory.clock_lost and command.effect is not Effect.READ and command.name not in _SETS_CLOCK:
        raise Refusal(DATE_ENTRY)


def check_mode(core: Core, command: Command) -> None:
    """66h where the command is not of this mode; a number of the table where receipt or shift forbid it."""
    if command.modes is not None and core.mode not in command.modes:
        raise Refusal(errors.WRONG_MODE)
    drive = core.drive
    now = {
        _RECEIPT: core.draft is not None,
        _NO_RECEIPT: core.draft is None,
        _SHIFT: drive.shift_open,
        _NO_SHIFT: not drive.shift_open and not opens_shift(core, command),
        _EXPIRED: drive.shift_expired,
    }
    for circumstance, number in REFUSALS.get(command.name, {}).items():
        if now[circumstance]:
            raise Refusal(number)


def opens_shift(core: Core, command: Command) -> bool:
    return "shift-by-receipt" in core.quirks and command.name in OPENS_SHIFT


def do_not_print(core: Core) -> int:
    """The flag of 92h."""
    return 0x02 if "no-print-02" in core.quirks else DO_NOT_PRINT


def check_printer(core: Core, command: Command, request: Any) -> None:
    """67h where the command prints and the printer cannot; 76h while it prints something of another's.

    What hosts print one after another waits in the printer: atol4j's chains know no 76h.
    """
    if command.name not in PRINTS or core.printer.breaking_off:
        return
    kept_off = request.flags & do_not_print(core) if isinstance(request, OpenReceipt) else not core.goes_on_paper()
    if kept_off and command.name in {"open_receipt", "close_receipt"}:
        return
    if not core.printer.usable:
        raise Refusal(errors.NO_PAPER)
    core.holds_back &= core.printer.busy
    if core.holds_back:
        raise Refusal(errors.UNFINISHED)
