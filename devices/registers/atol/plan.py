"""A receipt as the commands that make it.

Order on the wire: 92h, per item EAh, E8h, EBh, then E8h of the receipt, 99h for every form of payment but the last, and
4Ah. Tags are sent inside the open receipt, so that cancelling it (59h) takes them away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from devices.registers.atol.profile import Profile
from protocols.atol.commands import Asks
from protocols.atol.commands.printing import PrintLine
from protocols.atol.commands.receipts import (
    IGNORE_CASH,
    BeginItem,
    CloseReceipt,
    EndItem,
    OpenReceipt,
    Pay,
    ReceiptTax,
    write_tag,
)
from protocols.atol.statuses import TYPE_OF, Payment
from protocols.atol.vat import wire_code
from protocols.ffd.arithmetic import FLAT_TAGS, receipt_vat
from protocols.ffd.documents import item_elements, payment_object, receipt_elements
from protocols.ffd.enums import FfdVersion, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item, Receipt
from protocols.ffd.tlv import Element, encode

#: Tags of an item that EBh carries.
_BY_ITEM: Final = frozenset(
    {
        T.ITEM_NAME,
        T.UNIT_PRICE,
        T.QUANTITY,
        T.ITEM_SUM,
        T.VAT_RATE,
        T.ITEM_VAT_SUM,
        T.ITEM_TYPE,
        T.PAYMENT_METHOD,
    }
)
#: Tags of a receipt that other commands, or the register itself, write.
_BY_COMMANDS: Final = frozenset(
    {
        T.SETTLEMENT_SIGN,
        T.TOTAL_SUM,
        T.ITEM,
        T.CASH_SUM,
        T.ELECTRONIC_SUM,
        T.PREPAID_SUM,
        T.CREDIT_SUM,
        T.PROVISION_SUM,
        T.RECEIPT_VAT_SUMS,
        *FLAT_TAGS.values(),
    }
)
_VAT_OF_TAG: Final = {tag: vat for vat, tag in FLAT_TAGS.items()}
#: The section; their names are the register's own affair.
_SECTION: Final = 1
_WHOLE_RECEIPT: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`close` makes the document; `open` and `lines` leave it open, `payments` come after the total was compared."""

    open: OpenReceipt
    lines: tuple[Asks[Any], ...]
    payments: tuple[Pay, ...]
    close: CloseReceipt


def make_plan(receipt: Receipt, profile: Profile, *, no_print: int) -> Plan:
    """The commands for a receipt that has no faults (`registers.atol.faults`) on this register.

    `no_print`: the flag of 92h that keeps it off the paper.
    """
    *before, last = _payments(receipt)
    return Plan(
        open=opening(receipt, no_print=no_print),
        lines=tuple(request for _, request in lines(receipt, profile)),
        payments=tuple(Pay(0, form, amount) for form, amount in before),
        close=CloseReceipt(0, *last),
    )


def opening(receipt: Receipt, *, no_print: int) -> OpenReceipt:
    return OpenReceipt(
        0 if receipt.print_paper else no_print, TYPE_OF[receipt.operation, receipt.correction is not None]
    )


def lines(receipt: Receipt, profile: Profile) -> Iterator[tuple[str, Asks[Any]]]:
    """What fills it, each command with the place in the caller's body that it carries."""
    ffd = profile.identity.ffd
    for index, line in enumerate(receipt.header_lines):
        yield f"/header_lines/{index}", PrintLine(line)
    if sums_only(receipt, ffd):
        yield from (("", request) for request in _sums(receipt))
    else:
        for index, item in enumerate(receipt.items):
            for request in _item(item, ffd, flags=_flags(receipt)):
                yield f"/items/{index}", request
    for request in _tags(one for one in receipt_elements(receipt, ffd) if one.tag not in _BY_COMMANDS):
        yield "", request
    for index, line in enumerate(receipt.footer_lines):
        yield f"/footer_lines/{index}", PrintLine(line)


def payments(receipt: Receipt) -> Iterator[CloseReceipt]:
    """What the forms of payment need room for."""
    return (CloseReceipt(0, form, amount) for form, amount in _payments(receipt))


def sums_only(receipt: Receipt, ffd: FfdVersion) -> bool:
    """Whether it is a correction of ФФД 1.05, which has sums and taxes: the register takes one item for them."""
    return receipt.correction is not None and ffd is FfdVersion.V1_05


def _item(item: Item, ffd: FfdVersion, *, flags: int) -> Iterator[Asks[Any]]:
    yield BeginItem(0, 1, 0)
    yield from _tags(one for one in item_elements(item, ffd) if one.tag not in _BY_ITEM)
    yield EndItem(
        flags,
        item.price,
        item.quantity,
        item.sum,
        wire_code(item.vat),
        0,  # the register computes the tax
        _SECTION,
        payment_object(item, ffd).code,
        item.payment_method.code,
        0,
        0,
        b"\0\0",
        item.name,
    )


def _sums(receipt: Receipt) -> Iterator[Asks[Any]]:
    """One item over the total, and the tax of each rate."""
    first = receipt.items[0]
    whole = Item(
        name=first.name,
        price=receipt.total,
        quantity=Decimal(1),
        sum=receipt.total,
        vat=first.vat,
        payment_method=first.payment_method,
        payment_object=first.payment_object,
    )
    yield from _item(whole, FfdVersion.V1_05, flags=_flags(receipt))
    totals = receipt_vat(receipt)
    rates: list[tuple[Vat, int]] = [(_VAT_OF_TAG[T(tag)], total) for tag, total in totals.flat]
    for vat, total in (*rates, *totals.by_rate):
        yield ReceiptTax(0, _WHOLE_RECEIPT, wire_code(vat), total)


def _flags(receipt: Receipt) -> int:
    """No cash moves: then the drawer may be empty. Some firmware refuses card refunds without this."""
    return 0 if receipt.payments.cash else IGNORE_CASH


def _tags(elements: Iterable[Element]) -> Iterator[Asks[Any]]:
    """One tag a command, or more where it is long."""
    for element in elements:
        yield from write_tag(encode((element,)), printed=True)


def _payments(receipt: Receipt) -> list[tuple[Payment, int]]:
    """Forms and sums, cash last: change is due from it alone."""
    paid = receipt.payments
    cash = paid.cash if paid.received is None else paid.received
    forms = [
        (Payment.ELECTRONIC, paid.electronic),
        (Payment.PREPAID, paid.prepaid),
        (Payment.POSTPAID, paid.postpaid),
        (Payment.OTHER, paid.other),
        (Payment.CASH, cash),
    ]
    return [(form, amount) for form, amount in forms if amount] or [(Payment.CASH, 0)]
