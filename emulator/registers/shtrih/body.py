"""A closed receipt as the tags its drive signs, for each ФФД."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from emulator.fiscal_drive import Registration, Sold
from emulator.marking.verdicts import negative
from emulator.registers.shtrih.core import Draft, DraftItem
from emulator.registers.shtrih.ledger import Paid
from protocols.ffd.arithmetic import FLAT_TAGS, vat_of, vat_totals
from protocols.ffd.documents import plain_quantity
from protocols.ffd.enums import FfdVersion, Vat
from protocols.ffd.tlv import Element, find
from protocols.marking import product_code, product_code_bytes, read
from protocols.shtrih.statuses import OPERATION_OF_TYPE
from protocols.shtrih.vat import BY_ROW

#: Payments of a document: tag and the name of its sum in `Paid`.
_PAYMENTS = ((1031, "cash"), (1081, "electronic"), (1215, "prepaid"), (1216, "postpaid"), (1217, "other"))
#: Rates whose tax the host's figure never changes (FF46: "for rates 3 and 4 always treated as 0").
_UNTAXED = frozenset({Vat.VAT0, Vat.NONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a receipt is closed. `host_taxes`: sums of tax groups 1, 2, … when the host computes them, else None."""

    paid: Paid
    total: int
    taxation: int
    host_taxes: tuple[int, ...] | None
    cashier: str
    internet: bool = False


def receipt_body(
    draft: Draft, closing: Closing, registration: Registration
) -> tuple[tuple[Element, ...], tuple[Sold, ...]]:
    """Every tag the register writes, and the items whose codes the drive has checked.

    Tags the host sent come before, and win over, the register's own.
    """
    host = {element.tag for element in draft.tags}
    own = (element for element in _own(draft, closing, registration) if element.tag not in host)
    items = [_item(item, registration.ffd, closing) for item in draft.items]
    body = (
        Element(1054, OPERATION_OF_TYPE[draft.kind]),
        Element(1020, closing.total),
        *(element for element in draft.tags if element.tag in {1173, 1174}),
        *(Element(1059, item) for item in items),
        *(element for element in draft.tags if element.tag not in {1173, 1174}),
        *own,
    )
    marked = zip(draft.items, items, strict=True)
    return body, tuple(
        Sold(tags, item.code) for item, tags in marked if item.code is not None and item.flags is not None
    )


def _own(draft: Draft, closing: Closing, registration: Registration) -> Iterator[Element]:
    yield Element(1055, closing.taxation)
    for tag, name in _PAYMENTS:
        yield Element(tag, getattr(closing.paid, name))
    yield from tax_tags(draft.items, closing.host_taxes)
    if draft.correction:
        yield Element(1173, 0)
    yield Element(1021, closing.cashier)
    if closing.internet:
        yield Element(1125, 1)
    flags = [item.flags for item in draft.items if item.flags is not None]
    if flags:
        yield Element(2107, int(any(map(negative, flags))))
    yield from registration.receipt_elements()


def _item(item: DraftItem, ffd: FfdVersion, closing: Closing) -> tuple[Element, ...]:
    own = [
        Element(1030, item.name),
        Element(1079, item.price),
        Element(1023, plain_quantity(item.quantity)),
        Element(1043, item.sum),
        Element(1199, item.vat.code),
    ]
    tax = _item_tax(item, by_host=closing.host_taxes is not None)
    if tax is not None:
        own.append(Element(1200, tax))
    own += [Element(1212, item.object), Element(1214, item.method)]
    if ffd is FfdVersion.V1_2 and find(item.tags, 2108) is None:
        own.append(Element(2108, 0))
    if item.code is not None:
        own += _code_tags(item, ffd)
    host = {element.tag for element in item.tags}
    return (*(element for element in own if element.tag not in host), *item.tags)


def _item_tax(item: DraftItem, *, by_host: bool) -> int | None:
    if by_host and item.tax_sum is not None and item.vat not in _UNTAXED:
        return item.tax_sum
    return vat_of(item.sum, item.vat)


def _code_tags(item: DraftItem, ffd: FfdVersion) -> list[Element]:
    if item.code is None:
        return []
    known = read(item.code)
    if ffd is not FfdVersion.V1_2 or item.flags is None:
        return [Element(1162, product_code_bytes(known))]
    return [product_code(known), Element(2102, 0), Element(2106, item.flags)]


def tax_tags(items: Sequence[DraftItem], host: tuple[int, ...] | None) -> tuple[Element, ...]:
    """1102…1107 and 1115: from the items, or as the host summed them (zero for a rate it forgot)."""
    if host is None:
        totals = vat_totals((item.sum, item.vat) for item in items)
        return _tags(totals.flat, totals.by_rate)
    used = {item.vat for item in items}
    sums = {BY_ROW[row].vat: amount for row, amount in enumerate(host, start=1) if row in BY_ROW}
    wanted = [vat for vat in Vat if sums.get(vat) or vat in used]
    flat = [(FLAT_TAGS[vat], sums.get(vat, 0)) for vat in wanted if vat in FLAT_TAGS]
    return _tags(flat, [(vat, sums.get(vat, 0)) for vat in wanted if vat not in FLAT_TAGS])


def _tags(flat: Iterable[tuple[int, int]], by_rate: Iterable[tuple[Vat, int]]) -> tuple[Element, ...]:
    single = tuple(Element(int(tag), total) for tag, total in flat)
    rows = tuple(Element(1119, (Element(1199, vat.code), Element(1120, total))) for vat, total in by_rate)
    return (*single, Element(1115, rows)) if rows else single
