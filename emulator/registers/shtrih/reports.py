"""X report and its kin: shift registers on paper."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.registers.shtrih.core import Core, Handlers
from protocols.shtrih import registers, vat
from protocols.shtrih.commands import OperatorReply
from protocols.shtrih.commands.receipts import DepartmentReport, PrintCounters, TaxReport, XReport

Lines = Iterator[list[str]]


def _rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def _print(core: Core, title: str, lines: Lines, operator: int) -> OperatorReply:
    number = core.memory.next_document()
    core.printer.text(
        [title, "center", "bold"],
        ["Документ №", "=", str(number)],
        [f"{core.now():%d.%m.%Y %H:%M}", "=", f"Смена {core.drive.shift}"],
        *lines,
    )
    return OperatorReply(operator)


def _turnover(core: Core) -> Lines:
    money, counters = core.memory.money, core.memory.counters
    for kind, name in enumerate(registers.KINDS):
        total = sum(money.get(number, 0) for number in registers.shift_payments(kind))
        yield [f"{name.capitalize()}, чеков", "=", str(counters.get(registers.shift_receipts(kind), 0))]
        yield [f"{name.capitalize()}, сумма", "=", _rubles(total)]
    yield ["Внесения", "=", _rubles(money.get(registers.CASH_IN_SHIFT, 0))]
    yield ["Выплаты", "=", _rubles(money.get(registers.CASH_OUT_SHIFT, 0))]
    yield ["Наличность в кассе", "=", _rubles(money.get(registers.CASH_IN_DRAWER, 0))]


def x_report(core: Core, request: XReport, operator: int) -> OperatorReply:
    core.memory.count(registers.X_REPORTS)
    return _print(core, "СУТОЧНЫЙ ОТЧЁТ БЕЗ ГАШЕНИЯ", _turnover(core), operator)


def _departments(core: Core) -> Lines:
    for department in range(1, 17):
        for kind, name in enumerate(registers.KINDS):
            amount = core.memory.money.get(registers.shift_department(kind, department), 0)
            if amount:
                yield [f"Отдел {department}, {name}", "=", _rubles(amount)]


def department_report(core: Core, request: DepartmentReport, operator: int) -> OperatorReply:
    return _print(core, "ОТЧЁТ ПО ОТДЕЛАМ", _departments(core), operator)


def _taxes(core: Core) -> Lines:
    for row in range(1, 5):
        for kind, name in enumerate(registers.KINDS):
            amount = core.memory.money.get(registers.shift_turnover(kind, row), 0)
            if amount:
                yield [f"{vat.BY_ROW[row].name}, {name}", "=", _rubles(amount)]


def tax_report(core: Core, request: TaxReport, operator: int) -> OperatorReply:
    return _print(core, "ОТЧЁТ ПО НАЛОГАМ", _taxes(core), operator)


def _counters(core: Core) -> Lines:
    for number, value in sorted(core.memory.counters.items()):
        yield [f"{number:3d} {registers.counter_text(number) or ''}", "=", str(value)]


def print_counters(core: Core, request: PrintCounters, operator: int) -> OperatorReply:
    return _print(core, "ОПЕРАЦИОННЫЕ РЕГИСТРЫ", _counters(core), operator)


HANDLERS: Handlers = {
    XReport: x_report,
    DepartmentReport: department_report,
    TaxReport: tax_report,
    PrintCounters: print_counters,
}
