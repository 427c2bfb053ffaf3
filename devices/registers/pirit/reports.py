"""Counters of the shift, and every setting as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from devices.registers.base import Bookmark, SettingsTable
from devices.registers.pirit.exchange import Exchange
from protocols.ffd.enums import Operation
from protocols.pirit.commands import counters, info
from protocols.pirit.commands.state import ReadSetting
from protocols.pirit.settings import NAMED, SETTINGS, Setting

#: Payment types of the register -> the words of our JSON; 1…12 are all "electronic" (tag 1081).
_FORMS: Final = ("cash", *("electronic",) * 12, "prepaid", "postpaid", "other")

#: Nobody's business.
_HIDDEN: Final = frozenset({NAMED["password"].number})


async def read_counters(exchange: Exchange) -> dict[str, int]:
    """Keys: `cash_in_drawer`, `cash_in_sum`, `cash_in_count`, … and per operation `sell_count`, `sell_total`,
    `sell_cash` … `sell_other`; sums in kopecks."""
    counts = await exchange.ask(counters.ReceiptCounts())
    sums = await exchange.ask(counters.ReceiptSums())
    buys = await exchange.ask(counters.BuyCounts())
    found = {
        "cash_in_drawer": (await exchange.ask(info.CashInDrawer())).value,
        "cash_in_sum": sums.cash_in,
        "cash_out_sum": sums.cash_out,
        "cash_in_count": counts.cash_in,
        "cash_out_count": counts.cash_out,
    }
    by_operation = {
        Operation.SELL: (counts.sales, (await exchange.ask(counters.SaleSums())).values),
        Operation.SELL_REFUND: (counts.returns, (await exchange.ask(counters.ReturnSums())).values),
        Operation.BUY: (buys.buys, (await exchange.ask(counters.BuySums())).values),
        Operation.BUY_REFUND: (buys.returns, (await exchange.ask(counters.BuyReturnSums())).values),
    }
    for operation, (count, values) in by_operation.items():
        found[f"{operation}_count"] = count
        found[f"{operation}_total"] = sum(values)
        found.update({f"{operation}_{word}": 0 for word in _FORMS})
        for word, kopecks in zip(_FORMS, values, strict=True):
            found[f"{operation}_{word}"] += kopecks
    return found


async def with_counters(exchange: Exchange, bookmark: Bookmark) -> Bookmark:
    """`bookmark` with what settles commands that leave no document."""
    counts = await exchange.ask(counters.ReceiptCounts())
    sums = await exchange.ask(counters.ReceiptSums())
    return replace(
        bookmark,
        cash_ins=counts.cash_in,
        cash_outs=counts.cash_out,
        cash_in_sum=sums.cash_in,
        cash_out_sum=sums.cash_out,
        x_reports=(await exchange.ask(info.NextXReport())).value,
    )


async def read_settings(exchange: Exchange) -> Sequence[SettingsTable]:
    """All that this firmware has, in order; the password is hidden."""
    tables = []
    for setting in SETTINGS.values():
        rows = await _rows(exchange, setting)
        if rows:
            tables.append(SettingsTable(number=setting.number, name=setting.title_ru, rows=rows))
    return tuple(tables)


async def _rows(exchange: Exchange, setting: Setting) -> tuple[dict[str, str], ...]:
    rows = []
    for index in setting.indexes:
        reply = await exchange.try_ask(ReadSetting(setting.number, index))
        if reply is None:
            break
        rows.append({str(index): "***" if setting.number in _HIDDEN else reply.value})
    return tuple(rows)
