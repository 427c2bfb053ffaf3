"""Totals of a drive (tags 1157, 1194, 1158 of ФФД 1.1 and 1.2).

Counters are a flat mapping: "1.1201" is tag 1201 of operation 1 in receipts, "c1.1201" the same in corrections. Sums in
kopecks; what never happened is absent. VAT of 5, 7 and 22 % has no counter tag (UNCONFIRMED: no source names one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element

Counters = dict[str, int]

#: Counter tag -> the tag of the receipt it adds up; 1135 counts.
_SUMS = {1201: 1020, 1136: 1031, 1138: 1081, 1218: 1215, 1219: 1216, 1220: 1217}
_TAXES = {1139: 1102, 1140: 1103, 1141: 1106, 1142: 1107, 1143: 1104, 1183: 1105}
_COUNT = 1135
_RECEIPT_GROUPS = {1: 1129, 2: 1130, 3: 1131, 4: 1132}
_CORRECTION_GROUPS = {1: 1145, 3: 1146, 2: 1232, 4: 1233}

RECEIPTS = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO})
CORRECTIONS = frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})


def contribution(code: DocumentCode, elements: Iterable[Element]) -> Counters:
    """What one document adds to the totals; nothing unless it is a receipt or a correction."""
    if code not in RECEIPTS and code not in CORRECTIONS:
        return {}
    sums = {element.tag: element.value for element in elements if isinstance(element.value, int)}
    prefix = f"{sums.get(1054, 0)}." if code in RECEIPTS else f"c{sums.get(1054, 0)}."
    table = _SUMS | _TAXES if code in RECEIPTS else _SUMS
    found = {f"{prefix}{counter}": sums[tag] for counter, tag in table.items() if sums.get(tag)}
    return {f"{prefix}{_COUNT}": 1} | found


def added(counters: Mapping[str, int], more: Mapping[str, int], sign: int = 1) -> Counters:
    """The sum of two counters, or with sign -1 their difference; zeros are dropped."""
    result = dict(counters)
    for key, value in more.items():
        total = result.get(key, 0) + sign * value
        if total:
            result[key] = total
        else:
            result.pop(key, None)
    return result


def receipts_counted(counters: Mapping[str, int]) -> int:
    """How many receipts and corrections the counters hold."""
    return sum(value for key, value in counters.items() if key.endswith(f".{_COUNT}"))


def _group(tag: int, prefix: str, counters: Mapping[str, int], tags: Iterable[int]) -> Element | None:
    if not counters.get(f"{prefix}{_COUNT}"):
        return None
    return Element(tag, tuple(Element(each, counters.get(f"{prefix}{each}", 0)) for each in (_COUNT, *tags)))


def _corrections(counters: Mapping[str, int]) -> tuple[Element, ...]:
    groups = (_group(tag, f"c{sign}.", counters, _SUMS) for sign, tag in _CORRECTION_GROUPS.items())
    present = tuple(group for group in groups if group is not None)
    count = sum(counters.get(f"c{sign}.{_COUNT}", 0) for sign in _CORRECTION_GROUPS)
    return (Element(1144, count), *present) if count else ()


def totals(tag: int, counters: Mapping[str, int]) -> Element:
    """1157 (whole life) or 1194 (shift): {1134, 1129…1132, 1133 {1144, 1145, 1146, 1232, 1233}}, less empty ones."""
    taxed = (*_SUMS, *_TAXES)
    groups = (_group(group, f"{sign}.", counters, taxed) for sign, group in _RECEIPT_GROUPS.items())
    parts = [Element(1134, receipts_counted(counters)), *(group for group in groups if group is not None)]
    corrections = _corrections(counters)
    if corrections:
        parts.append(Element(1133, corrections))
    return Element(tag, tuple(parts))


def unsent_totals(counters: Mapping[str, int]) -> Element:
    """1158: {1144, 1145, 1146, 1232, 1233} over receipts and corrections that the OFD has not confirmed."""
    merged: Counters = {}
    for key, value in counters.items():
        merged = added(merged, {key if key.startswith("c") else f"c{key}": value})
    return Element(1158, _corrections(merged))
