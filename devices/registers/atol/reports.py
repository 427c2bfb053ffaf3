"""Counters of the shift, and the settings tables as text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Final

from devices.errors import Rejected
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.profile import read_register
from devices.registers.base import Bookmark, SettingsTable
from protocols.atol import text
from protocols.atol.commands.state import ReadField, ReadRegister
from protocols.atol.fields import bcd_value
from protocols.atol.registers import BY_NAME, FIELDS, Count, Field, Money6, Money7, value_of
from protocols.atol.statuses import OPERATION_OF, Payment
from protocols.ffd.enums import Operation
from protocols.wire import WireError

_FORMS: Final = {
    Payment.CASH: "cash",
    Payment.ELECTRONIC: "electronic",
    Payment.PREPAID: "prepaid",
    Payment.POSTPAID: "postpaid",
    Payment.OTHER: "other",
}
#: Lines of a table after which no more are asked for.
_MOST_LINES: Final = 20


async def read_counters(exchange: Exchange) -> dict[str, int]:
    """Keys: `cash_in_drawer`, `cash_in_sum`, `cash_in_count`, … and per operation `sell_count`, `sell_total`,
    `sell_cash` … `sell_other`; sums in kopecks. A register the device lacks counts as zero."""
    found = {
        "cash_in_drawer": await _number(exchange, "cash"),
        "cash_in_sum": await _number(exchange, "cash_in"),
        "cash_out_sum": await _number(exchange, "cash_out"),
        "cash_in_count": await _number(exchange, "cash_ins"),
        "cash_out_count": await _number(exchange, "cash_outs"),
    }
    for operation in Operation:
        kinds = [kind for kind, (made, _) in OPERATION_OF.items() if made is operation]
        found[f"{operation}_count"] = sum([await _number(exchange, "receipts", kind) for kind in kinds])
        # Sums of receipts and corrections stand in one register.
        sums = {word: await _number(exchange, "payments", kinds[0], form) for form, word in _FORMS.items()}
        found[f"{operation}_total"] = sum(sums.values())
        found.update({f"{operation}_{word}": kopecks for word, kopecks in sums.items()})
    return found


async def with_counters(exchange: Exchange, bookmark: Bookmark) -> Bookmark:
    """`bookmark` with what settles cash in and out; no register counts X reports."""
    return replace(
        bookmark,
        cash_ins=await _value(exchange, "cash_ins"),
        cash_outs=await _value(exchange, "cash_outs"),
        cash_in_sum=await _value(exchange, "cash_in"),
        cash_out_sum=await _value(exchange, "cash_out"),
    )


async def read_settings(exchange: Exchange) -> tuple[SettingsTable, ...]:
    """The fields that sources know, table by table."""
    tables = []
    for number, fields in groupby(FIELDS.values(), key=lambda field: field.table):
        known = tuple(fields)
        rows = [row async for row in _lines(exchange, known)]
        if rows:
            tables.append(SettingsTable(number=number, name=f"Таблица {number}", rows=tuple(rows)))
    return tuple(tables)


async def _lines(exchange: Exchange, fields: tuple[Field, ...]) -> AsyncIterator[Mapping[str, str]]:
    for line in range(1, _MOST_LINES + 1):
        row: dict[str, str] = {}
        for field in fields:
            reply = await exchange.try_ask(ReadField(field.table, line, field.field))
            if reply is not None:
                row[f"{field.field}. {field.title_ru}"] = _shown(field, reply.value)
        if not row:
            return
        yield row


def _shown(field: Field, value: bytes) -> str:
    if field.size is None:
        return text.decode(value.rstrip(b"\0"))
    try:
        return str(bcd_value(value) if field.bcd else int.from_bytes(value, "big"))
    except WireError:
        return value.hex()


async def _number(exchange: Exchange, name: str, first: int = 0, second: int = 0) -> int:
    return _plain(await read_register(exchange, name, first, second)) or 0


async def _value(exchange: Exchange, name: str) -> int | None:
    """None where the device says twice that it has no such register: the line may have spoilt the first question."""
    for _ in range(2):
        try:
            reply = await exchange.ask(ReadRegister(BY_NAME[name].number, 0, 0))
        except Rejected:
            continue
        return _plain(value_of(BY_NAME[name].number, reply.value))
    return None


def _plain(found: object) -> int | None:
    if isinstance(found, Count):
        return found.count
    return found.sum if isinstance(found, (Money6, Money7)) else None
