"""Which tags a document of each ФФД must, may and may not hold, who writes them, and the conditions that are known.

The marks come from the FNS tables (`tags.presence`). Their condition notes were not available as text; `CONDITIONS`
holds those that practice and the enumerations make plain, each with its reason. A mark C without a row there is
never missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.numbers import T
from protocols.ffd.tags import TAGS, Kind, Presence, Tag, name_of, presence
from protocols.ffd.tlv import Element, TlvError, encode, find

#: The header that the fiscal drive puts in front of every document.
WRITTEN_BY_DRIVE = frozenset(
    {
        T.FN_NUMBER,
        T.KKT_REGISTRATION_NUMBER,
        T.USER_INN,
        T.FD_NUMBER,
        T.DATE_TIME,
        T.FISCAL_SIGN,
        T.SHIFT_NUMBER,
        T.RECEIPT_NUMBER_IN_SHIFT,
    }
)
#: What the register adds to receipts from its registration and settings, or finds out while checking marking codes.
WRITTEN_BY_REGISTER = frozenset(
    {
        T.CASHIER,
        T.CASHIER_INN,
        T.SETTLEMENT_ADDRESS,
        T.SETTLEMENT_PLACE,
        T.USER_NAME,
        T.FNS_SITE,
        T.SENDER_EMAIL,
        T.MACHINE_NUMBER,
        T.TAX_SYSTEM,
        T.FFD_VERSION,
        T.INTERNET_ONLY_KKT,
        T.RECEIPT_SITE,
        T.KKT_SERIAL_NUMBER,
        T.MARKED_ITEMS_CHECK_RESULT,
        T.ITEM_CHECK_RESULT,
        T.MARKING_PROCESSING_MODE,
        T.MARKING_CONTROL_CODE,
        T.UNIT_VAT,
    }
)

_RECEIPTS = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO})
_CORRECTIONS = frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})
_ALL_RECEIPTS = _RECEIPTS | _CORRECTIONS
_REGISTRATIONS = frozenset({DocumentCode.REGISTRATION, DocumentCode.REREGISTRATION})
_EVERY_FFD = frozenset(FfdVersion)
_V12 = frozenset({FfdVersion.V1_2})

#: Not in today's tables, yet found in documents that real drives signed: (document or parent, tag).
ALSO_MET = frozenset(
    {
        # acknowledgements to ФФД 1.1 and 1.2 drives still come with the 1.05 message
        (T.OPERATOR_ACK, T.OPERATOR_MESSAGE_TO_FN),
        # description of a correction, mandatory until the tables of 2020
        (T.CORRECTION_BASIS, T.CORRECTION_DESCRIPTION),
        (T.OPERATOR_MESSAGE_TO_FN, T.OFD_RESPONSE_CODE),
        (T.OPERATOR_MESSAGE_TO_FN, T.OPERATOR_MESSAGE),
    }
)

_Level = tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """When `when` holds for the elements of a level, `tag` must be there (`forbidden`: must not be there)."""

    tag: int
    documents: frozenset[DocumentCode]
    when: Callable[[_Level], bool]
    reason: str
    ffds: frozenset[FfdVersion] = _EVERY_FFD
    parent: int | None = None
    forbidden: bool = False


def _value(level: _Level, tag: int) -> object:
    element = find(level, tag)
    return None if element is None else element.value


def _is(tag: int, *values: int) -> Callable[[_Level], bool]:
    return lambda level: _value(level, tag) in values


def _has(tag: int) -> Callable[[_Level], bool]:
    return lambda level: find(level, tag) is not None


def _has_rate(rate: int) -> Callable[[_Level], bool]:
    return lambda level: any(_value(item, T.VAT_RATE) == rate for item in _items(level))


def _items(level: _Level) -> Iterator[_Level]:
    return (element.value for element in level if element.tag == T.ITEM and isinstance(element.value, tuple))


def _any_item_has(tag: int) -> Callable[[_Level], bool]:
    return lambda level: any(find(item, tag) is not None for item in _items(level))


CONDITIONS: tuple[Condition, ...] = (
    Condition(T.VAT20_SUM, _ALL_RECEIPTS, _has_rate(1), "an item is taxed at 20 %"),
    Condition(T.VAT10_SUM, _ALL_RECEIPTS, _has_rate(2), "an item is taxed at 10 %"),
    Condition(T.VAT20_120_SUM, _ALL_RECEIPTS, _has_rate(3), "an item is taxed at 20/120"),
    Condition(T.VAT10_110_SUM, _ALL_RECEIPTS, _has_rate(4), "an item is taxed at 10/110"),
    Condition(T.VAT0_BASE_SUM, _ALL_RECEIPTS, _has_rate(5), "an item is taxed at 0 %"),
    Condition(T.NO_VAT_SUM, _ALL_RECEIPTS, _has_rate(6), "an item is not taxed"),
    Condition(
        T.RECEIPT_VAT_SUMS,
        _ALL_RECEIPTS,
        lambda level: any(_has_rate(rate)(level) for rate in range(7, 13)),
        "an item is taxed at 5, 7 or 22 % or their calculated rates",
    ),
    Condition(T.BUYER_CONTACT, _RECEIPTS, _is(T.INTERNET_SETTLEMENT, 1), "the settlement is over the Internet (1125)"),
    Condition(T.SENDER_EMAIL, _RECEIPTS, _has(T.BUYER_CONTACT), "the buyer gets the receipt by mail or phone (1008)"),
    Condition(
        T.CASHIER, _ALL_RECEIPTS, lambda level: find(level, T.MACHINE_NUMBER) is None, "no automatic device (1036)"
    ),
    Condition(
        T.MARKED_ITEMS_CHECK_RESULT, _ALL_RECEIPTS, _any_item_has(T.ITEM_CHECK_RESULT), "a code is checked", _V12
    ),
    Condition(T.OFD_INN, _REGISTRATIONS, _is(T.OFFLINE_MODE, 0), "documents go to an OFD"),
    Condition(T.OFD_NAME, _REGISTRATIONS, _is(T.OFFLINE_MODE, 0), "documents go to an OFD"),
    Condition(
        T.FIRST_UNSENT_FD_DATE,
        frozenset({DocumentCode.SHIFT_CLOSE, DocumentCode.STATE_REPORT}),
        lambda level: _value(level, T.UNSENT_FD_COUNT) not in {None, 0},
        "documents wait for the OFD (1097)",
    ),
    Condition(T.PRODUCT_CODE, _ALL_RECEIPTS, _is(T.ITEM_TYPE, 31, 33), "the item is sold by its code", _V12, T.ITEM),
    Condition(T.ITEM_CHECK_RESULT, _ALL_RECEIPTS, _is(T.ITEM_TYPE, 31, 33), "its code is checked", _V12, T.ITEM),
    Condition(T.MARKING_PROCESSING_MODE, _ALL_RECEIPTS, _is(T.ITEM_TYPE, 31, 33), "it has a code", _V12, T.ITEM),
    Condition(
        T.PRODUCT_CODE, _ALL_RECEIPTS, _is(T.ITEM_TYPE, 30, 32), "no code is read yet", _V12, T.ITEM, forbidden=True
    ),
    Condition(T.SUPPLIER_INN, _ALL_RECEIPTS, _has(T.ITEM_AGENT_SIGN), "an agent sells for a supplier", parent=T.ITEM),
    Condition(T.CORRECTION_DATE, _CORRECTIONS, lambda _: True, "the corrected day", parent=T.CORRECTION_BASIS),
)


def validate(code: DocumentCode, ffd: FfdVersion, elements: Iterable[Element], *, complete: bool = True) -> list[Fault]:
    """Missing, forbidden, repeated and over-long tags of a document (its inside, no outer tag), by tag path.

    `complete` False judges the caller's part alone: what the drive or the register writes is not missed. Tags that no
    table knows are let through (a newer amendment may define them).
    """
    level = tuple(elements)
    faults = list(_level(_Asked(code, ffd, complete, _writable(level)), level, None, ""))
    if code in _CORRECTIONS and _value(level, T.CORRECTION_TYPE) == 1:
        basis = _value(level, T.CORRECTION_BASIS)
        if isinstance(basis, tuple) and find(basis, T.CORRECTION_ORDER_NUMBER) is None:
            faults.append(
                _missing(f"/{T.CORRECTION_BASIS:d}/{T.CORRECTION_ORDER_NUMBER:d}", "ordered by the tax office")
            )
    return faults


@dataclass(frozen=True, slots=True)
class _Asked:
    code: DocumentCode
    ffd: FfdVersion
    complete: bool
    writable: bool  # the document as a whole: then no tag of it need be tried alone


def _writable(level: _Level) -> bool:
    try:
        encode(level)
    except TlvError:
        return False
    return True


@cache
def _rows(code: DocumentCode, ffd: FfdVersion, parent: int | None, complete: bool) -> tuple[Condition, ...]:
    rows = (row for row in CONDITIONS if row.parent == parent and code in row.documents and ffd in row.ffds)
    return tuple(row for row in rows if row.forbidden or complete or not _not_the_callers(row.tag))


@cache
def _mandatory(code: DocumentCode, ffd: FfdVersion, parent: int | None, complete: bool) -> tuple[int, ...]:
    marks = presence(int(code), ffd, parent)
    return tuple(
        tag for tag, mark in marks.items() if mark is Presence.MANDATORY and (complete or not _not_the_callers(tag))
    )


def _level(asked: _Asked, level: _Level, parent: int | None, path: str) -> Iterator[Fault]:
    marks = presence(int(asked.code), asked.ffd, parent)
    counts = Counter(element.tag for element in level)
    for tag in _mandatory(asked.code, asked.ffd, parent, asked.complete):
        if not counts[tag]:
            yield _missing(f"{path}/{tag}", f"mandatory in {asked.ffd}")
    yield from _conditions(asked, level, parent, path, counts)
    place = int(asked.code) if parent is None else parent
    met: Counter[int] = Counter()
    for element in level:
        here = f"{path}/{element.tag}"
        row = TAGS.get(element.tag)
        if row is None:
            continue
        if row.repeats:
            here = f"{here}/{met[element.tag]}"
        elif met[element.tag] == 1:
            yield Fault(here, "tag_repeated", f"tag {element.tag} ({row.name}) occurs {counts[element.tag]} times")
        met[element.tag] += 1
        # an empty table says nothing about the inside of a structure
        if marks and element.tag not in marks and (place, element.tag) not in ALSO_MET:
            yield Fault(here, "tag_forbidden", f"tag {element.tag} ({row.name}) has no place here in {asked.ffd}")
        if isinstance(element.value, tuple):
            yield from _level(asked, element.value, element.tag, here)
        if not asked.writable:
            yield from _content(element, row, here)


def _content(element: Element, row: Tag, here: str) -> Iterator[Fault]:
    if not isinstance(element.value, tuple):
        try:
            encode((element,))
        except TlvError as error:
            yield Fault(here, "tag_value", str(error))
        return
    try:
        size = len(encode(element.value, limits=False))
    except TlvError:
        return  # the child that cannot be written has its own fault
    if row.kind is Kind.STLV and row.max_len is not None and size > row.max_len:
        yield Fault(
            here, "tag_too_long", f"tag {row.number} ({row.name}) takes {size} bytes, {row.max_len} are allowed"
        )


def _conditions(asked: _Asked, level: _Level, parent: int | None, path: str, there: Container[int]) -> Iterator[Fault]:
    for row in _rows(asked.code, asked.ffd, parent, asked.complete):
        if (row.tag in there) is not row.forbidden or not row.when(level):
            continue
        if row.forbidden:
            message = f"tag {row.tag} ({name_of(row.tag)}) must not be here: {row.reason}"
            yield Fault(f"{path}/{row.tag}", "tag_forbidden", message)
        else:
            yield _missing(f"{path}/{row.tag}", row.reason)


def _not_the_callers(tag: int) -> bool:
    return tag in WRITTEN_BY_DRIVE or tag in WRITTEN_BY_REGISTER


def _missing(path: str, reason: str) -> Fault:
    tag = int(path.rsplit("/", 1)[1])
    return Fault(path, "tag_missing", f"tag {tag} ({name_of(tag)}) is missing: {reason}")
