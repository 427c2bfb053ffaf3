"""X report and its kin: shift registers on paper."""

from __future__ import annotations

from emulator.registers import reports
from emulator.registers.reports import Lines, print_report
from emulator.registers.shtrih.core import Core, Handlers
from emulator.registers.shtrih.ledger import COUNTERS, DEPARTMENTS, TAX_GROUPS, counter
from protocols.shtrih import registers, vat
from protocols.shtrih.commands import OperatorReply
from protocols.shtrih.commands.receipts import (
    CashierReport,
    DepartmentReport,
    GoodsReport,
    HourlyReport,
    PrintCounters,
    TaxReport,
    XReport,
)

_RATES = {row.vat: row.name for row in vat.VAT_ROWS if row.row <= TAX_GROUPS}


def x_report(core: Core, request: XReport, operator: int) -> OperatorReply:
    reports.x_report(core)
    return OperatorReply(operator)


def department_report(core: Core, request: DepartmentReport, operator: int) -> OperatorReply:
    print_report(core, "ОТЧЁТ ПО ОТДЕЛАМ", reports.departments(core, DEPARTMENTS))
    return OperatorReply(operator)


def tax_report(core: Core, request: TaxReport, operator: int) -> OperatorReply:
    print_report(core, "ОТЧЁТ ПО НАЛОГАМ", reports.taxes(core, _RATES))
    return OperatorReply(operator)


def cashier_report(core: Core, request: CashierReport, operator: int) -> OperatorReply:
    print_report(core, "ОТЧЁТ ПО КАССИРАМ", reports.grouped(core, reports.by_cashier))
    return OperatorReply(operator)


def hourly_report(core: Core, request: HourlyReport, operator: int) -> OperatorReply:
    print_report(core, "ПОЧАСОВОЙ ОТЧЁТ", reports.grouped(core, reports.by_hour))
    return OperatorReply(operator)


def goods_report(core: Core, request: GoodsReport, operator: int) -> OperatorReply:
    print_report(core, "ОТЧЁТ ПО ТОВАРАМ", reports.grouped(core, reports.by_goods))
    return OperatorReply(operator)


def _counters(core: Core) -> Lines:
    for number in COUNTERS:
        value = counter(core.till, number)
        if value:
            yield [f"{number:3d} {registers.counter_text(number) or ''}", "=", str(value)]


def print_counters(core: Core, request: PrintCounters, operator: int) -> OperatorReply:
    print_report(core, "ОПЕРАЦИОННЫЕ РЕГИСТРЫ", _counters(core))
    return OperatorReply(operator)


HANDLERS: Handlers = {
    XReport: x_report,
    DepartmentReport: department_report,
    TaxReport: tax_report,
    CashierReport: cashier_report,
    HourlyReport: hourly_report,
    GoodsReport: goods_report,
    PrintCounters: print_counters,
}
