"""The open receipt: opening, operations of both sets, discounts, cancelling."""

from __future__ import annotations

from decimal import Decimal

from emulator.registers.draft import DraftItem, spread
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handler, Handlers, ShtrihDraft
from emulator.registers.shtrih.fiscal import open_shift_now
from emulator.registers.shtrih.ledger import KINDS
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.enums import FfdVersion, PaymentMethod, PaymentObject, Vat
from protocols.shtrih import errors, tables, vat
from protocols.shtrih.commands import Empty, OperatorReply
from protocols.shtrih.commands.operations import OperationDiscount, OperationDiscountTax, OperationV2, ReceiptAdjustment
from protocols.shtrih.commands.receipts import (
    Adjustment,
    Buy,
    BuyReturn,
    CancelReceipt,
    Discount,
    OpenReceipt,
    Registration,
    Sale,
    SaleReturn,
    Subtotal,
    SubtotalReply,
    Surcharge,
    Void,
    VoidDiscount,
    VoidSurcharge,
)
from protocols.shtrih.statuses import TYPE_OF_OPERATION, Mode

CORRECTION_BIT = 0x80
_METHODS = frozenset(method.code for method in PaymentMethod)
_OBJECTS = frozenset(each.code for each in PaymentObject)
_OBJECTS_OF_12 = frozenset({30, 31, 32, 33})
_MAX_DEPARTMENT = 16
_BY_GOODS_CODE = 255
_SUM_TOLERANCE = 1  # kopeck, §10.5
_MAX_SUM = (1 << 40) - 2
#: Leading characters of a name that keep its line off the paper.
_UNPRINTED = "//"


def begin(core: Core, kind: int, operator: int, *, correction: bool = False) -> ShtrihDraft:
    """Open a receipt, and the shift before it when it is closed."""
    draft = ShtrihDraft(KINDS[kind], operator=operator, correction=correction)
    if core.mode() is Mode.SHIFT_CLOSED:
        open_shift_now(core, operator)
    core.begin(draft)
    return draft


def open_receipt(core: Core, request: OpenReceipt, operator: int) -> OperatorReply:
    correction = bool(request.type & CORRECTION_BIT)
    kind = request.type & ~CORRECTION_BIT
    if kind not in TYPE_OF_OPERATION.values() or (correction and core.ffd is FfdVersion.V1_05):
        raise Refusal(errors.BAD_PARAMETERS)
    begin(core, kind, operator, correction=correction)
    return OperatorReply(operator)


def _draft_of(core: Core, kind: int, operator: int) -> ShtrihDraft:
    """The open receipt of this kind, opened by its first operation if need be."""
    if core.non_fiscal:
        raise Refusal(errors.WRONG_MODE)
    if core.draft is None:
        return begin(core, kind, operator)
    if core.draft.kind != kind:
        raise Refusal(errors.WRONG_RECEIPT_TYPE)
    return core.draft


def own_draft(core: Core, operator: int) -> ShtrihDraft:
    """The open receipt, for classic commands that only its operator may give (59h)."""
    draft = core.open_draft()
    if draft.operator != operator:
        raise Refusal(errors.OTHER_OPERATOR)
    return draft


def _vat(core: Core, found: Vat | None) -> Vat:
    if found is None:
        raise Refusal(errors.BAD_PARAMETERS)
    setting = core.memory.number(tables.REPLACE_VAT20)
    return vat.replaced(found, year=core.now().year, setting=setting)


def _department(number: int) -> int:
    if number > _MAX_DEPARTMENT and number != _BY_GOODS_CODE:
        raise Refusal(errors.DEPARTMENT_RANGE)
    return number if 1 <= number <= _MAX_DEPARTMENT else 1


def _sum(price: int, quantity: Decimal, given: int | None) -> int:
    if quantity <= 0:
        raise Refusal(errors.QUANTITY_RANGE)
    exact = line_sum(price, quantity)
    if given is not None and abs(given - exact) > _SUM_TOLERANCE:
        raise Refusal(errors.BAD_PARAMETERS)
    if exact > _MAX_SUM:
        raise Refusal(errors.TOTAL_OVERFLOW)
    return exact if given is None else given


def operation_v2(core: Core, request: OperationV2, operator: int) -> Empty:
    kind = TYPE_OF_OPERATION.get(request.operation)
    known = _OBJECTS if core.ffd is FfdVersion.V1_2 else _OBJECTS - _OBJECTS_OF_12
    if kind is None or request.method not in _METHODS or request.object not in known:
        raise Refusal(errors.BAD_PARAMETERS)
    item = DraftItem(
        name=request.name.removeprefix(_UNPRINTED),
        printed=not request.name.startswith(_UNPRINTED),
        price=request.price,
        quantity=request.quantity,
        sum=_sum(request.price, request.quantity, request.sum),
        vat=_vat(core, vat.of_wire(request.tax, raw_index="raw-vat-index" in core.quirks)),
        department=_department(request.department),
        tax_sum=request.tax_sum,
        method=request.method,
        object=request.object,
    )
    draft = _draft_of(core, kind, operator)
    if draft.ahead is not None:
        item.tags, item.code, item.flags = draft.ahead.tags, draft.ahead.code, draft.ahead.flags
        draft.ahead = None
    draft.items.append(item)
    return Empty()


def operation_discount(core: Core, request: OperationDiscount | OperationDiscountTax, operator: int) -> Empty:
    kind = TYPE_OF_OPERATION.get(request.operation)
    if kind is None:
        raise Refusal(errors.BAD_PARAMETERS)
    gross = _sum(request.price, request.quantity, None)
    net = gross - request.discount + request.surcharge
    if net < 0:
        raise Refusal(errors.DISCOUNT_EXCEEDS)
    item = DraftItem(
        name=request.text,
        price=request.price,
        quantity=request.quantity,
        sum=gross,
        vat=_vat(core, vat.of_wire(request.taxes)),
        department=_department(request.department),
        tax_sum=request.tax_sum if isinstance(request, OperationDiscountTax) else None,
    )
    item.reprice(net)
    _draft_of(core, kind, operator).items.append(item)
    return Empty()


def _registration(kind: int) -> Handler:
    def handle(core: Core, request: Registration, operator: int) -> OperatorReply:
        if core.draft is not None:
            own_draft(core, operator)
        item = _classic_item(core, request)
        _draft_of(core, kind, operator).items.append(item)
        return OperatorReply(operator)

    return handle


def _classic_item(core: Core, request: Registration) -> DraftItem:
    row = next((tax for tax in request.taxes if tax), 0)
    known = vat.BY_ROW.get(row)
    return DraftItem(
        name=request.text.removeprefix(_UNPRINTED),
        printed=not request.text.startswith(_UNPRINTED),
        price=request.price,
        quantity=request.quantity,
        sum=_sum(request.price, request.quantity, None),
        vat=_vat(core, known.vat if known else (vat.ZERO_BYTE if row == 0 else None)),
        department=_department(request.department),
    )


def void(core: Core, request: Void, operator: int) -> OperatorReply:
    """Take back (part of) an earlier operation with the same price and text, newest first."""
    draft = own_draft(core, operator)
    wanted = _classic_item(core, request)
    for item in reversed(draft.items):
        if (item.price, item.name) == (wanted.price, wanted.name) and item.quantity >= wanted.quantity:
            item.quantity -= wanted.quantity
            if item.quantity:
                item.sum = line_sum(item.price, item.quantity)
            else:
                draft.items.remove(item)
            return OperatorReply(operator)
    raise Refusal(errors.NEGATIVE_TOTAL)


def _adjustment(sign: int) -> Handler:
    """86h and its kin change the last operation (§3.3: the discount follows what it belongs to)."""

    def handle(core: Core, request: Adjustment, operator: int) -> OperatorReply:
        items = own_draft(core, operator).items
        if not items or items[-1].sum + sign * request.sum < 0:
            raise Refusal(errors.DISCOUNT_EXCEEDS)
        items[-1].reprice(items[-1].sum + sign * request.sum)
        return OperatorReply(operator)

    return handle


def receipt_adjustment(core: Core, request: ReceiptAdjustment, operator: int) -> Empty:
    spread(core.open_draft().items, request.surcharge - request.discount)
    return Empty()


def subtotal(core: Core, request: Subtotal, operator: int) -> SubtotalReply:
    return SubtotalReply(operator, core.open_draft().total)


def cancel_receipt(core: Core, request: CancelReceipt, operator: int) -> OperatorReply:
    if core.non_fiscal:
        core.non_fiscal = False
    else:
        core.till.post_cancelled(own_draft(core, operator))
        core.drop_draft()
    core.printer.text(["ЧЕК АННУЛИРОВАН", "center"])
    return OperatorReply(operator)


HANDLERS: Handlers = {
    OpenReceipt: open_receipt,
    OperationV2: operation_v2,
    OperationDiscount: operation_discount,
    OperationDiscountTax: operation_discount,
    ReceiptAdjustment: receipt_adjustment,
    Sale: _registration(0),
    Buy: _registration(1),
    SaleReturn: _registration(2),
    BuyReturn: _registration(3),
    Void: void,
    Discount: _adjustment(-1),
    Surcharge: _adjustment(1),
    VoidDiscount: _adjustment(1),
    VoidSurcharge: _adjustment(-1),
    Subtotal: subtotal,
    CancelReceipt: cancel_receipt,
}
