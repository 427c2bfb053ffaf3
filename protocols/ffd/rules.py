"""What a register of a given ФФД will not take of a receipt, said by JSON pointer before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from protocols.ffd import lines
from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.characters import fits
from protocols.ffd.documents import MARKED, document_code, receipt_elements, size_of
from protocols.ffd.enums import FfdVersion, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.hints import hinted
from protocols.ffd.limits import MAX_DOCUMENT, MAX_KOPECKS, MAX_QUANTITY_MANTISSA, QUANTITY_PLACES, longest
from protocols.ffd.numbers import T
from protocols.ffd.presence import validate
from protocols.ffd.receipt import Item, Receipt
from protocols.ffd.tlv import Element, TlvError
from protocols.marking import read

#: A plain receipt has no more lines (a document holds more), kopecks and goods in a line (every family's commands do).
_PLAIN_ITEMS, _PLAIN_SUM, _PLAIN_QUANTITY = 100, 10**10, 10**6
_CONTACT, _CASHIER, _INN, _NAME = map(longest, (T.BUYER_CONTACT, T.CASHIER, T.CASHIER_INN, T.ITEM_NAME))
#: What it does not have.
_RARE = (
    *("correction", "additional", "user_detail", "operation_detail", "industry", "electronic_payments", "sender_email"),
    *("place", "address", "machine_number", "header_lines", "footer_lines"),
)
_RARE_OF_ITEM = ("marking", "agent", "supplier", "user_data", "country_code", "declaration_number", "industry")
_RARE_OF_BUYER = ("name", "inn", "birth_date", "citizenship", "document_code", "document_data", "address")

_NOT_IN_RECEIPT = "Реквизит не попадёт в чек."

#: Where the tags of a receipt stand in the caller's body; nested tags that are not listed keep their parent's place.
POINTERS = MappingProxyType(
    {
        T.ITEM: "items",
        T.ITEM_NAME: "name",
        T.UNIT_PRICE: "price",
        T.QUANTITY: "quantity",
        T.ITEM_SUM: "sum",
        T.ITEM_TYPE: "payment_object",
        T.PAYMENT_METHOD: "payment_method",
        T.VAT_RATE: "vat",
        T.QUANTITY_UNIT: "measure",
        T.PRODUCT_CODE: "marking",
        T.PRODUCT_CODE_105: "marking",
        T.FRACTIONAL_QUANTITY: "marking",
        T.ITEM_EXTRA: "user_data",
        T.ITEM_AGENT_SIGN: "agent_info",
        T.AGENT_DATA: "agent_info",
        T.SUPPLIER_DATA: "supplier_info",
        T.SUPPLIER_INN: "supplier_info/inn",
        T.EXCISE_SUM: "excise",
        T.ORIGIN_COUNTRY_CODE: "country_code",
        T.CUSTOMS_DECLARATION_NUMBER: "declaration_number",
        T.ITEM_INDUSTRY_ATTRIBUTE: "sectoral_item_props",
        T.SETTLEMENT_SIGN: "operation",
        T.TAX_SYSTEM: "taxation",
        T.TOTAL_SUM: "total",
        T.CORRECTION_TYPE: "correction/kind",
        T.CORRECTION_BASIS: "correction",
        T.CORRECTION_DATE: "date",
        T.CORRECTION_ORDER_NUMBER: "number",
        T.CORRECTION_DESCRIPTION: "description",
        T.ELECTRONIC_PAYMENTS: "cashless_payments",
        T.BUYER_CONTACT: "customer",
        T.BUYER_INFO: "customer",
        T.BUYER_NAME: "customer/name",
        T.BUYER_INN: "customer/inn",
        T.CASHIER: "cashier/name",
        T.CASHIER_INN: "cashier/inn",
        T.INTERNET_SETTLEMENT: "internet",
        T.SENDER_EMAIL: "sender_email",
        T.SETTLEMENT_ADDRESS: "address",
        T.SETTLEMENT_PLACE: "place",
        T.MACHINE_NUMBER: "device_number",
        T.RECEIPT_EXTRA: "additional_check_props",
        T.USER_EXTRA: "additional_user_props",
        T.RECEIPT_INDUSTRY_ATTRIBUTE: "sectoral_check_props",
        T.OPERATIONAL_ATTRIBUTE: "operating_check_props",
    }
)


def is_plain(receipt: Receipt) -> bool:
    """True for a receipt that no table need be asked about: bare lines whose sums add up, none of the rare tags.

    Nearly every receipt is one. False says nothing.
    """
    if not 0 < len(receipt.items) <= _PLAIN_ITEMS or any(getattr(receipt, name) for name in _RARE):
        return False
    customer, cashier, payments = receipt.customer, receipt.cashier, receipt.payments
    if customer is not None and (any(getattr(customer, name) for name in _RARE_OF_BUYER) or not customer.contact):
        return False
    texts = [(customer.contact or "", _CONTACT)] if customer is not None else []
    texts += [(cashier.name, _CASHIER), (cashier.inn or "", _INN)] if cashier is not None else []
    texts += [(item.name, _NAME) for item in receipt.items]
    parts = (payments.cash, payments.electronic, payments.prepaid, payments.postpaid, payments.other)
    change = payments.received is None or 0 < payments.cash <= payments.received <= _PLAIN_SUM
    return (
        (not receipt.internet or customer is not None)
        and change
        and min(parts) >= 0
        and sum(parts) == sum(item.sum for item in receipt.items) <= _PLAIN_SUM
        and all(len(text) <= most and fits(text) for text, most in texts)
        and all(map(_plain_item, receipt.items))
    )


def _plain_item(item: Item) -> bool:
    if item.payment_object in MARKED or any(getattr(item, name) for name in _RARE_OF_ITEM) or item.excise is not None:
        return False
    quantity = item.quantity
    small = quantity.is_finite() and 0 < quantity <= _PLAIN_QUANTITY and 0 <= item.price <= _PLAIN_SUM
    exponent = quantity.as_tuple().exponent
    return (
        small
        and isinstance(exponent, int)
        and exponent >= -QUANTITY_PLACES
        and item.sum == line_sum(item.price, quantity)
    )


def document_faults(receipt: Receipt, ffd: FfdVersion) -> list[Fault]:
    """Sums, lengths, ФФД rules and the drive's limits, all at once; empty when a register of this ФФД may have it."""
    sums = sum_faults(receipt)
    faults = [*sums, *_values(receipt), *_parts(receipt, ffd), *_correction(receipt, ffd)]
    if not sums:  # a sum or quantity out of range cannot be written: there is no document to look at yet
        seen = {fault.pointer for fault in faults}
        elements = receipt_elements(receipt, ffd)
        found = validate(document_code(receipt), ffd, elements, complete=False)
        told = (replace(fault, pointer=pointer_of(fault.pointer)) for fault in found)
        # what is missing or out of place is told once, by the rule that knows more
        faults.extend(fault for fault in told if fault.pointer not in seen)
        faults.extend(size_faults(receipt, ffd, elements))
    return list(hinted(faults))


def left_out(receipt: Receipt, ffd: FfdVersion) -> list[Fault]:
    """What the receipt says and this ФФД cannot carry (warnings, not refusals); the document is made without it."""
    customer = receipt.customer
    if customer is not None and customer.email and customer.phone:
        phone = [Fault("/customer/phone", "left_out", "tag 1008 holds one contact: the e-mail", _NOT_IN_RECEIPT)]
    else:
        phone = []
    if ffd is FfdVersion.V1_2:
        return phone
    given = [(f"/items/{i}/sectoral_item_props", bool(item.industry)) for i, item in enumerate(receipt.items)]
    given += [("/sectoral_check_props", bool(receipt.industry))]
    given += [("/operating_check_props", receipt.operation_detail is not None)]
    if customer is not None:
        given.append(("/customer/birthdate", customer.birth_date is not None))
        for key in ("citizenship", "document_code", "document_data", "address"):
            given.append((f"/customer/{key}", getattr(customer, key) is not None))
    return phone + [
        Fault(pointer, "left_out", f"the ФФД {ffd} of this register has no tag for it", _NOT_IN_RECEIPT)
        for pointer, present in given
        if present
    ]


def sum_faults(receipt: Receipt) -> list[Fault]:
    """Every way in which the receipt does not add up; empty when it does.

    1020 = Σ 1043 = Σ payments; a line is price x quantity to the kopeck beside; change comes from cash only; the
    entries of 1234 sum to 1081. All faults at once.
    """
    faults: list[Fault] = []
    if not receipt.items:
        faults.append(Fault("/items", "items_empty", "a receipt has at least one item"))
    for index, item in enumerate(receipt.items):
        faults.extend(_item_sums(f"/items/{index}", item))
    faults.extend(_payment_faults(receipt))
    return faults


def _item_sums(place: str, item: Item) -> Iterator[Fault]:
    yield from _range(f"{place}/price", item.price)
    yield from _range(f"{place}/sum", item.sum)
    if item.excise is not None:
        yield from _range(f"{place}/excise", item.excise)
    if _quantity_fits(item.quantity):
        yield from lines.sum_faults(place, max(item.price, 0), item.quantity, max(item.sum, 0))
    else:
        yield Fault(
            f"{place}/quantity",
            "quantity_out_of_range",
            f"quantity {item.quantity} is not above zero with at most {QUANTITY_PLACES} places",
        )


def _quantity_fits(quantity: Decimal) -> bool:
    # the magnitude is looked at first: as_integer_ratio of 1e-999999 would cost memory
    if not quantity.is_finite() or not 0 < quantity <= MAX_QUANTITY_MANTISSA or quantity.adjusted() < -QUANTITY_PLACES:
        return False
    numerator, denominator = quantity.as_integer_ratio()
    scaled, rest = divmod(numerator * 10**QUANTITY_PLACES, denominator)
    return not rest and scaled <= MAX_QUANTITY_MANTISSA


def _payment_faults(receipt: Receipt) -> Iterator[Fault]:
    payments = receipt.payments
    sums = (payments.cash, payments.electronic, payments.prepaid, payments.postpaid, payments.other)
    out_of_range = [fault for value in sums for fault in _range("/payments", value)]
    if out_of_range:
        yield from out_of_range
        return
    due = sum(item.sum for item in receipt.items)
    if due > MAX_KOPECKS or payments.total > MAX_KOPECKS:
        yield Fault("/total", "money_too_big", "the total does not fit a fiscal document")
    told = f"the payments make {rubles(payments.total)}, {rubles(max(due, 0))} is due"
    if payments.total < due:
        yield Fault("/payments", "payments_short", told)
    elif payments.total > due:
        yield Fault("/payments", "payment_exceeds_total", f"{told}; cash handed over goes into received")
    if payments.received is not None and (payments.cash == 0 or payments.received < payments.cash):
        yield Fault(
            "/payments",
            "received_too_small",
            f"{rubles(max(payments.received, 0))} received for {rubles(payments.cash)} due in cash",
        )
    if receipt.electronic_payments:
        listed = sum(payment.sum for payment in receipt.electronic_payments)
        yield from lines.cashless_faults(max(listed, 0), payments.electronic)


def _range(pointer: str, value: int) -> Iterator[Fault]:
    if value < 0:
        yield Fault(pointer, "money_negative", "money cannot be negative; a refund is an operation of its own")
    elif value > MAX_KOPECKS:
        yield Fault(pointer, "money_too_big", "the sum does not fit a fiscal document")


def _values(receipt: Receipt) -> Iterator[Fault]:
    codes = []
    for index, item in enumerate(receipt.items):
        place, marking = f"/items/{index}", item.marking
        inn = None if item.supplier is None else item.supplier.inn
        yield from lines.supplier_faults(place, agent=item.agent is not None, inn=inn)
        yield from lines.code_faults(place, item.payment_object, item.payment_method, marked=marking is not None)
        if marking is not None:
            codes.append((index, read(marking.code)))
            yield from lines.amount_faults(
                place,
                f"{place}/marking",
                measure=item.measure,
                quantity=item.quantity,
                part=marking.numerator,
                whole=marking.denominator,
            )
    yield from lines.repeated_codes(codes)
    yield from lines.too_many_codes(len(codes))


def _parts(receipt: Receipt, ffd: FfdVersion) -> Iterator[Fault]:
    if ffd is FfdVersion.V1_2:
        return
    for index, item in enumerate(receipt.items):
        if item.marking is not None and item.marking.numerator is not None:
            yield Fault(
                f"/items/{index}/marking",
                "fraction_not_in_ffd",
                f"ФФД {ffd} has no tag for a part of a marked piece (1291): the whole would be sold",
            )


def _correction(receipt: Receipt, ffd: FfdVersion) -> Iterator[Fault]:
    correction = receipt.correction
    if correction is None:
        return
    if ffd is FfdVersion.V1_05 and receipt.operation not in {Operation.SELL, Operation.BUY}:
        yield Fault(
            "/operation",
            "correction_impossible",
            "ФФД 1.05 corrects sell and buy only; undo a wrong receipt with a refund receipt",
            "На ФФД 1.05 нет коррекции возврата. Пробейте обычный чек возврата.",
        )
    yield from lines.order_faults(correction.kind, correction.number)


def size_faults(receipt: Receipt, ffd: FfdVersion, elements: Iterable[Element] | None = None) -> Iterator[Fault]:
    """A fault with the figure when the document is longer than the drive takes; `elements` as in `size_of`."""
    try:
        size = size_of(receipt, ffd, elements)
    except TlvError:
        return  # the value that cannot be written is named by `validate`
    if size > MAX_DOCUMENT:
        yield Fault("/items", "document_too_large", f"the document has {size} bytes of TLV, {MAX_DOCUMENT} at most")


def pointer_of(path: str) -> str:
    """`/1059/0/1030` -> `/items/0/name`; a tag without a key of its own points at what holds it."""
    words: list[str] = []
    for step in path.split("/")[1:]:
        tag = int(step)
        if tag in POINTERS:
            key = POINTERS[T(tag)]
            # 1227 stands alone before ФФД 1.2 and inside 1256 (customer) since
            words.append(key.removeprefix(f"{words[-1]}/") if words else key)
        elif tag < T.DOC_NAME:
            words.append(step)  # an index: tags start at 1000
        else:
            break
    return "".join(f"/{word}" for word in words)
