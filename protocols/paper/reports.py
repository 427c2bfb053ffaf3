"""The body of reports on paper: registration, shift, state of settlements, closing of the drive."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.ffd.arithmetic import rubles
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element
from protocols.paper import words
from protocols.paper.fields import Fields, bits
from protocols.paper.lines import Line, Pair, Rule, Text

_INDENT = "  "


def report(code: int, fields: Fields) -> Iterator[Line]:
    """Everything between the title and the fiscal data of documents 1, 11, 2, 21, 5, 6 and 7."""
    yield Rule()
    for tag, label in words.REPORT_TEXTS.items():
        if text := fields.text(tag):
            yield Pair(label, text)
    for tag, label in ((T.KKT_FFD_VERSION, "ФФД ККТ"), (T.FN_FFD_VERSION, "ФФД ФН")):
        if version := fields.number(tag):
            yield Pair(label, words.FFD.get(version, str(version)))
    if systems := list(bits(fields.number(T.TAX_SYSTEMS))):
        yield Pair("СНО", ", ".join(words.TAXATIONS.get(1 << bit, "?") for bit in systems))
    yield from _signs(fields)
    yield from _reasons(code, fields)
    for tag, label in words.COUNTS.items():
        number = fields.number(tag)
        if number is not None:
            yield Pair(label, str(number))
    if first := fields.moment(T.FIRST_UNSENT_FD_DATE):
        yield Pair("ПЕРВЫЙ НЕПЕРЕДАННЫЙ ОТ", f"{first:%d.%m.%Y %H:%M}")
    for tag in (T.SHIFT_TOTALS, T.FN_TOTALS, T.UNSENT_TOTALS):
        totals = fields.inside(tag)
        if totals.elements:
            yield Rule()
            yield Text(words.COUNTER_SECTIONS[tag], align="center", bold=True)
            for element in totals.elements:
                yield from _counter(element, "")
    yield Rule()


def _signs(fields: Fields) -> Iterator[Line]:
    for tag, label in words.SIGNS.items():
        if fields.number(tag):
            yield Text(label)
    for bit in bits(fields.number(T.KKT_USAGE_CONDITIONS)):
        if bit in words.USAGE:
            yield Text(words.USAGE[bit])


def _reasons(code: int, fields: Fields) -> Iterator[Line]:
    if code != T.REREGISTRATION_REPORT:
        return
    yield Text("ПРИЧИНЫ ИЗМЕНЕНИЯ", bold=True)
    for bit in bits(fields.number(T.KKT_CHANGE_REASONS)):
        yield Text(_INDENT + words.REASONS.get(bit, f"КОД {bit}"))
    for element in fields.elements:
        if element.tag == T.REREGISTRATION_REASON and isinstance(element.value, int):
            yield Text(_INDENT + words.REASONS_105.get(element.value, f"КОД {element.value}"))


def _counter(element: Element, indent: str) -> Iterator[Line]:
    tag, value = element.tag, element.value
    if isinstance(value, tuple):
        name = words.COUNTER_SECTIONS.get(T(tag)) if tag in words.COUNTER_SECTIONS else None
        yield Text(indent + (name or str(tag)))
        for child in value:
            yield from _counter(child, indent + _INDENT)
    elif isinstance(value, int) and value:
        if tag in words.COUNTS:
            yield Pair(indent + words.COUNTS[T(tag)], str(value))
        elif tag in words.SUMS:
            yield Pair(indent + words.SUMS[T(tag)], f"={rubles(value)}")
