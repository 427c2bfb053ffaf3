"""Settings: tables (46h, 50h), protection codes, and the resets of a technician."""

from __future__ import annotations

from typing import Any, Final

from emulator.registers.atol.core import Core, Handlers
from emulator.registers.refusals import Refusal
from protocols.atol import errors, text
from protocols.atol.commands import Empty, service, state
from protocols.atol.commands.receipts import ResetCounters
from protocols.atol.fields import bcd_bytes, bcd_value
from protocols.atol.registers import CLICHE_LINES, FIELDS, Field
from protocols.atol.statuses import Mode
from protocols.atol.vat import TAX_TABLE, VAT_ROWS
from protocols.wire import WireError

CLICHE, SECTIONS = 6, 7
_WIDTH: Final = (2, 55)
#: Lines of the tables that have more than one. UNCONFIRMED: sections.
LINES: Final = {CLICHE: CLICHE_LINES, SECTIONS: 99, TAX_TABLE: len(VAT_ROWS)}
_LONGEST_TEXT: Final = 64
#: Of the emulated paper, whatever the model's is.
_COLUMNS: Final = 48


def _field(table: int, line: int, number: int) -> Field:
    if table not in {known for known, _ in FIELDS}:
        raise Refusal(errors.WRONG_TABLE)
    if not 1 <= line <= LINES.get(table, 1):
        raise Refusal(errors.WRONG_ROW)
    if (table, number) not in FIELDS:
        raise Refusal(errors.WRONG_FIELD)
    return FIELDS[table, number]


def _default(core: Core, field: Field, line: int) -> Any:
    if (field.table, field.field) == _WIDTH:
        return core.width
    if field.table == TAX_TABLE:
        row = VAT_ROWS[line - 1]
        return row.rate if field.size else str(row.vat).upper()
    return field.default


def value(core: Core, table: int, line: int, number: int) -> bytes:
    """The bytes of a field. Refusal 91h, 92h, 93h for one that is not there."""
    field = _field(table, line, number)
    kept = core.memory.written(table, line, number)
    if kept is not None:
        return kept
    default = _default(core, field, line)
    if field.size is None:
        return text.encode(str(default))
    return bcd_bytes(int(default), field.size) if field.bcd else int(default).to_bytes(field.size, "big")


def string(core: Core, table: int, line: int, number: int) -> str:
    return text.decode(value(core, table, line, number).rstrip(b"\0"))


def cliche(core: Core) -> list[str]:
    """The shop's own lines, in the middle of the paper."""
    lines = (string(core, CLICHE, line, 1) for line in range(1, CLICHE_LINES + 1))
    return [line.center(_COLUMNS).rstrip() for line in lines if line.strip()]


def read_field(core: Core, request: state.ReadField) -> state.ReadRegisterReply:
    return state.ReadRegisterReply(value(core, request.table, request.line, request.field))


def write_field(core: Core, request: state.WriteField) -> Empty:
    field = _field(request.table, request.line, request.field)
    if len(request.value) > _LONGEST_TEXT if field.size is None else len(request.value) != field.size:
        raise Refusal(errors.WRONG_LENGTH)
    if field.bcd:
        try:
            bcd_value(request.value)
        except WireError:
            raise Refusal(errors.WRONG_FORMAT) from None
    core.memory.write(request.table, request.line, request.field, request.value)
    return Empty()


def get_protection(core: Core, request: state.GetProtection) -> state.GetProtectionReply:
    return state.GetProtectionReply(int(str(request.number) in core.memory.protection))


def enter_protection(core: Core, request: state.EnterProtection) -> Empty:
    """Any code will do: what it permits, the emulated register does anyway."""
    if not request.code:
        raise Refusal(errors.WRONG_LENGTH)
    core.memory.protection = core.memory.protection | {str(request.number): request.code.hex()}
    return Empty()


def init_tables(core: Core, request: service.InitTables) -> Empty:
    core.memory.settings = {}
    return Empty()


def technological_reset(core: Core, request: service.TechnologicalReset) -> Empty:
    """Settings go; what the drive holds and what the till counted stay."""
    core.memory.settings = {}
    core.mode = Mode.CHOICE
    core.begun_tags.clear()
    return Empty()


def reset_counters(core: Core, request: ResetCounters) -> Empty:
    core.memory.counted = {}
    return Empty()


HANDLERS: Handlers = {
    state.ReadField: read_field,
    state.WriteField: write_field,
    state.GetProtection: get_protection,
    state.EnterProtection: enter_protection,
    service.InitTables: init_tables,
    service.TechnologicalReset: technological_reset,
    ResetCounters: reset_counters,
}
