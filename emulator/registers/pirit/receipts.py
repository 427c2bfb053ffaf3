"""A document from its opening to its payment: 24, 30, 32, 33, 42, 44, 45, 47, 48, 50, 52, 53, 57, 64."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from emulator.registers.draft import DraftItem, put
from emulator.registers.pirit import item_tags
from emulator.registers.pirit.core import OPERATIONS, Core, Handlers, PiritDraft
from emulator.registers.pirit.state import told
from emulator.registers.pirit.tables import rates
from emulator.registers.refusals import Refusal
from emulator.registers.till import DOCUMENTS, department
from protocols.ffd.arithmetic import PERCENT, half_up, line_sum, rubles
from protocols.ffd.enums import FfdVersion, Measure, Operation, PaymentMethod, PaymentObject, Vat
from protocols.ffd.tlv import Element
from protocols.pirit import errors, extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands import receipts as r
from protocols.pirit.fields import Cashier, Part
from protocols.pirit.settings import CashMask, DevicesMask, TaxMask
from protocols.pirit.statuses import (
    OPERATION_OF_TYPE,
    DocumentMode,
    DocumentState,
    DocumentType,
)

_METHODS: Final = frozenset(method.code for method in PaymentMethod)
_OBJECTS: Final = frozenset(each.code for each in PaymentObject)
_OBJECTS_OF_12: Final = frozenset({30, 31, 32, 33})
_MEASURES: Final = frozenset(str(measure.code) for measure in Measure)
_CREDIT_PAYMENT: Final = 7
_MAX_SUM: Final = r.MAX_PRICE
_KINDS: Final = frozenset(range(1, 8))
_COPIED: Final = frozenset({2, 3, 6, 7})
_SUM: Final = 1
_POSTPONED, _POSTPONED_SUM = "shift.postponed", "shift.postponed_sum"
_FOUR_PLACES: Final = Decimal("0.0001")


def taxation_of(core: Core, number: int | None) -> int:
    """The bit of 1055; not given: the first of those registered."""
    registered = core.registration.taxations
    if number is None:
        return registered & -registered
    if not 1 << number & registered:
        raise core.bad(43)
    return 1 << number


def check_operator(core: Core, operator: Cashier) -> None:
    if not operator.name and not core.registration.automatic:
        raise core.bad(extended.NO_OPERATOR)


def open_document(core: Core, request: r.OpenDocument) -> Empty:
    kind = request.mode & 0x0F
    if kind not in _KINDS:
        raise core.bad(40)
    draft = PiritDraft(
        operation=OPERATION_OF_TYPE.get(DocumentType(kind), Operation.SELL),
        kind=DocumentType(kind),
        department=request.department or 1,
        cashier=request.operator,
        packet=bool(request.mode & DocumentMode.PACKET),
        printed=not request.mode & DocumentMode.NO_PRINT,
    )
    if draft.kind is DocumentType.SERVICE:
        core.draft = draft
        return Empty()
    check_shift(core)
    if draft.fiscal:
        check_operator(core, request.operator)
        draft.taxation = taxation_of(core, request.taxation)
        if request.address:
            put(draft.tags, core.fitting((Element(1009, request.address),)))
        core.begin(draft)
    else:
        core.draft = draft
    return Empty()


def check_shift(core: Core) -> None:
    core.registration  # noqa: B018 — Denied before the first registration
    if not core.drive.shift_open:
        raise core.wrong(extended.SHIFT_CLOSED)
    if core.drive.shift_expired:
        raise Refusal(errors.SHIFT_EXPIRED)


def open_copy(core: Core, request: r.OpenCopy) -> Empty:
    """A service document that takes the lines of a receipt."""
    if request.mode & 0x0F not in _COPIED:
        raise core.bad(40)
    if request.document:
        document = core.drive.document(request.document)
        if document is None or document.shift != core.drive.shift:
            raise core.bad(42)
    core.draft = PiritDraft(
        operation=OPERATION_OF_TYPE[DocumentType(request.mode & 0x0F)],
        cashier=request.operator,
        packet=bool(request.mode & DocumentMode.PACKET),
        copy=True,
        lines=[["КОПИЯ", "center", "bold"], [f"Чек № {request.receipt} от {request.at:%d.%m.%Y %H:%M}"]],
    )
    if request.document:
        core.draft.footer.append(f"ФД {request.document}")
    return Empty()


def item_details(core: Core, request: r.ItemDetails) -> r.ItemDetailsReply:
    draft = core.open_draft()
    draft.details, draft.bare_code, recognised = item_tags.details(core, request)
    return r.ItemDetailsReply("" if recognised else "Unrecogn")


def add_item(core: Core, request: r.AddItem) -> r.AddItemReply:
    draft = core.open_draft()
    rate = rates(core.quirks).get(request.vat)
    if rate is None:
        raise core.bad(48)
    if draft.copy:
        item = _copied(core, request, rate)
        draft.lines.append([item.name, "=", rubles(item.sum)])
    else:
        item = _item(core, draft, request, rate)
    if draft.total + item.sum > _MAX_SUM:
        raise core.bad(47)
    draft.items.append(item)
    draft.details, draft.attached, draft.bare_code = [], None, None
    return r.AddItemReply(_tax(item))


def _copied(core: Core, request: r.AddItem, rate: Vat) -> DraftItem:
    """Nothing of it is kept but what is printed."""
    quantity = Decimal(1) if isinstance(request.quantity, Part) else request.quantity
    amount = line_sum(request.price, quantity)
    return DraftItem(name=request.name or "Товар", price=request.price, quantity=quantity, sum=amount, vat=rate)


def _item(core: Core, draft: PiritDraft, request: r.AddItem, rate: Vat) -> DraftItem:
    method = PaymentMethod.FULL_PAYMENT.code if request.method is None else request.method
    object_ = PaymentObject.COMMODITY.code if request.object is None else request.object
    if method not in _METHODS:
        raise core.bad(53)
    if object_ not in (_OBJECTS if core.ffd is FfdVersion.V1_2 else _OBJECTS - _OBJECTS_OF_12):
        raise core.bad(54)
    if method == _CREDIT_PAYMENT and any(item.method == _CREDIT_PAYMENT for item in draft.items):
        raise core.wrong(extended.SECOND_CREDIT_PAYMENT)
    item = DraftItem(
        name=request.name or "Товар",
        price=request.price,
        quantity=_quantity(core, request.quantity),
        sum=0,
        vat=rate,
        department=request.section or draft.department,
        method=method,
        object=object_,
        tags=[*_unit(core, request), *_of_item(request), *draft.details],
    )
    item.sum = line_sum(item.price, item.quantity)
    if isinstance(request.quantity, Part):
        _sell_part(core, item, request.quantity)
    if core.mask(6) & TaxMask.ADD_VAT:
        item.reprice(item.sum + half_up(item.sum * PERCENT.get(rate, 0), 100))
    if draft.attached is not None:
        item.code, item.flags = draft.attached
    elif draft.bare_code is not None:
        item.code = draft.bare_code
    core.fitting((Element(1030, item.name),), 44)
    core.fitting((Element(1023, item.quantity),), 46)
    core.fitting(item.tags)
    return item


def _quantity(core: Core, quantity: Decimal | Part) -> Decimal:
    """Of a part of one piece: one."""
    if isinstance(quantity, Part):
        if core.ffd is not FfdVersion.V1_2:
            raise core.bad(46)
        return Decimal(1)
    if quantity <= 0:
        raise core.bad(46)
    return quantity


def _sell_part(core: Core, item: DraftItem, part: Part) -> None:
    """The price is of one of the parts, with setting 4 bit 6 of all that are sold."""
    if not core.mask(4) & DevicesMask.PART_PRICE_IS_TOTAL:
        item.price *= part.sold
    item.sum = item.price
    put(item.tags, (Element(1291, (Element(1293, part.sold), Element(1294, part.of))),))


def _unit(core: Core, request: r.AddItem) -> list[Element]:
    if core.ffd is not FfdVersion.V1_2:
        return [Element(1197, request.unit)] if request.unit else []
    unit = request.unit.strip() or "0"
    if unit not in _MEASURES:
        raise core.bad(extended.NONE)
    return [Element(2108, int(unit))]


def _of_item(request: r.AddItem) -> list[Element]:
    found = []
    if request.country:
        found.append(Element(1230, request.country))
    if request.declaration:
        found.append(Element(1231, request.declaration))
    if request.excise is not None:
        found.append(Element(1229, request.excise))
    return found


def _tax(item: DraftItem) -> Decimal:
    """In rubles, with more places than there are kopecks."""
    percent = PERCENT.get(item.vat)
    if percent is None:
        return Decimal("0.0000")
    exact = Decimal(item.sum * percent) / (100 + percent) / 100
    return exact.quantize(_FOUR_PLACES, ROUND_HALF_UP)


def subtotal(core: Core, request: r.Subtotal) -> Empty:
    draft = core.open_draft()
    first = draft.state is DocumentState.ITEMS
    draft.state = DocumentState.SUBTOTAL if first else DocumentState.PAYMENT
    if draft.copy:
        draft.lines.append(["ПОДЫТОГ", "=", rubles(draft.due)])
    return Empty()


def receipt_discount(core: Core, request: r.ReceiptDiscount) -> Empty:
    """The total is less by so many kopecks, the items stay as they are."""
    draft = core.open_draft()
    if draft.discounted:
        raise core.wrong(extended.ONE_DISCOUNT)
    if request.type != _SUM or request.sum > draft.due:
        raise core.bad(52)
    draft.discounted = True
    draft.discount += request.sum
    return Empty()


def set_total(core: Core, request: r.SetTotal) -> Empty:
    draft = core.open_draft()
    if request.sum // 100 != draft.due // 100:
        raise core.bad(extended.NONE)
    draft.discount = draft.total - request.sum
    return Empty()


def compare_total(core: Core, request: r.CompareTotal) -> Empty:
    draft = core.open_draft()
    if request.sum != (draft.cash if draft.kind in {DocumentType.CASH_IN, DocumentType.CASH_OUT} else draft.due):
        raise core.bad(extended.NONE)
    return Empty()


def payment(core: Core, request: r.Payment) -> Empty:
    draft = core.open_draft()
    if not draft.items:
        raise core.wrong(extended.ZERO_TOTAL)
    paid = draft.paid | {request.type: draft.paid.get(request.type, 0) + request.sum}
    cashless = sum(amount for form, amount in paid.items() if form)
    if cashless > draft.due or sum(paid.values()) > _MAX_SUM:
        raise core.bad(56)
    draft.paid = paid
    draft.state = DocumentState.PAID if draft.paid_total >= draft.due else DocumentState.PAYMENT
    if draft.copy:
        draft.lines.append([told(core.setting(32, request.type)), "=", rubles(request.sum)])
    return Empty()


def cash_in_out(core: Core, request: r.CashInOut) -> Empty:
    draft = core.open_draft()
    amount = draft.cash + request.sum
    if draft.kind is DocumentType.CASH_OUT and not core.mask(5) & CashMask.NO_CONTROL:
        core.check_drawer(-amount)
    draft.cash = amount
    return Empty()


def department_sum(core: Core, request: r.DepartmentSum) -> Empty:
    if request.operation not in {0, 1}:
        raise core.bad(76)
    operation = Operation.SELL_REFUND if request.operation else Operation.SELL
    core.till.add(department(operation, request.department), request.sum)
    return Empty()


def document_tag(core: Core, request: r.DocumentTag) -> Empty:
    draft = core.open_draft()
    element = item_tags.document_tag(core, request)
    if element.tag in item_tags.PARTS:
        draft.parts[element.tag] = element
    else:
        put(draft.tags, (element,))
    return Empty()


def cancel_document(core: Core, request: r.CancelDocument) -> Empty:
    _drop(core, "ДОКУМЕНТ АННУЛИРОВАН", count=True)
    return Empty()


def postpone_document(core: Core, request: r.PostponeDocument) -> Empty:
    draft = core.open_draft()
    core.till.add(_POSTPONED)
    if not request.reason:
        core.till.add(_POSTPONED_SUM, draft.due)
    _drop(core, f"ЧЕК ОТЛОЖЕН {request.reason}".rstrip(), count=False)
    return Empty()


def _drop(core: Core, text: str, *, count: bool) -> None:
    draft = core.open_draft()
    if draft.fiscal:
        if count:
            core.till.post_cancelled(draft)
        core.memory.last = core.memory.last | {
            "type": 0,
            "operations": core.operations,
            "sum": draft.due,
            "discount": draft.discount,
        }
    if core.goes_on_paper() and core.printer.usable:
        core.printer.text([text, "center"])
    core.till.add(OPERATIONS)
    core.till.add(DOCUMENTS)
    if draft.fiscal:
        core.drop_draft()
    core.draft = None


HANDLERS: Handlers = {
    r.OpenDocument: open_document,
    r.OpenCopy: open_copy,
    r.ItemDetails: item_details,
    r.AddItem: add_item,
    r.Subtotal: subtotal,
    r.ReceiptDiscount: receipt_discount,
    r.SetTotal: set_total,
    r.CompareTotal: compare_total,
    r.Payment: payment,
    r.CashInOut: cash_in_out,
    r.DepartmentSum: department_sum,
    r.DocumentTag: document_tag,
    r.CancelDocument: cancel_document,
    r.PostponeDocument: postpone_document,
}
