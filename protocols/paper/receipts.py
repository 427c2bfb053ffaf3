"""The body of receipts and corrections on paper: title, lines, sums, taxes, buyer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protocols.ffd.arithmetic import rubles
from protocols.ffd.numbers import T
from protocols.paper import words
from protocols.paper.fields import Fields, bits, plain
from protocols.paper.lines import Gap, Line, Pair, Rule, Text

_MARKED = frozenset({31, 33})
#: Types of 1162 that mark no unit: EAN-8, EAN-13, ITF-14, a code of ТН ВЭД (`protocols.marking.tags`).
_UNMARKED = (b"\x45\x08", b"\x45\x0d", b"\x49\x0e", b"\x45\x41")


def receipt(fields: Fields, received: int | None) -> Iterator[Line]:
    """Everything between the title and the fiscal data."""
    sign = fields.number(T.SETTLEMENT_SIGN)
    yield Text(words.OPERATIONS.get(sign or 0, ""), align="center", bold=True)
    yield from _basis(fields)
    yield Rule()
    for place, item in enumerate(fields.each(T.ITEM)):
        if place:
            yield Gap()
        yield from _item(item)
    total = fields.number(T.TOTAL_SUM)
    if total is not None:
        yield Rule()
        yield Pair("ИТОГ", f"={rubles(total)}", bold=True, double=True)
    yield from _payments(fields, received)
    yield from _taxes(fields)
    if people := list(_people(fields)):
        yield Rule()
        yield from people


def _basis(fields: Fields) -> Iterator[Line]:
    kind = fields.number(T.CORRECTION_TYPE)
    basis = fields.inside(T.CORRECTION_BASIS)
    if kind is not None:
        yield Text(words.CORRECTIONS.get(kind, ""), align="center")
    if day := basis.moment(T.CORRECTION_DATE):
        yield Pair("ДАТА КОРРЕКТИРУЕМОГО РАСЧЕТА", f"{day:%d.%m.%Y}")
    if number := basis.text(T.CORRECTION_ORDER_NUMBER):
        yield Pair("НОМЕР ПРЕДПИСАНИЯ", number)
    if description := basis.text(T.CORRECTION_DESCRIPTION):
        yield Pair("ОСНОВАНИЕ", description)


def pictogram(item: Fields) -> str:
    """`[M+]`, `[M-]` or `[M]` before the name of an item sold by its marking code, else nothing.

    From ФФД 1.2 by 2106: bit 0 code checked, 1 positive, 2 status known, 3 status correct; before it a plain [M] for
    any 1162 of a marking type: Data Matrix, fur, ЕГАИС and what nobody recognised; all but the plain bar codes.
    """
    if item.number(T.ITEM_TYPE) not in _MARKED:
        code = item.raw(T.PRODUCT_CODE_105)
        return "[M]" if code and not code.startswith(_UNMARKED) else ""
    result = item.number(T.ITEM_CHECK_RESULT) or 0
    checked, positive, known, correct = (bool(result & bit) for bit in (1, 2, 4, 8))
    if checked and positive and known and correct:
        return "[M+]"
    return "[M-]" if (checked and not positive) or (known and not correct) else "[M]"


def _item(item: Fields) -> Iterator[Line]:
    yield Text(f"{pictogram(item)} {item.text(T.ITEM_NAME)}".strip(), bold=True)
    price, cost = item.number(T.UNIT_PRICE), item.number(T.ITEM_SUM)
    if price is not None and cost is not None:
        yield Pair(f"{_amount(item)} x {rubles(price)}", f"={rubles(cost)}")
    kind = words.OBJECTS.get(item.number(T.ITEM_TYPE) or 0, "")
    method = words.METHODS.get(item.number(T.PAYMENT_METHOD) or 0, "")
    if kind or method:
        yield Pair(kind, method)
    rate = words.VAT.get(item.number(T.VAT_RATE) or 0)
    tax = item.number(T.ITEM_VAT_SUM)
    if rate:
        yield Pair(rate, rubles(tax)) if tax is not None else Text(rate)
    if excise := item.number(T.EXCISE_SUM):
        yield Pair("АКЦИЗ", rubles(excise))
    for element in item.inside(T.PRODUCT_CODE).elements:
        if isinstance(element.value, str):
            yield Text(f"КТ: {element.value}")
    for bit in bits(item.number(T.ITEM_AGENT_SIGN)):
        yield Text(words.AGENTS.get(1 << bit, ""))
    for level in (item, item.inside(T.AGENT_DATA), item.inside(T.SUPPLIER_DATA)):
        yield from _texts(level, words.ITEM_TEXTS)


def _amount(item: Fields) -> str:
    quantity = item.quantity(T.QUANTITY)
    part = item.inside(T.FRACTIONAL_QUANTITY)
    if part.elements:
        amount = f"{part.number(T.NUMERATOR)}/{part.number(T.DENOMINATOR)}"
    else:
        amount = plain(quantity) if quantity is not None else ""
    measure = item.number(T.QUANTITY_UNIT)
    unit = item.text(T.UNIT_NAME) if measure is None else words.UNITS.get(measure, "")
    return f"{amount} {unit}".strip()


def _payments(fields: Fields, received: int | None) -> Iterator[Line]:
    for tag, label in words.PAYMENTS.items():
        paid = fields.number(tag)
        if not paid:
            continue
        yield Pair(label, f"={rubles(paid)}")
        if tag == T.CASH_SUM and received is not None and received > paid:
            yield Pair("  ПОЛУЧЕНО", f"={rubles(received)}")
            yield Pair("  СДАЧА", f"={rubles(received - paid)}", bold=True)


def _taxes(fields: Fields) -> Iterator[Line]:
    for tag, rate in words.VAT_TAGS.items():
        amount = fields.number(tag)
        if amount:
            yield Pair(f"СУММА {'С ' if tag == T.VAT0_BASE_SUM else ''}{words.VAT[rate]}", rubles(amount))
    for entry in fields.inside(T.RECEIPT_VAT_SUMS).each(T.RECEIPT_VAT_SUM_ENTRY):
        rate_code, amount = entry.number(T.VAT_RATE), entry.number(T.VAT_AMOUNT)
        if amount is not None:
            yield Pair(f"СУММА {words.VAT.get(rate_code or 0, 'НДС')}", rubles(amount))


def _people(fields: Fields) -> Iterator[Line]:
    for bit in bits(fields.number(T.AGENT_SIGN)):
        yield Text(words.AGENTS.get(1 << bit, ""))
    buyer = fields.inside(T.BUYER_INFO)
    for level in (buyer, fields):
        yield from _texts(level, words.RECEIPT_TEXTS)
    extra = fields.inside(T.USER_EXTRA)
    if extra.elements:
        yield Pair(extra.text(T.USER_EXTRA_NAME), extra.text(T.USER_EXTRA_VALUE))
    if fields.number(T.INTERNET_SETTLEMENT):
        yield Text("РАСЧЕТ В ИНТЕРНЕТ")
    if fields.number(T.MARKED_ITEMS_CHECK_RESULT):
        yield Text("ВНИМАНИЕ: ОТРИЦАТЕЛЬНЫЙ РЕЗУЛЬТАТ ПРОВЕРКИ МАРКИРОВАННОГО ТОВАРА", align="center", bold=True)


def _texts(level: Fields, labels: Mapping[T, str]) -> Iterator[Line]:
    for tag, label in labels.items():
        for value in level.texts(tag):
            yield Pair(label, value)
