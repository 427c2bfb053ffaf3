"""Registers of 91h: a number, two parameters, and what their bytes hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import SETTLEMENTS
from emulator.registers.atol.core import FORMS, Core, Handlers
from emulator.registers.refusals import Refusal
from emulator.registers.till import CASH, payment, shift_cash, shift_cash_count
from protocols.atol import errors, registers
from protocols.atol.commands.state import ReadRegister, ReadRegisterReply
from protocols.atol.statuses import OPERATION_OF, TYPE_OF
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.tlv import encode
from protocols.wire import Message

_DAY: Final = timedelta(hours=24)
_CORRECTIONS: Final = frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})
#: Tags of the registration that register 27 shows. UNCONFIRMED: no source has its layout.
_REGISTRATION: Final = frozenset({1018, 1037, 1048, 1062})


def _operation(kind: int) -> tuple[Operation, str]:
    """An operation by the type of 92h, and the prefix of its counters in the drive."""
    found = OPERATION_OF.get(kind)
    if found is None:
        raise Refusal(errors.WRONG_REGISTER)
    operation, correction = found
    return operation, f"{'c' if correction else ''}{operation.code}"


def _payments(core: Core, kind: int, form: int) -> Message:
    """Receipts and corrections of one operation are counted together where the till counts them."""
    if form not in FORMS:
        raise Refusal(errors.WRONG_REGISTER)
    return registers.Money6(core.till[payment(_operation(kind)[0], form)])


def _moved(*, incoming: bool) -> Callable[[Core, int, int], Message]:
    return lambda core, first, second: registers.Money6(core.till[shift_cash(incoming=incoming)])


def _moves(*, incoming: bool) -> Callable[[Core, int, int], Message]:
    return lambda core, first, second: registers.Count(core.till[shift_cash_count(incoming=incoming)] % 10_000)


def _receipts(core: Core, kind: int, _: int) -> Message:
    return registers.Count(core.drive.shift_totals.get(f"{_operation(kind)[1]}.1135", 0) % 10_000)


def _cash(core: Core, first: int, second: int) -> Message:
    return registers.Money7(core.till[CASH])


def _now(core: Core, first: int, second: int) -> Message:
    return registers.Now(core.now().replace(tzinfo=None, microsecond=0))


def _shift_clock(core: Core, first: int, second: int) -> Message:
    opened = core.drive.shift_opened_at
    if opened is not None:
        return registers.ShiftClock(1, opened + _DAY)
    closed = _last(core, {DocumentCode.SHIFT_CLOSE})
    return registers.ShiftClock(0, None if closed is None else closed.at)


def _last(core: Core, codes: set[DocumentCode] | frozenset[DocumentCode]) -> StoredDocument | None:
    """The newest document of these kinds."""
    for number in range(core.drive.last_document, 0, -1):
        document = core.drive.document(number)
        if document is not None and document.code in codes:
            return document
    return None


def _serial(core: Core, first: int, second: int) -> Message:
    return registers.Serial(core.serial % 10**14)


def _width(core: Core, first: int, second: int) -> Message:
    return registers.Width(core.width, b"")


def _registration(core: Core, first: int, second: int) -> Message:
    return registers.Raw(
        encode(each for each in core.registration.elements(core.drive.ffd) if each.tag in _REGISTRATION)
    )


def _grand_total(core: Core, kind: int, _: int) -> Message:
    return registers.Money7(core.drive.totals.get(f"{_operation(kind)[1]}.1201", 0))


def _unsent(core: Core, first: int, second: int) -> Message:
    return registers.Unsent(core.drive.backlog.count)


def _drive_number(core: Core, first: int, second: int) -> Message:
    return registers.Raw(core.drive.number.encode("ascii"))


def _last_receipt(core: Core, first: int, second: int) -> Message:
    document = _last(core, SETTLEMENTS)
    if document is None:
        return registers.LastReceipt(0, 0, 0, 0, 0, 0, 0, 0, 0, b"")
    kind = TYPE_OF[Operation.of(document.operation), document.code in _CORRECTIONS]
    at = document.at
    return registers.LastReceipt(
        document.number, kind, document.total, at.day, at.month, at.year % 100, at.hour, at.minute, document.sign, b""
    )


def _last_document(core: Core, first: int, second: int) -> Message:
    return registers.LastDocument(core.drive.last_document, b"")


def _shift(core: Core, first: int, second: int) -> Message:
    return registers.ShiftData(core.drive.receipt, core.drive.shift)


def _formats(core: Core, first: int, second: int) -> Message:
    return registers.Formats(core.ffd.code, core.drive.ffd.code, b"")


def _extended(core: Core, first: int, second: int) -> Message:
    command, code, more = core.extended
    return registers.ExtendedError(command, code, more.ljust(4, b"\0"))


REGISTERS: Final[Mapping[int, Callable[[Core, int, int], Message]]] = {
    3: _payments,
    4: _moved(incoming=True),
    5: _moved(incoming=False),
    6: _receipts,
    8: _moves(incoming=True),
    9: _moves(incoming=False),
    10: _cash,
    17: _now,
    18: _shift_clock,
    22: _serial,
    24: _width,
    27: _registration,
    40: _grand_total,
    44: _unsent,
    47: _drive_number,
    51: _last_receipt,
    52: _last_document,
    53: _shift,
    54: _formats,
    55: _extended,
}


def read_register(core: Core, request: ReadRegister) -> ReadRegisterReply:
    found = REGISTERS.get(request.number)
    if found is None:
        raise Refusal(errors.WRONG_REGISTER)
    return ReadRegisterReply(found(core, request.first, request.second).encode())


HANDLERS: Handlers = {ReadRegister: read_register}
