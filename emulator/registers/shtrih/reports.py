"""X report and its kin: shift registers on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import SETTLEMENTS
from emulator.registers.shtrih.core import Core, Handlers
from protocols.ffd.tlv import Element, all_of, find
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
from protocols.shtrih.statuses import TYPE_OF_OPERATION

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


def _grouped(core: Core, groups: Callable[[StoredDocument], Iterator[tuple[str, int]]]) -> Lines:
    """Sums of the shift's receipts by group and kind, as the drive's documents hold them."""
    sums: Counter[tuple[str, int]] = Counter()
    for number in range(core.drive.last_document, 0, -1):
        document = core.drive.document(number)
        if document is None or document.shift != core.drive.shift:
            break
        if document.code in SETTLEMENTS:
            for group, amount in groups(document):
                sums[group, TYPE_OF_OPERATION[document.operation]] += amount
    for (group, kind), amount in sorted(sums.items()):
        yield [f"{group}, {registers.KINDS[kind]}", "=", _rubles(amount)]


def _text(elements: tuple[Element, ...], tag: int) -> str:
    found = find(elements, tag)
    return "" if found is None else str(found.value)


def _by_cashier(document: StoredDocument) -> Iterator[tuple[str, int]]:
    yield _text(document.elements, 1021) or "Без имени", document.total


def _by_hour(document: StoredDocument) -> Iterator[tuple[str, int]]:
    yield f"{document.at:%H}:00", document.total


def _by_goods(document: StoredDocument) -> Iterator[tuple[str, int]]:
    for item in all_of(document.elements, 1059):
        if isinstance(item.value, tuple):
            yield _text(item.value, 1030) or "Без названия", int(_text(item.value, 1043) or 0)


def cashier_report(core: Core, request: CashierReport, operator: int) -> OperatorReply:
    return _print(core, "ОТЧЁТ ПО КАССИРАМ", _grouped(core, _by_cashier), operator)


def hourly_report(core: Core, request: HourlyReport, operator: int) -> OperatorReply:
    return _print(core, "ПОЧАСОВОЙ ОТЧЁТ", _grouped(core, _by_hour), operator)


def goods_report(core: Core, request: GoodsReport, operator: int) -> OperatorReply:
    return _print(core, "ОТЧЁТ ПО ТОВАРАМ", _grouped(core, _by_goods), operator)


def _counters(core: Core) -> Lines:
    for number, value in sorted(core.memory.counters.items()):
        yield [f"{number:3d} {registers.counter_text(number) or ''}", "=", str(value)]


def print_counters(core: Core, request: PrintCounters, operator: int) -> OperatorReply:
    return _print(core, "ОПЕРАЦИОННЫЕ РЕГИСТРЫ", _counters(core), operator)


HANDLERS: Handlers = {
    XReport: x_report,
    DepartmentReport: department_report,
    TaxReport: tax_report,
    CashierReport: cashier_report,
    HourlyReport: hourly_report,
    GoodsReport: goods_report,
    PrintCounters: print_counters,
}
