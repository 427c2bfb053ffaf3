"""When a command is refused before it is even tried: mode, printer, operator. Data, with one function each."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import NO_RECEIPT, Core
from emulator.registers.shtrih.printer import suppressed
from protocols.shtrih import errors
from protocols.shtrih.commands import Access, Command
from protocols.shtrih.statuses import Mode, Submode

_OPEN, _EXPIRED, _CLOSED, _DOCUMENT = Mode.SHIFT_OPEN, Mode.SHIFT_EXPIRED, Mode.SHIFT_CLOSED, Mode.DOCUMENT_OPEN

_Row = Mapping[Mode, int]
_STARTS_RECEIPT: _Row = {_EXPIRED: errors.SHIFT_EXPIRED, _DOCUMENT: errors.RECEIPT_OPEN}
_ADDS_OPERATION = {_EXPIRED: errors.SHIFT_EXPIRED}
_NEEDS_RECEIPT = {_OPEN: NO_RECEIPT, _EXPIRED: NO_RECEIPT, _CLOSED: NO_RECEIPT}
_NOT_IN_DOCUMENT = {_DOCUMENT: errors.RECEIPT_OPEN}
_SHIFT_CLOSED_ONLY = {_OPEN: errors.WRONG_MODE, _EXPIRED: errors.WRONG_MODE, _DOCUMENT: errors.WRONG_MODE}
_OPENS_SHIFT = {_OPEN: errors.SHIFT_OPEN, _EXPIRED: errors.SHIFT_OPEN, _DOCUMENT: errors.RECEIPT_OPEN}
_CLOSES_SHIFT = {_CLOSED: errors.SHIFT_CLOSED, _DOCUMENT: errors.RECEIPT_OPEN}

#: Command -> mode -> error number; a mode that is not there lets the command through.
REFUSALS: Mapping[str, Mapping[Mode, int]] = {
    "open_shift": _OPENS_SHIFT,
    "drive_open_shift": _OPENS_SHIFT,
    "begin_open_shift": _OPENS_SHIFT,
    "z_report": _CLOSES_SHIFT,
    "drive_close_shift": _CLOSES_SHIFT,
    "begin_close_shift": _CLOSES_SHIFT,
    "x_report": _NOT_IN_DOCUMENT,
    "department_report": _NOT_IN_DOCUMENT,
    "tax_report": _NOT_IN_DOCUMENT,
    "cashier_report": _NOT_IN_DOCUMENT,
    "hourly_report": _NOT_IN_DOCUMENT,
    "goods_report": _NOT_IN_DOCUMENT,
    "print_counters": _NOT_IN_DOCUMENT,
    "cash_in": {_CLOSED: errors.WRONG_MODE, _EXPIRED: errors.SHIFT_EXPIRED} | _NOT_IN_DOCUMENT,
    "cash_out": {_CLOSED: errors.WRONG_MODE} | _NOT_IN_DOCUMENT,
    "open_receipt": _STARTS_RECEIPT,
    "open_non_fiscal": _NOT_IN_DOCUMENT,
    "close_non_fiscal": dict.fromkeys((_OPEN, _EXPIRED, _CLOSED), errors.WRONG_MODE),
    "sale": _ADDS_OPERATION,
    "buy": _ADDS_OPERATION,
    "sale_return": _ADDS_OPERATION,
    "buy_return": _ADDS_OPERATION,
    "operation_v2": _ADDS_OPERATION,
    "operation_discount": _ADDS_OPERATION,
    "operation_discount_tax": _ADDS_OPERATION,
    "void": _NEEDS_RECEIPT,
    "discount": _NEEDS_RECEIPT,
    "surcharge": _NEEDS_RECEIPT,
    "void_discount": _NEEDS_RECEIPT,
    "void_surcharge": _NEEDS_RECEIPT,
    "receipt_adjustment": _NEEDS_RECEIPT,
    "subtotal": _NEEDS_RECEIPT,
    "close_receipt": _NEEDS_RECEIPT,
    "close_receipt_extended": _NEEDS_RECEIPT,
    "close_receipt_v2": _NEEDS_RECEIPT,
    "cancel_receipt": _NEEDS_RECEIPT,
    "send_item_tlv": _NEEDS_RECEIPT,
    "bind_code": _NEEDS_RECEIPT,
    "copy_last": _NOT_IN_DOCUMENT,
    "begin_correction": _STARTS_RECEIPT,
    "make_correction": _STARTS_RECEIPT,
    "correction_v2": _STARTS_RECEIPT,
    "begin_state_report": _NOT_IN_DOCUMENT,
    "make_state_report": _NOT_IN_DOCUMENT,
    "begin_registration": _SHIFT_CLOSED_ONLY,
    "make_registration": _SHIFT_CLOSED_ONLY,
    "reregistration": _SHIFT_CLOSED_ONLY,
    "reset_drive": _NOT_IN_DOCUMENT,
    "report_to_buffer": _CLOSES_SHIFT,
    "print_report_buffer": _NOT_IN_DOCUMENT,
    "begin_drive_close": _SHIFT_CLOSED_ONLY,
    "make_drive_close": _SHIFT_CLOSED_ONLY,
    "set_time": _SHIFT_CLOSED_ONLY,
    "set_date": _SHIFT_CLOSED_ONLY,
    "confirm_date": _SHIFT_CLOSED_ONLY | {_CLOSED: errors.WRONG_MODE},
    "write_table": {_DOCUMENT: errors.WRONG_MODE},
    "init_tables": _SHIFT_CLOSED_ONLY,
    "general_clear": _SHIFT_CLOSED_ONLY,
    "start_test_run": _NOT_IN_DOCUMENT,
    "stop_test_run": dict.fromkeys((_OPEN, _EXPIRED, _CLOSED, _DOCUMENT), errors.WRONG_MODE),
}

#: Questions that are answered in every mode, waiting for a date and test run included.
_ANSWERED_ALWAYS = frozenset(
    {
        "short_status",
        "long_status",
        "device_type",
        "model_parameters",
        "get_exchange",
        "error_text",
        "read_table",
        "table_structure",
        "field_structure",
        "read_money",
        "read_counter",
        "drive_status",
        "drive_number",
        "drive_expiry",
        "drive_version",
        "ofd_status",
        "shift_parameters",
        "find_document",
        "unconfirmed_count",
        "drive_memory",
        "last_registration",
        "beep",
        "service",
    }
)
_IN_CONFIRM_DATE = frozenset({"confirm_date", "set_date", "set_time"})
_IN_TEST_RUN = frozenset({"stop_test_run"})

#: Commands that put something on paper now.
PRINTS = frozenset(
    {
        "print_bold",
        "print_string",
        "print_title",
        "print_font",
        "print_header",
        "print_advert",
        "end_document",
        "print_graphics_512",
        "print_scaled_graphics",
        "print_graphics",
        "print_ean13",
        "print_extended_graphics",
        "print_raster",
        "print_barcode",
        "print_code_2d",
        "print_requisite",
        "feed",
        "cut",
        "copy_last",
        "x_report",
        "department_report",
        "tax_report",
        "cashier_report",
        "hourly_report",
        "goods_report",
        "print_counters",
        "print_report_buffer",
        "cash_in",
        "cash_out",
        "open_non_fiscal",
        "close_non_fiscal",
        "start_test_run",
    }
)
#: Commands that print a fiscal document, or open one: they need no paper when table 17 field 7 suppresses printing.
PRINTS_DOCUMENT = frozenset(
    {
        "open_shift",
        "drive_open_shift",
        "z_report",
        "drive_close_shift",
        "open_receipt",
        "close_receipt",
        "close_receipt_extended",
        "close_receipt_v2",
        "make_correction",
        "correction_v2",
        "make_state_report",
        "make_drive_close",
        "make_registration",
        "reregistration",
    }
)
#: These open a receipt only when none is open.
_MAY_OPEN = frozenset(
    {"sale", "buy", "sale_return", "buy_return", "operation_v2", "operation_discount", "operation_discount_tax"}
)

_LOWEST = {Access.SENIOR: 28, Access.ADMIN: 29, Access.SYSTEM: 30}


def check_mode(core: Core, command: Command) -> None:
    """Refusal when the register's mode does not let the command through."""
    name = command.name
    if name in _ANSWERED_ALWAYS:
        return
    if core.memory.clock_lost:
        # UNCONFIRMED which commands a clock lost with the shift open lets through; without these no way leads out.
        if name in _IN_CONFIRM_DATE:
            return
        raise Refusal(errors.CONFIRM_CLOCK)
    mode = core.mode()
    if mode is Mode.CONFIRM_DATE and name in _IN_CONFIRM_DATE:
        return
    if mode is Mode.TEST_RUN and name in _IN_TEST_RUN:
        return
    if mode in {Mode.CONFIRM_DATE, Mode.TEST_RUN}:
        raise Refusal(errors.WRONG_MODE)
    refusal = REFUSALS.get(name, {}).get(mode)
    if refusal is not None:
        raise Refusal(refusal)


def check_printer(core: Core, command: Command) -> None:
    """Refusal when the command prints and the printer cannot."""
    name = command.name
    if name in PRINTS_DOCUMENT or (name in _MAY_OPEN and core.draft is None):
        if suppressed(core.memory):
            return
    elif name not in PRINTS:
        return
    if core.printer.breaking_off:
        return
    submode = core.submode()
    if submode is Submode.PRINTING:
        raise Refusal(errors.PRINTING)
    if submode is Submode.WAITING_CONTINUE:
        raise Refusal(errors.WAITING_CONTINUE)
    if submode in {Submode.PASSIVE_NO_PAPER, Submode.ACTIVE_NO_PAPER}:
        raise Refusal(errors.WRONG_SUBMODE if core.memory.paper_present else errors.NO_PAPER)


def operator_of(core: Core, command: Command, password: int) -> int:
    """The operator's number by the password of table 2; Refusal 4Fh for a wrong one or too low a rank."""
    found = core.passwords().get(password)
    if found is None or found < _LOWEST.get(command.access, 1):
        raise Refusal(errors.WRONG_PASSWORD)
    return found
