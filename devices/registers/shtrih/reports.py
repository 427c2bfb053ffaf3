"""Counters of the shift, and every settings table as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devices.errors import Rejected
from devices.registers.base import Bookmark, SettingsTable
from devices.registers.shtrih.exchange import Exchange
from protocols.ffd.enums import Operation
from protocols.shtrih import registers
from protocols.shtrih.commands.tables import (
    FieldStructure,
    FieldStructureReply,
    ReadCounter,
    ReadMoney,
    ReadTable,
    TableStructure,
)
from protocols.shtrih.errors import is_of_drive
from protocols.shtrih.statuses import TYPE_OF_OPERATION
from protocols.shtrih.wire import cp1251

#: Payment forms of the register -> the words of our JSON; 2…13 are all "electronic" (tag 1081).
_FORMS = {1: "cash", **dict.fromkeys(range(2, 14), "electronic"), 14: "prepaid", 15: "postpaid", 16: "other"}

#: Values that are nobody's business: operators' and network passwords.
_SENSITIVE = "парол"
_HIDDEN = "***"

#: The number after which an unending answer to 2Dh is no device any more.
_MOST_TABLES = 100


async def read_counters(exchange: Exchange) -> dict[str, int]:
    """Keys: `cash_in_drawer`, `cash_in_sum`, `cash_in_count`, … and per operation `sell_count`, `sell_total`,
    `sell_cash` … `sell_other`; sums in kopecks. A register the device lacks counts as zero."""
    found = {
        "cash_in_drawer": await _money(exchange, registers.CASH_IN_DRAWER),
        "cash_in_sum": await _money(exchange, registers.CASH_IN_SHIFT),
        "cash_out_sum": await _money(exchange, registers.CASH_OUT_SHIFT),
        "cash_in_count": await _counter(exchange, registers.CASH_INS),
        "cash_out_count": await _counter(exchange, registers.CASH_OUTS),
    }
    for operation in Operation:
        kind = TYPE_OF_OPERATION[operation.code]
        found[f"{operation}_count"] = await _counter(exchange, registers.shift_receipts(kind))
        sums = dict.fromkeys(_FORMS.values(), 0)
        for form, word in _FORMS.items():
            sums[word] += await _money(exchange, registers.shift_payment(kind, form))
        found[f"{operation}_total"] = sum(sums.values())
        found.update({f"{operation}_{word}": kopecks for word, kopecks in sums.items()})
    return found


async def with_counters(exchange: Exchange, bookmark: Bookmark) -> Bookmark:
    """`bookmark` with what settles commands that leave no document; None where the device has no such register."""
    return replace(
        bookmark,
        cash_ins=await _value(exchange, ReadCounter(exchange.password, registers.CASH_INS)),
        cash_outs=await _value(exchange, ReadCounter(exchange.password, registers.CASH_OUTS)),
        cash_in_sum=await _value(exchange, ReadMoney(exchange.password, registers.CASH_IN_SHIFT)),
        cash_out_sum=await _value(exchange, ReadMoney(exchange.password, registers.CASH_OUT_SHIFT)),
        x_reports=await _value(exchange, ReadCounter(exchange.password, registers.X_REPORTS)),
    )


async def _value(exchange: Exchange, request: ReadCounter | ReadMoney) -> int | None:
    """None where the device says twice that it has no such register: the line may have spoilt the first question.

    A drive's error says nothing of the registers, which the device keeps itself, and is raised: what is done on a
    bookmark without its counters can be proven by nobody.
    """
    for _ in range(2):
        try:
            if isinstance(request, ReadMoney):
                return (await exchange.ask(request)).value
            return (await exchange.ask(request)).value
        except Rejected as error:
            refusal = error
    if is_of_drive(refusal.number):
        raise refusal
    return None


async def _counter(exchange: Exchange, number: int) -> int:
    reply = await exchange.try_ask(ReadCounter(exchange.password, number))
    return 0 if reply is None else reply.value


async def _money(exchange: Exchange, number: int) -> int:
    reply = await exchange.try_ask(ReadMoney(exchange.password, number))
    return 0 if reply is None else reply.value


async def read_settings(exchange: Exchange) -> tuple[SettingsTable, ...]:
    """All tables in order, as 2Dh, 2Eh and 1Fh tell them; passwords are hidden."""
    tables = []
    for number in range(1, _MOST_TABLES):
        structure = await exchange.try_ask(TableStructure(exchange.password, number))
        if structure is None:
            break
        fields = {}
        for field in range(1, structure.fields + 1):
            described = await exchange.try_ask(FieldStructure(exchange.password, number, field))
            if described is not None:
                fields[field] = described
        rows = [await _row(exchange, number, row, fields) for row in range(1, structure.rows + 1)]
        tables.append(SettingsTable(number=number, name=structure.name.strip(), rows=tuple(rows)))
    return tuple(tables)


async def _row(
    exchange: Exchange, table: int, row: int, fields: Mapping[int, FieldStructureReply]
) -> Mapping[str, str]:
    values = {}
    for number, field in fields.items():
        reply = await exchange.try_ask(ReadTable(exchange.password, table, row, number))
        if reply is None:
            continue
        name = f"{number}. {field.name.strip()}"
        if _SENSITIVE in field.name.lower():
            values[name] = _HIDDEN
        elif field.is_text:
            values[name] = cp1251(reply.value)
        else:
            values[name] = str(int.from_bytes(reply.value, "little"))
    return values
