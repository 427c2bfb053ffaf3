"""Settings tables, registers and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from emulator.registers.refusals import Refusal
from emulator.registers.shtrih import ledger
from emulator.registers.shtrih.core import CASHCORE, Core, Handlers
from emulator.registers.shtrih.registering import PENDING, TEXTS, VERSIONS
from protocols.shtrih import errors, registers, tables
from protocols.shtrih.commands import Empty
from protocols.shtrih.commands.state import ConfirmDate, GeneralClear, SetDate, SetTime
from protocols.shtrih.commands.tables import (
    FieldStructure,
    FieldStructureReply,
    FontMetrics,
    FontMetricsReply,
    InitTables,
    ReadCounter,
    ReadCounterReply,
    ReadMoney,
    ReadMoneyReply,
    ReadTable,
    ReadTableReply,
    TableStructure,
    TableStructureReply,
    WriteTable,
)

FONTS = 7
_CASHCORE_FFD = tables.FFD_OF_CASHCORE[-1]
_FFD_CODES = {version: code for code, version in VERSIONS.items()}


def _first_unsent_at(core: Core) -> str:
    first = core.drive.backlog.first_at
    return f"{first:%d.%m.%Y %H:%M}" if first else ""


def _registered(name: str) -> Callable[[Core], str]:
    return lambda core: str(getattr(core.registered, name))


#: Fields that show the drive and its registration instead of a setting.
_SHOWN: Mapping[tuple[int, int], Callable[[Core], int | str]] = {
    tables.FFD: lambda core: _FFD_CODES[core.registered.ffd],
    (tables.STORAGE, 1): lambda core: core.registered.serial,
    (tables.STORAGE, 2): lambda core: core.registered.inn,
    (tables.STORAGE, 3): lambda core: core.registered.registration_number,
    (tables.STORAGE, 4): lambda core: core.drive.number,
    (tables.STORAGE, 5): lambda core: core.registered.taxations,
    (tables.STORAGE, 6): lambda core: core.registered.mode & 0x3F,
    **{(tables.STORAGE, field): _registered(name) for field, name in TEXTS.items()},
    (tables.STORAGE, 21): lambda core: core.registered.extended_mode,
    (tables.STORAGE, 24): lambda core: min(core.drive.resource.days_left, 255),
    (tables.EXCHANGE, 1): lambda core: int(core.drive.connected) | (2 if core.drive.backlog.count else 0),
    (tables.EXCHANGE, 3): lambda core: core.drive.backlog.count,
    (tables.EXCHANGE, 4): lambda core: core.drive.backlog.first or 0,
    (tables.EXCHANGE, 5): _first_unsent_at,
}


def _table(number: int) -> tables.Table:
    """Refusal 5Dh for a table the register does not have: it ends a host's enumeration."""
    table = tables.ALL_TABLES.get(number)
    if table is None:
        raise Refusal(errors.NO_TABLE)
    return table


def _field(number: int, row: int, field: int) -> tables.Field:
    table = _table(number)
    found = table.field(field)
    if found is None or not 1 <= row <= table.rows:
        raise Refusal(errors.BAD_PARAMETERS)
    return found


def table_structure(core: Core, request: TableStructure, operator: int) -> TableStructureReply:
    table = _table(request.table)
    return TableStructureReply(table.name, table.rows, len(table.fields))


def field_structure(core: Core, request: FieldStructure, operator: int) -> FieldStructureReply:
    field = _field(request.table, 1, request.field)
    limits = b"" if field.is_text else field.to_bytes(field.low) + field.to_bytes(field.high)
    return FieldStructureReply(field.name[:40], int(field.is_text), field.size, limits)


def read_table(core: Core, request: ReadTable, operator: int) -> ReadTableReply:
    if CASHCORE in core.quirks and (request.table, request.field) in {tables.FFD, _CASHCORE_FFD}:
        if (request.table, request.field) == tables.FFD:
            raise Refusal(errors.BAD_PARAMETERS)
        return ReadTableReply(bytes([_FFD_CODES[core.registered.ffd]]))
    field = _field(request.table, request.row, request.field)
    where = request.table, request.field
    shown = _SHOWN.get(where)
    if where in PENDING and core.memory.written(request.table, 1, request.field) is not None:
        shown = None
    value = shown(core) if shown else core.memory.setting(request.table, request.row, request.field)
    return ReadTableReply(field.to_bytes(value))


def write_table(core: Core, request: WriteTable, operator: int) -> Empty:
    field, where = _field(request.table, request.row, request.field), (request.table, request.field)
    shown = _SHOWN.get(where)
    if field.read_only or (shown is not None and where not in PENDING):
        raise Refusal(errors.FIELD_READ_ONLY)
    try:
        value = field.from_bytes(request.value)
    except ValueError:
        raise Refusal(errors.BAD_PARAMETERS) from None
    if shown is not None and value == shown(core):
        core.memory.forget((where,))
        return Empty()
    if shown is not None:
        _check_pending(core, where, value)
    core.memory.set(request.table, request.row, request.field, value)
    return Empty()


def _check_pending(core: Core, where: tuple[int, int], value: int | str) -> None:
    """What is written for the next registration is shown at once and takes effect with it.

    UNCONFIRMED: a real register may show the ФФД of its registration (table 17 field 17) until the report is made.
    """
    if core.drive.shift_open:
        raise Refusal(errors.NOT_IN_THIS_MODE)
    if where == tables.FFD:
        version = VERSIONS.get(value) if isinstance(value, int) else None
        if version is None or version.code > core.drive.ffd.code:
            raise Refusal(errors.BAD_PARAMETERS)


def init_tables(core: Core, request: InitTables, operator: int) -> Empty:
    core.memory.settings = {}
    return Empty()


def general_clear(core: Core, request: GeneralClear, operator: int) -> Empty:
    core.end_shift()
    return Empty()


def font_metrics(core: Core, request: FontMetrics, operator: int) -> FontMetricsReply:
    if not 1 <= request.font <= FONTS:
        raise Refusal(errors.BAD_PARAMETERS)
    return FontMetricsReply(576, 12, 24, FONTS)


#: Hosts read registers 0…255 in a loop and take a refusal in the middle for a broken device.
_ONE_BYTE = 0xFF


def read_money(core: Core, request: ReadMoney, operator: int) -> ReadMoneyReply:
    if request.number > _ONE_BYTE and registers.money_text(request.number) is None:
        raise Refusal(errors.BAD_PARAMETERS)
    draft, paid = (core.draft, None) if core.draft is not None or core.last_closed is None else core.last_closed
    value = ledger.receipt_money(draft, paid, request.number) if draft is not None else None
    if value is None:
        value = ledger.money(core.till, request.number)
    return ReadMoneyReply(operator, value)


def read_counter(core: Core, request: ReadCounter, operator: int) -> ReadCounterReply:
    return ReadCounterReply(operator, ledger.counter(core.till, request.number))


def set_time(core: Core, request: SetTime, operator: int) -> Empty:
    core.clock.set(datetime.combine(core.now().date(), request.time))
    core.clock.told("time")
    return Empty()


def set_date(core: Core, request: SetDate, operator: int) -> Empty:
    """The date waits for its confirmation (mode 6)."""
    if request.date is None:
        raise Refusal(0x7D)
    core.memory.date_to_confirm = request.date.isoformat()
    return Empty()


def confirm_date(core: Core, request: ConfirmDate, operator: int) -> Empty:
    """Another date than 22h gave is refused, and mode 6 goes on."""
    if request.date is None or request.date.isoformat() != core.memory.date_to_confirm:
        raise Refusal(errors.DATE_MISMATCH)
    core.clock.set(datetime.combine(request.date, core.now().time().replace(microsecond=0)))
    core.memory.date_to_confirm = ""
    core.clock.told("date")
    return Empty()


HANDLERS: Handlers = {
    TableStructure: table_structure,
    FieldStructure: field_structure,
    ReadTable: read_table,
    WriteTable: write_table,
    InitTables: init_tables,
    GeneralClear: general_clear,
    FontMetrics: font_metrics,
    ReadMoney: read_money,
    ReadCounter: read_counter,
    SetTime: set_time,
    SetDate: set_date,
    ConfirmDate: confirm_date,
}
