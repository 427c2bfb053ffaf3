"""A closed receipt as the tags its drive signs, for each ФФД."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from emulator.fiscal_drive import Registration, Sold
from emulator.marking.verdicts import negative
from emulator.registers.draft import Draft, DraftItem
from emulator.registers.payments import Paid, PaymentKind
from protocols.ffd.arithmetic import FLAT_TAGS, vat_of, vat_totals
from protocols.ffd.documents import plain_quantity
from protocols.ffd.enums import FfdVersion, Operation, Vat
from protocols.ffd.tlv import Element, find
from protocols.marking import product_code, product_code_bytes, read

#: Rates whose tax the host's figure never changes: there is none (shtrih_m, FF46).
_UNTAXED = frozenset({Vat.VAT0, Vat.NONE})
_BASIS = frozenset({1173, 1174})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a receipt is closed. `taxation`: the bit of 1055; `host_taxes`: when the host computes them, else None."""

    paid: Paid
    total: int
    taxation: int
    cashier: str
    host_taxes: Mapping[Vat, int] | None = None
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
        Element(1054, draft.operation.code),
        Element(1020, closing.total),
        *(element for element in draft.tags if element.tag in _BASIS),
        *(Element(1059, item) for item in items),
        *(element for element in draft.tags if element.tag not in _BASIS),
        *own,
    )
    marked = zip(draft.items, items, strict=True)
    return body, tuple(
        Sold(tags, item.code) for item, tags in marked if item.code is not None and item.flags is not None
    )


def correction_body(
    operation: Operation,
    total: int,
    taxation: int,
    paid: Mapping[PaymentKind, int],
    *,
    kind: int = 0,
    taxes: Mapping[Vat, int] | None = None,
) -> list[Element]:
    """A correction of ФФД 1.05: sums, no items. `kind` is tag 1173; its basis is the host's to send."""
    return [
        Element(1054, operation.code),
        Element(1020, total),
        Element(1055, taxation),
        Element(1173, kind),
        *(Element(tag, paid.get(tag, 0)) for tag in PaymentKind),
        *(() if taxes is None else tax_tags((), taxes)),
    ]


def _own(draft: Draft, closing: Closing, registration: Registration) -> Iterator[Element]:
    yield Element(1055, closing.taxation)
    for tag in PaymentKind:
        yield Element(tag, closing.paid.kinds.get(tag, 0))
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
        own += _code_tags(item.code, item.flags, ffd)
    host = {element.tag for element in item.tags}
    return (*(element for element in own if element.tag not in host), *item.tags)


def _item_tax(item: DraftItem, *, by_host: bool) -> int | None:
    if by_host and item.tax_sum is not None and item.vat not in _UNTAXED:
        return item.tax_sum
    return vat_of(item.sum, item.vat)


def _code_tags(code: bytes, flags: int | None, ffd: FfdVersion) -> list[Element]:
    known = read(code)
    if ffd is not FfdVersion.V1_2 or flags is None:
        return [Element(1162, product_code_bytes(known))]
    return [product_code(known), Element(2102, 0), Element(2106, flags)]


def tax_tags(items: Sequence[DraftItem], host: Mapping[Vat, int] | None) -> tuple[Element, ...]:
    """1102…1107 and 1115: from the items, or as the host summed them (zero for a rate it forgot)."""
    if host is None:
        totals = vat_totals((item.sum, item.vat) for item in items)
        return _tags(totals.flat, totals.by_rate)
    used = {item.vat for item in items}
    wanted = [vat for vat in Vat if host.get(vat) or vat in used]
    flat = [(FLAT_TAGS[vat], host.get(vat, 0)) for vat in wanted if vat in FLAT_TAGS]
    return _tags(flat, [(vat, host.get(vat, 0)) for vat in wanted if vat not in FLAT_TAGS])


def _tags(flat: Iterable[tuple[int, int]], by_rate: Iterable[tuple[Vat, int]]) -> tuple[Element, ...]:
    single = tuple(Element(int(tag), total) for tag, total in flat)
    rows = tuple(Element(1119, (Element(1199, vat.code), Element(1120, total))) for vat, total in by_rate)
    return (*single, Element(1115, rows)) if rows else single
