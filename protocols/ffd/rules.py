"""What a register of a given ФФД will not take of a receipt, said by JSON pointer before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from protocols.ffd.arithmetic import check_sums, line_sum
from protocols.ffd.characters import fits
from protocols.ffd.documents import MARKED, MARKED_WITHOUT_CODE, document_code, receipt_elements, size_of
from protocols.ffd.enums import CorrectionKind, FfdVersion, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_DOCUMENT, MAX_MARKING_CODES, QUANTITY_PLACES, longest
from protocols.ffd.numbers import T
from protocols.ffd.presence import validate
from protocols.ffd.receipt import Item, Receipt
from protocols.ffd.tlv import TlvError
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

#: What to do about a fault that the tables of tags find.
TAG_HINTS = MappingProxyType(
    {
        "tag_missing": "Не хватает обязательного реквизита чека: обратитесь к авторам программы.",
        "tag_forbidden": "Реквизит в таком чеке не допускается: уберите его.",
        "tag_repeated": "Реквизит указан дважды: оставьте один.",
        "tag_value": "Значение реквизита недопустимо: исправьте его.",
        "tag_too_long": "Сократите текст реквизита.",
    }
)

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
    if is_plain(receipt):
        return []
    sums = check_sums(receipt)
    faults = [*sums, *_marking(receipt, ffd), *_correction(receipt, ffd)]
    if sums:
        # a sum or quantity out of range cannot be written, so there is no document to look at yet
        return faults
    seen = {fault.pointer for fault in faults}
    found = validate(document_code(receipt), ffd, receipt_elements(receipt, ffd), complete=False)
    told = [Fault(pointer_of(fault.pointer), fault.code, fault.message, TAG_HINTS[fault.code]) for fault in found]
    # what is missing or out of place is told once, by the rule that knows more
    faults.extend(fault for fault in told if fault.pointer not in seen)
    faults.extend(_size(receipt, ffd))
    return faults


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
    given += [
        (f"/items/{i}/marking", item.marking is not None and item.marking.numerator is not None)
        for i, item in enumerate(receipt.items)
    ]
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


def _marking(receipt: Receipt, ffd: FfdVersion) -> Iterator[Fault]:
    for index, item in enumerate(receipt.items):
        yield from _item_marking(f"/items/{index}", item, ffd)
    lines: dict[str, int] = {}
    codes = 0
    for index, item in enumerate(receipt.items):
        if item.marking is None:
            continue
        codes += 1
        code = read(item.marking.code)
        first = lines.setdefault(code.unit, index) if code.names_unit else index
        if first != index:
            yield Fault(
                f"/items/{index}/marking",
                "marking_code_twice",
                f"the code of /items/{first} again; the drive checks a code once a receipt",
                f"Код в строке {index + 1} тот же, что в строке {first + 1}. Отсканируйте код второго товара.",
            )
    if codes > MAX_MARKING_CODES:
        yield Fault(
            "/items",
            "too_many_codes",
            f"{codes} marking codes, a document holds {MAX_MARKING_CODES} at most",
            f"В одном чеке не больше {MAX_MARKING_CODES} кодов маркировки. Разделите чек.",
        )


def _item_marking(pointer: str, item: Item, ffd: FfdVersion) -> Iterator[Fault]:
    if item.payment_object in MARKED and item.marking is None and ffd is FfdVersion.V1_2:
        yield Fault(
            f"{pointer}/marking",
            "marking_code_missing",
            f"{item.payment_object} needs a marking code; before hand-over use the object …_without_marking",
            "Отсканируйте код маркировки товара.",
        )
    if item.payment_object in MARKED_WITHOUT_CODE and item.marking is not None:
        yield Fault(
            f"{pointer}/marking",
            "marking_code_unexpected",
            f"{item.payment_object} has no marking code; with one the object is …_with_marking",
            "У предоплаты код маркировки не указывается.",
        )
    if item.agent is not None and (item.supplier is None or not item.supplier.inn):
        yield Fault(
            f"{pointer}/supplier_info/inn",
            "supplier_inn_missing",
            "an agent's item names its supplier's INN (1226); twelve zeros where there is none",
            "Укажите ИНН поставщика.",
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
    if correction.kind is CorrectionKind.INSTRUCTION and not correction.number:
        yield Fault(
            "/correction/number",
            "correction_number_missing",
            "a correction by instruction names the tax office's order (1179)",
            "Укажите номер предписания налогового органа.",
        )


def _size(receipt: Receipt, ffd: FfdVersion) -> Iterator[Fault]:
    try:
        size = size_of(receipt, ffd)
    except TlvError:
        return  # the value that cannot be written is named by `validate`
    if size > MAX_DOCUMENT:
        yield Fault(
            "",
            "document_too_large",
            f"the document takes {size} bytes of TLV, the drive holds {MAX_DOCUMENT} at most",
            "Чек слишком большой для фискального накопителя. Разделите его на несколько.",
        )


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
