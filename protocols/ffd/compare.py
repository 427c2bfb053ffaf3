"""What the fiscal drive holds against what was asked: the read-back alarm, and telling our document from a foreign one.

Both work on the same walk. The elements the receipt must make (`documents.receipt_elements`) are laid over the found
ones level by level; repeated tags are paired in order. Equal are: values that differ in writing only (2 and 2.000, a
padded string, runs of spaces), a zero sum and an absent tag, an empty structure and an absent one. Then

*differences* reports every departure but these:
- tags that the drive or the register adds by itself (`presence.WRITTEN_BY_DRIVE`, `WRITTEN_BY_REGISTER`, the
  printed-form tags, "шт." as unit) when nobody asked for them, and `known` values of the registration;
- 1200, 1198 and 1197, which a register computes or leaves out, when absent;
- a marking code that the register calls by another honest name (1304 / 1305 / 1300 with the same text);
- the time of day of 1178, and 1177, which today's tables lack.

*same_document* is strict on all that makes a receipt this receipt: kind of document, 1054, tax system, the sums and
payments, every line with every tag in it, the buyer, agency, correction basis, Internet sign, additional requisites.
It is blind to what a register may change or cut without making another receipt of it: the cashier (1021, 1203), its
own registration data (1009, 1117, 1187 and the like), what is derived from the lines (VAT in 1102…1107, 1115 and 1200;
1057, which repeats the lines' 1222). A correction without lines has nothing to derive from, so there all of it counts.
БСО (4, 41) is a receipt (3, 31) of a register that was registered so; the caller does not choose it.
Two leniencies follow from what registers do: a line's unit (1197, before 1.2) may be missing, and an automatic device
may put its number (1036) where none was asked for.
A register that rounds totals or replaces rates makes another document in this sense; drivers refuse such settings
before a receipt is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from protocols.ffd.documents import document_code, receipt_elements
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.numbers import T
from protocols.ffd.presence import WRITTEN_BY_DRIVE, WRITTEN_BY_REGISTER
from protocols.ffd.receipt import Receipt
from protocols.ffd.tags import TAGS, Kind
from protocols.ffd.tlv import Element, Value
from protocols.marking import equivalents, product_code, read

#: Letters of one value that a spoilt frame may change or double, and lose: so many zeros stand before EBh's name.
_FEW: Final = 2
_LOST: Final = 10
#: Follows from the lines.
_DERIVED = frozenset(
    {
        T.ITEM_VAT_SUM,
        T.AGENT_SIGN,
        T.VAT20_SUM,
        T.VAT10_SUM,
        T.VAT0_BASE_SUM,
        T.NO_VAT_SUM,
        T.VAT20_120_SUM,
        T.VAT10_110_SUM,
        T.RECEIPT_VAT_SUMS,
    }
)
#: Added by drive or register without being asked, so no difference by themselves.
_ADDED = WRITTEN_BY_DRIVE | WRITTEN_BY_REGISTER | {T.DOC_NAME, T.QR_CODE, T.ITEM_VAT_SUM, T.FRACTIONAL_PART}
#: Asked for, yet a register may rightly leave it out.
_OPTIONAL = frozenset({T.ITEM_VAT_SUM, T.UNIT_VAT, T.UNIT_NAME, T.CORRECTION_DESCRIPTION})
#: Zero says the same as absence (besides every VLN).
_ZERO_IS_ABSENT = frozenset({T.INTERNET_SETTLEMENT, T.AGENT_SIGN, T.ITEM_AGENT_SIGN, T.CORRECTION_TYPE})
#: Whose departure does not make it another receipt.
_COSMETIC = frozenset(
    {
        T.CASHIER,
        T.CASHIER_INN,
        T.SETTLEMENT_ADDRESS,
        T.SETTLEMENT_PLACE,
        T.SENDER_EMAIL,
        T.CORRECTION_DESCRIPTION,
    }
)
#: 1197 of an item sold by the piece, which many registers write unasked.
_PIECES = frozenset({"шт", "шт.", "штука", "ед", "ед."})
_OUTER = frozenset(DocumentCode)
_KINDS = {
    DocumentCode.BSO: DocumentCode.RECEIPT,
    DocumentCode.BSO_CORRECTION: DocumentCode.CORRECTION,
}


class Deviation(NamedTuple):
    """One difference: path of tags (`1059[0]/1043`), what was asked, what the drive holds ("" = absent)."""

    path: str
    asked: str
    found: str


def differences(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], known: Mapping[int, Value] | None = None
) -> tuple[Deviation, ...]:
    """Where the drive's document departs from the request, by the rules above; empty when it holds what was asked.

    `found` is the document with or without its outer tag. `known` are values of the registration by tag: found
    unasked, they are no difference either.
    """
    code, level = _opened(found)
    deviations = []
    if code is not None and _KINDS.get(code, code) != document_code(receipt):
        deviations.append(Deviation("", str(int(document_code(receipt))), str(int(code))))
    deviations.extend(step.deviation for step in _walk(receipt, ffd, level, known or {}))
    return tuple(deviations)


def same_document(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], code: DocumentCode | None = None
) -> bool:
    """Whether this document of the drive is the receipt that was sent, by the rules above.

    `code` is the document's kind where `found` comes without its outer tag; without either, the correction basis
    (1174) tells a correction from a receipt.
    """
    steps = _essential(receipt, ffd, found, code)
    return steps is not None and not steps


def spoilt_document(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], code: DocumentCode | None = None
) -> bool:
    """Whether this may be the receipt that was sent with one command of it spoilt on the line.

    So it may when kind, operation and total are the same, and values differ slightly: one or two, or more of one line,
    or more outside of the lines. A frame under a one-byte checksum is taken for good when two of its bytes are changed
    alike, and when bytes are lost that are zeros or equal: then what stands behind them moves into other fields (the
    name at the end of ATOL's EBh, Пирит's separators; simulation, ATOL seeds 20162 and 20239, Пирит 20849).
    """
    steps = _essential(receipt, ffd, found, code)
    if not steps or not all(map(_slight, steps)):
        return False
    places = {step.deviation.path.partition("/")[0] if T.ITEM in step.tags else "" for step in steps}
    return len(steps) <= 2 or len(places) == 1


def _essential(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], code: DocumentCode | None
) -> list[_Step] | None:
    """The departures that make it another receipt; None for another kind of document."""
    outer, level = _opened(found)
    code = outer if outer is not None else code
    if code is None:
        basis = any(element.tag == T.CORRECTION_BASIS for element in level)
        code = DocumentCode.CORRECTION if basis else DocumentCode.RECEIPT
    if _KINDS.get(code, code) != document_code(receipt) or not level:
        return None
    itemised = any(element.tag == T.ITEM for element in level)
    blind = _COSMETIC | _DERIVED if itemised else _COSMETIC
    return [step for step in _walk(receipt, ffd, level, {}) if not blind & step.tags]


def _slight(step: _Step) -> bool:
    asked, found = step.deviation.asked, step.deviation.found
    if step.tags & {T.TOTAL_SUM, T.SETTLEMENT_SIGN} or step.tags == {T.ITEM}:
        return False
    if not asked or not found or asked.replace(".", "").isdigit():
        return True
    if len(asked) == len(found):
        return sum(one != other for one, other in zip(asked, found, strict=True)) <= _FEW
    longer, shorter = (asked, found) if len(asked) > len(found) else (found, asked)
    gap = len(longer) - len(shorter)
    return gap <= (_LOST if longer is asked else _FEW) and any(
        longer[:at] + longer[at + gap :] == shorter for at in range(len(shorter) + 1)
    )


class _Step(NamedTuple):
    tags: frozenset[int]
    deviation: Deviation


def _opened(found: Iterable[Element]) -> tuple[DocumentCode | None, tuple[Element, ...]]:
    level = tuple(found)
    if len(level) == 1 and level[0].tag in _OUTER and isinstance(level[0].value, tuple):
        return DocumentCode(level[0].tag), level[0].value
    return None, level


def _walk(receipt: Receipt, ffd: FfdVersion, level: tuple[Element, ...], known: Mapping[int, Value]) -> Iterator[_Step]:
    itemised = any(element.tag == T.ITEM for element in level)
    asked = receipt_elements(receipt, ffd, correction_items=itemised)
    codes: dict[Value, set[tuple[int, str]]] = {}
    for item in receipt.items:
        if item.marking is not None:
            code = read(item.marking.code)
            codes.setdefault(product_code(code).value, set()).update(equivalents(code))
    walker = _Walker(codes, known)
    return walker.level(asked, level, "", frozenset())


class _Walker:
    """`codes`: for each asked 1163 the (tag, text) children that name the same code."""

    def __init__(self, codes: Mapping[Value, set[tuple[int, str]]], known: Mapping[int, Value]) -> None:
        self._codes = codes
        self._known = known

    def level(
        self, asked: tuple[Element, ...], found: tuple[Element, ...], path: str, tags: frozenset[int]
    ) -> Iterator[_Step]:
        wanted, held = _by_tag(asked), _by_tag(found)
        for tag, values in wanted.items():
            yield from self._tag(tag, values, held.pop(tag, []), path, tags | {tag})
        for tag, values in held.items():
            for place, value in enumerate(values):
                if not (_empty(tag, value) or tag in _ADDED or self._known.get(tag) == value):
                    yield _step(tags | {tag}, _at(path, tag, place), "", value)

    def _tag(
        self, tag: int, asked: list[Value], found: list[Value], path: str, tags: frozenset[int]
    ) -> Iterator[_Step]:
        if tag in _ADDED and len(found) > len(asked):
            # a register may write its own value beside the one it was sent
            found = [value for value in found if any(_equal(tag, value, one) for one in asked)] or found[: len(asked)]
        for place in range(max(len(asked), len(found))):
            here = _at(path, tag, place)
            if place >= len(found):
                if not (_empty(tag, asked[place]) or tag in _OPTIONAL):
                    yield _step(tags, here, asked[place], "")
            elif place >= len(asked):
                if not _empty(tag, found[place]):
                    yield _step(tags, here, "", found[place])
            else:
                yield from self._pair(tag, asked[place], found[place], here, tags)

    def _pair(self, tag: int, asked: Value, found: Value, here: str, tags: frozenset[int]) -> Iterator[_Step]:
        if tag == T.PRODUCT_CODE:
            if not _same_code(self._codes[asked], found):
                yield _step(tags, here, asked, found)
        elif isinstance(asked, tuple) and isinstance(found, tuple):
            yield from self.level(asked, found, here, tags)
        elif not _equal(tag, asked, found):
            yield _step(tags, here, asked, found)


def _by_tag(level: tuple[Element, ...]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for element in level:
        groups.setdefault(int(element.tag), []).append(element.value)
    if T.RECEIPT_VAT_SUM_ENTRY in groups:
        # the order of rates inside 1115 means nothing, and a rate whose VAT comes to nothing may be left out
        entries = [entry for entry in groups[T.RECEIPT_VAT_SUM_ENTRY] if not _empty(T.RECEIPT_VAT_SUM_ENTRY, entry)]
        groups[T.RECEIPT_VAT_SUM_ENTRY] = sorted(entries, key=shown)
    return groups


def _at(path: str, tag: int, place: int) -> str:
    row = TAGS.get(tag)
    step = f"{tag}[{place}]" if (row is not None and row.repeats) or place else str(tag)
    return f"{path}/{step}" if path else step


def _step(tags: frozenset[int], path: str, asked: Value, found: Value) -> _Step:
    return _Step(tags, Deviation(path, shown(asked), shown(found)))


def _empty(tag: int, value: Value) -> bool:
    if isinstance(value, int):
        row = TAGS.get(tag)
        return value == 0 and (tag in _ZERO_IS_ABSENT or (row is not None and row.kind is Kind.VLN))
    if isinstance(value, tuple):
        counted = tuple(one for one in value if tag != T.RECEIPT_VAT_SUM_ENTRY or one.tag != T.VAT_RATE)
        return all(_empty(element.tag, element.value) for element in counted)
    if tag == T.UNIT_NAME and isinstance(value, str) and value.strip().lower() in _PIECES:
        return True
    return isinstance(value, str | bytes) and not value.strip()


def _equal(tag: int, asked: Value, found: Value) -> bool:
    if isinstance(asked, str) and isinstance(found, str):
        return asked.split() == found.split()
    if isinstance(asked, datetime) and isinstance(found, datetime) and tag == T.CORRECTION_DATE:
        return asked.date() == found.date()
    if isinstance(asked, bytes) and isinstance(found, bytes):
        # 1162 is padded with spaces to its field by some registers
        return asked.rstrip(b" \0") == found.rstrip(b" \0")
    return asked == found


def _same_code(forms: set[tuple[int, str]], found: Value) -> bool:
    if not isinstance(found, tuple) or len(found) != 1:
        return False
    return (int(found[0].tag), str(found[0].value).rstrip(" ")) in forms


def shown(value: Value) -> str:
    """A value as a technician reads it: `{1199=11 1120=14558}`, 2.5, 2026-01-31T12:00:00, hex for bytes."""
    if isinstance(value, tuple):
        return "{" + " ".join(f"{int(element.tag)}={shown(element.value)}" for element in value) + "}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)
