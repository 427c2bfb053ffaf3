"""X report and its kin on paper: a title, and lines made of the till's counters or of the shift's documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import SETTLEMENTS
from emulator.registers import till
from emulator.registers.core import Core
from protocols.ffd.arithmetic import rubles
from protocols.ffd.enums import Operation, Vat
from protocols.ffd.tlv import Element, all_of, find

Lines = Iterator[list[str]]

#: In the order of the paper.
NAMES: Final[Mapping[Operation, str]] = {
    Operation.SELL: "приход",
    Operation.BUY: "расход",
    Operation.SELL_REFUND: "возврат прихода",
    Operation.BUY_REFUND: "возврат расхода",
}
_ORDER: Final = {operation.code: place for place, operation in enumerate(NAMES)}


def print_report(core: Core, title: str, lines: Lines) -> None:
    number = core.till.add(till.DOCUMENTS)
    core.printer.text(
        [title, "center", "bold"],
        ["Документ №", "=", str(number)],
        [f"{core.now():%d.%m.%Y %H:%M}", "=", f"Смена {core.drive.shift}"],
        *lines,
    )


def x_report(core: Core) -> None:
    core.till.add(till.X_REPORTS)
    print_report(core, "СУТОЧНЫЙ ОТЧЁТ БЕЗ ГАШЕНИЯ", turnover(core))


def turnover(core: Core) -> Lines:
    """What a shift's report shows of receipts and cash."""
    counted = core.till
    for operation, name in NAMES.items():
        yield [f"{name.capitalize()}, чеков", "=", str(counted[till.shift_receipts(operation)])]
        yield [f"{name.capitalize()}, сумма", "=", rubles(counted.paid(operation))]
    yield ["Внесения", "=", rubles(counted[till.shift_cash(incoming=True)])]
    yield ["Выплаты", "=", rubles(counted[till.shift_cash(incoming=False)])]
    yield ["Наличность в кассе", "=", rubles(counted[till.CASH])]


def departments(core: Core, numbers: range) -> Lines:
    for number in numbers:
        for operation, name in NAMES.items():
            amount = core.till[till.department(operation, number)]
            if amount:
                yield [f"Отдел {number}, {name}", "=", rubles(amount)]


def taxes(core: Core, rates: Mapping[Vat, str]) -> Lines:
    """Turnover of these rates, by the names that they have on the family's paper."""
    for vat, rate in rates.items():
        for operation, name in NAMES.items():
            amount = core.till[till.rate_turnover(operation, vat)]
            if amount:
                yield [f"{rate}, {name}", "=", rubles(amount)]


def grouped(core: Core, groups: Callable[[StoredDocument], Iterator[tuple[str, int]]]) -> Lines:
    """Sums of the shift's receipts by group and operation, as the drive's documents hold them."""
    sums: Counter[tuple[str, int]] = Counter()
    for number in range(core.drive.last_document, 0, -1):
        document = core.drive.document(number)
        if document is None or document.shift != core.drive.shift:
            break
        if document.code in SETTLEMENTS:
            for group, amount in groups(document):
                sums[group, document.operation] += amount
    for group, operation in sorted(sums, key=lambda key: (key[0], _ORDER[key[1]])):
        yield [f"{group}, {NAMES[Operation.of(operation)]}", "=", rubles(sums[group, operation])]


def by_cashier(document: StoredDocument) -> Iterator[tuple[str, int]]:
    yield _text(document.elements, 1021) or "Без имени", document.total


def by_hour(document: StoredDocument) -> Iterator[tuple[str, int]]:
    yield f"{document.at:%H}:00", document.total


def by_goods(document: StoredDocument) -> Iterator[tuple[str, int]]:
    for item in all_of(document.elements, 1059):
        if isinstance(item.value, tuple):
            yield _text(item.value, 1030) or "Без названия", int(_text(item.value, 1043) or 0)


def _text(elements: tuple[Element, ...], tag: int) -> str:
    found = find(elements, tag)
    return "" if found is None else str(found.value)
