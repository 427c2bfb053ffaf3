"""A receipt as the elements of documents 3 and 31 in each ФФД.

Only what the caller determines is here: the drive writes its header and the register its registration (`presence`
says who writes what). What a version cannot carry is left out (`rules.left_out` names it) or downgraded: objects
30…33 become 2 and 1 before ФФД 1.2, the marking code goes to 1162, the unit to 1197, the buyer to 1227/1228.
Source: FNS tables of order ЕД-7-20/662@ with amendments, ffd 1.05 / 1.1 / 1.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from protocols.ffd.agents import agent_elements, agent_sign
from protocols.ffd.arithmetic import receipt_vat, vat_of
from protocols.ffd.enums import DocumentCode, FfdVersion, Measure, PaymentObject
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Correction, Customer, ElectronicPayment, IndustryDetail, Item, Receipt
from protocols.ffd.tlv import Element, encode
from protocols.marking import product_code, product_code_bytes, read

MARKED = frozenset({PaymentObject.COMMODITY_WITH_MARKING, PaymentObject.EXCISE_WITH_MARKING})

#: Objects that only ФФД 1.2 knows -> what earlier versions write.
DOWNGRADE = MappingProxyType(
    {
        PaymentObject.EXCISE_WITHOUT_MARKING: PaymentObject.EXCISE,
        PaymentObject.EXCISE_WITH_MARKING: PaymentObject.EXCISE,
        PaymentObject.COMMODITY_WITHOUT_MARKING: PaymentObject.COMMODITY,
        PaymentObject.COMMODITY_WITH_MARKING: PaymentObject.COMMODITY,
    }
)

#: Russian unit for 1197 (before ФФД 1.2) and for paper.
UNITS = MappingProxyType(
    {
        Measure.PIECE: "шт.",
        Measure.GRAM: "г",
        Measure.KILOGRAM: "кг",
        Measure.TON: "т",
        Measure.CENTIMETER: "см",
        Measure.DECIMETER: "дм",
        Measure.METER: "м",
        Measure.SQUARE_CENTIMETER: "кв. см",
        Measure.SQUARE_DECIMETER: "кв. дм",
        Measure.SQUARE_METER: "кв. м",
        Measure.MILLILITER: "мл",
        Measure.LITER: "л",
        Measure.CUBIC_METER: "куб. м",
        Measure.KILOWATT_HOUR: "кВт·ч",
        Measure.GIGACALORIE: "Гкал",
        Measure.DAY: "сутки",
        Measure.HOUR: "час",
        Measure.MINUTE: "мин",
        Measure.SECOND: "с",
        Measure.KILOBYTE: "Кбайт",
        Measure.MEGABYTE: "Мбайт",
        Measure.GIGABYTE: "Гбайт",
        Measure.TERABYTE: "Тбайт",
        Measure.OTHER: "ед.",
    }
)

#: The outer tag, the drive's header (1041 1037 1018 1040 1012 1077 1038 1042) and 1209, which no caller sends.
FRAME_SIZE = 4 + (20 + 24 + 16 + 8 + 8 + 10 + 8 + 8) + 5
#: 2102 and 2106 of an item with a marking code, and 2107 of a receipt with one, as the register adds them.
MARKED_ITEM_SIZE = 10
MARKED_RECEIPT_SIZE = 5


def document_code(receipt: Receipt) -> DocumentCode:
    """31 for a correction, else 3."""
    return DocumentCode.CORRECTION if receipt.correction else DocumentCode.RECEIPT


def payment_object(item: Item, ffd: FfdVersion) -> PaymentObject:
    """Tag 1212 as this version can say it."""
    return item.payment_object if ffd is FfdVersion.V1_2 else DOWNGRADE.get(item.payment_object, item.payment_object)


def receipt_elements(receipt: Receipt, ffd: FfdVersion, *, correction_items: bool = False) -> tuple[Element, ...]:
    """Every tag that the caller determines, in document order (no outer tag, no header of the drive).

    A correction of ФФД 1.05 has sums and VAT only, unless `correction_items`; its VAT still comes from the items.
    `receipt.taxation` None leaves 1055 to the register.
    """
    return tuple(_elements(receipt, ffd, correction_items))


def item_elements(item: Item, ffd: FfdVersion) -> tuple[Element, ...]:
    """The inside of tag 1059."""
    return tuple(_item(item, ffd))


def _elements(receipt: Receipt, ffd: FfdVersion, correction_items: bool) -> Iterator[Element]:
    yield Element(T.SETTLEMENT_SIGN, receipt.operation.code)
    if receipt.taxation is not None:
        yield Element(T.TAX_SYSTEM, receipt.taxation.code)
    if receipt.correction is not None:
        yield from _correction(receipt.correction, ffd)
    yield Element(T.TOTAL_SUM, receipt.total)
    if receipt.correction is None or ffd is not FfdVersion.V1_05 or correction_items:
        for item in receipt.items:
            yield Element(T.ITEM, item_elements(item, ffd))
    yield from _payments(receipt)
    yield from vat_elements(receipt)
    yield from _parties(receipt, ffd)
    yield from _extras(receipt, ffd)


def _item(item: Item, ffd: FfdVersion) -> Iterator[Element]:
    yield Element(T.ITEM_NAME, item.name)
    yield Element(T.UNIT_PRICE, item.price)
    yield Element(T.QUANTITY, plain_quantity(item.quantity))
    yield Element(T.ITEM_SUM, item.sum)
    yield Element(T.VAT_RATE, item.vat.code)
    tax = vat_of(item.sum, item.vat)
    if tax is not None:
        yield Element(T.ITEM_VAT_SUM, tax)
    yield Element(T.ITEM_TYPE, payment_object(item, ffd).code)
    yield Element(T.PAYMENT_METHOD, item.payment_method.code)
    if ffd is FfdVersion.V1_2:
        yield from _item_12(item)
    else:
        if item.measure not in {Measure.PIECE, Measure.OTHER}:
            # cp866 has a middle dot of its own, so every unit of the table fits
            yield Element(T.UNIT_NAME, UNITS[item.measure])
        if item.marking is not None:
            yield Element(T.PRODUCT_CODE_105, product_code_bytes(read(item.marking.code)))
    if item.user_data:
        yield Element(T.ITEM_EXTRA, item.user_data)
    yield from agent_elements(item)
    if item.excise is not None:
        yield Element(T.EXCISE_SUM, item.excise)
    if item.country_code:
        yield Element(T.ORIGIN_COUNTRY_CODE, item.country_code)
    if item.declaration_number:
        yield Element(T.CUSTOMS_DECLARATION_NUMBER, item.declaration_number)


def _item_12(item: Item) -> Iterator[Element]:
    yield Element(T.QUANTITY_UNIT, item.measure.code)
    if item.marking is not None:
        yield product_code(read(item.marking.code))
        if item.marking.numerator is not None and item.marking.denominator is not None:
            fraction = (
                Element(T.NUMERATOR, item.marking.numerator),
                Element(T.DENOMINATOR, item.marking.denominator),
            )
            yield Element(T.FRACTIONAL_QUANTITY, fraction)
    for detail in item.industry:
        yield Element(T.ITEM_INDUSTRY_ATTRIBUTE, _industry(detail))


def _payments(receipt: Receipt) -> Iterator[Element]:
    payments = receipt.payments
    yield Element(T.CASH_SUM, payments.cash)
    yield Element(T.ELECTRONIC_SUM, payments.electronic)
    yield Element(T.PREPAID_SUM, payments.prepaid)
    yield Element(T.CREDIT_SUM, payments.postpaid)
    yield Element(T.PROVISION_SUM, payments.other)
    if receipt.electronic_payments and receipt.correction is None:
        entries = tuple(
            Element(T.ELECTRONIC_PAYMENT, _electronic_payment(entry)) for entry in receipt.electronic_payments
        )
        yield Element(T.ELECTRONIC_PAYMENTS, entries)


def _electronic_payment(payment: ElectronicPayment) -> tuple[Element, ...]:
    elements = (
        Element(T.ELECTRONIC_PAYMENT_SUM, payment.sum),
        Element(T.ELECTRONIC_PAYMENT_METHOD, payment.method),
        Element(T.ELECTRONIC_PAYMENT_IDS, payment.ids),
    )
    return (*elements, Element(T.ELECTRONIC_PAYMENT_EXTRA, payment.extra)) if payment.extra else elements


def vat_elements(receipt: Receipt) -> tuple[Element, ...]:
    """1102…1107 and, for the rates without a tag of their own, 1115 {1119 {1199, 1120}}."""
    totals = receipt_vat(receipt)
    elements = tuple(Element(tag, total) for tag, total in totals.flat)
    if not totals.by_rate:
        return elements
    entries = tuple(
        Element(T.RECEIPT_VAT_SUM_ENTRY, (Element(T.VAT_RATE, vat.code), Element(T.VAT_AMOUNT, total)))
        for vat, total in totals.by_rate
    )
    return (*elements, Element(T.RECEIPT_VAT_SUMS, entries))


def _parties(receipt: Receipt, ffd: FfdVersion) -> Iterator[Element]:
    customer = receipt.customer
    if customer is not None:
        if customer.contact:
            yield Element(T.BUYER_CONTACT, customer.contact)
        yield from _customer(customer, ffd)
    if receipt.cashier is not None:
        yield Element(T.CASHIER, receipt.cashier.name)
        if receipt.cashier.inn:
            yield Element(T.CASHIER_INN, receipt.cashier.inn)
    if ffd is not FfdVersion.V1_2 and (sign := agent_sign(receipt)):
        yield Element(T.AGENT_SIGN, sign)


def _customer(customer: Customer, ffd: FfdVersion) -> Iterator[Element]:
    known: list[tuple[T, str | None]] = [(T.BUYER_NAME, customer.name), (T.BUYER_INN, customer.inn)]
    if ffd is FfdVersion.V1_2:
        born = customer.birth_date
        known += [
            (T.BUYER_BIRTH_DATE, f"{born:%d.%m.}{born.year:04d}" if born else None),
            (T.BUYER_CITIZENSHIP, customer.citizenship),
            (T.BUYER_ID_DOC_CODE, customer.document_code),
            (T.BUYER_ID_DOC_DATA, customer.document_data),
            (T.BUYER_ADDRESS, customer.address),
        ]
    elements = tuple(Element(tag, text) for tag, text in known if text)
    if ffd is not FfdVersion.V1_2:
        yield from elements
    elif elements:
        yield Element(T.BUYER_INFO, elements)


def _extras(receipt: Receipt, ffd: FfdVersion) -> Iterator[Element]:
    if receipt.internet:
        yield Element(T.INTERNET_SETTLEMENT, 1)
    texts: tuple[tuple[T, str | None], ...] = (
        (T.SENDER_EMAIL, receipt.sender_email),
        (T.SETTLEMENT_ADDRESS, receipt.address),
        (T.SETTLEMENT_PLACE, receipt.place),
        (T.MACHINE_NUMBER, receipt.machine_number),
        (T.RECEIPT_EXTRA, receipt.additional),
    )
    for tag, text in texts:
        if text:
            yield Element(tag, text)
    if receipt.user_detail is not None:
        detail = receipt.user_detail
        yield Element(
            T.USER_EXTRA, (Element(T.USER_EXTRA_NAME, detail.name), Element(T.USER_EXTRA_VALUE, detail.value))
        )
    if ffd is not FfdVersion.V1_2:
        return
    for industry in receipt.industry:
        yield Element(T.RECEIPT_INDUSTRY_ATTRIBUTE, _industry(industry))
    if receipt.operation_detail is not None:
        operation = receipt.operation_detail
        # 1273 is the register's wall clock: the moment keeps the zone that the caller gave it
        at = operation.at.replace(tzinfo=None, microsecond=0)
        yield Element(
            T.OPERATIONAL_ATTRIBUTE,
            (
                Element(T.OPERATION_ID, operation.id),
                Element(T.OPERATION_DATA, operation.data),
                Element(T.OPERATION_DATE_TIME, at),
            ),
        )


def _correction(correction: Correction, ffd: FfdVersion) -> Iterator[Element]:
    yield Element(T.CORRECTION_TYPE, correction.kind.code)
    day = correction.date
    basis: list[Element] = []
    if correction.description and ffd is FfdVersion.V1_05:
        basis.append(Element(T.CORRECTION_DESCRIPTION, correction.description))
    basis.append(Element(T.CORRECTION_DATE, datetime(day.year, day.month, day.day)))  # noqa: DTZ001 - wall clock
    if correction.number:
        basis.append(Element(T.CORRECTION_ORDER_NUMBER, correction.number))
    yield Element(T.CORRECTION_BASIS, tuple(basis))


def _industry(detail: IndustryDetail) -> tuple[Element, ...]:
    return (
        Element(T.FOIV_ID, detail.federal_id),
        Element(T.BASIS_DOC_DATE, f"{detail.date:%d.%m.}{detail.date.year:04d}"),
        Element(T.BASIS_DOC_NUMBER, detail.number),
        Element(T.INDUSTRY_ATTRIBUTE_VALUE, detail.value),
    )


def plain_quantity(quantity: Decimal) -> Decimal:
    """The same number with no trailing zeros and no exponent: 2.500 -> 2.5, 1E+1 -> 10."""
    whole = quantity.to_integral_value()
    return whole.quantize(Decimal(1)) if quantity == whole else quantity.normalize()


def size_of(receipt: Receipt, ffd: FfdVersion, elements: Iterable[Element] | None = None) -> int:
    """Bytes of the document's TLV: what the caller determines, the outer tag, the drive's header, the marking results.

    Texts of the registration that the register repeats in a receipt (1048, 1187 …) are its own and not counted.
    `elements` are its `receipt_elements`, where they are at hand.
    """
    if elements is None:
        elements = receipt_elements(receipt, ffd)
    size = FRAME_SIZE + len(encode(elements, limits=False))
    marked = sum(item.marking is not None for item in receipt.items) if ffd is FfdVersion.V1_2 else 0
    return size + MARKED_ITEM_SIZE * marked + (MARKED_RECEIPT_SIZE if marked else 0)
