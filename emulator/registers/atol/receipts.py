"""Shift and receipt: opening, positions, discounts, payments, closing, cancelling; cash in and out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from emulator.registers.atol import rules
from emulator.registers.atol.closing import close, remainder
from emulator.registers.atol.core import FORMS, AtolDraft, Core, Handlers
from emulator.registers.cash import move_cash
from emulator.registers.draft import DraftItem, spread
from emulator.registers.refusals import Refusal
from protocols.atol import errors, vat
from protocols.atol.commands import COMMANDS, Empty
from protocols.atol.commands import receipts as r
from protocols.atol.statuses import OPERATION_OF
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.characters import fit
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation, PaymentMethod, PaymentObject, Vat
from protocols.ffd.tlv import find

_METHODS: Final = frozenset(method.code for method in PaymentMethod)
_OBJECTS: Final = frozenset(each.code for each in PaymentObject)
_OBJECTS_OF_12: Final = frozenset({30, 31, 32, 33})
_SUM, _DISCOUNT, _SURCHARGE = 1, 0, 1
_WHOLE, _LAST = 0, 1
_BAD_DISCOUNT: Final = 0x7B
_BAD_PAYMENT: Final = 0x7E
_OVERFLOW: Final = 0x75
_TAX_TOO_LARGE: Final = 0xDF
_NO_STORNO: Final = 0x0C
_MAX_SUM: Final = 10**10 - 1  # five bytes of BCD, as 99h and 4Ah count


def open_shift(core: Core, request: r.OpenShift) -> Empty:
    if not request.flags & r.TEST_ONLY:
        open_shift_now(core)
        if request.text:
            core.printer.text([request.text])
    return Empty()


def open_shift_now(core: Core) -> None:
    core.report(DocumentCode.SHIFT_OPEN, core.user_name())


def open_receipt(core: Core, request: r.OpenReceipt) -> Empty:
    """What E8h sent before it belongs to the receipt."""
    found = OPERATION_OF.get(request.type)
    if found is None:
        raise Refusal(errors.WRONG_RECEIPT_TYPE)
    operation, correction = found
    if request.flags & r.TEST_ONLY:
        return Empty()
    if not core.drive.shift_open and rules.opens_shift(core, COMMANDS.of(r.OpenReceipt)):
        open_shift_now(core)
    draft = AtolDraft(
        operation=operation,
        correction=correction,
        kind=request.type,
        printed=not request.flags & rules.do_not_print(core),
    )
    draft.tags = core.waiting_tags(draft.code)
    core.begin(draft)
    core.begun_tags.clear()
    return Empty()


def _selling(core: Core) -> AtolDraft:
    """The open receipt; positions and discounts end where payments begin (state 1.4)."""
    draft = core.open_draft()
    if draft.paid:
        raise Refusal(errors.WRONG_MODE)
    return draft


def begin_item(core: Core, request: r.BeginItem) -> Empty:
    draft = _room(core)
    if not request.flags & r.TEST_ONLY:
        draft.item = []
    return Empty()


def _check_place(core: Core, draft: AtolDraft) -> None:
    """UNCONFIRMED for ФФД 1.1, whose corrections are made of items: the one item is that of ФФД 1.05."""
    if draft.correction and draft.items and core.ffd is FfdVersion.V1_05:
        raise core.see_register_55(0x0101)


def end_item(core: Core, request: r.EndItem) -> Empty:
    draft = _selling(core)
    if draft.item is None:
        raise core.see_register_55(0x0207)
    item = DraftItem(
        name=_name(request.name),
        price=request.price,
        quantity=_quantity(request.quantity),
        sum=0,
        vat=_vat(core, request.tax),
        department=request.section or 1,
        tax_sum=request.tax_sum or None,
        method=_known(core, request.method, _METHODS, PaymentMethod.FULL_PAYMENT.code),
        object=_known(core, request.object, _objects(core), PaymentObject.COMMODITY.code),
        tags=list(draft.item),
    )
    name = find(item.tags, 1030)
    if not request.name and name is None:
        raise core.see_register_55(0x0206, (1030).to_bytes(2, "big"))
    _price(item, request.sum, request.discount, request.sign)
    _add(draft, item, request.flags)
    if not request.flags & r.TEST_ONLY:
        draft.item = None
    return Empty()


def _name(printed: str) -> str:
    """The page's letters that no document holds become those that do: 27h is an apostrophe there (UNCONFIRMED)."""
    return fit(printed).text


def _objects(core: Core) -> frozenset[int]:
    return _OBJECTS if core.ffd is FfdVersion.V1_2 else _OBJECTS - _OBJECTS_OF_12


def _known(core: Core, given: int, known: frozenset[int], default: int) -> int:
    if given and given not in known:
        raise core.see_register_55(0x0105)
    return given or default


def _quantity(quantity: Decimal) -> Decimal:
    if quantity <= 0:
        raise Refusal(errors.WRONG_QUANTITY)
    return quantity


def _vat(core: Core, number: int) -> Vat:
    found = vat.of_wire(number)
    if found is None:
        raise core.see_register_55(0x0104)
    return found


def _price(item: DraftItem, given: int, discount: int, sign: int) -> None:
    """EBh's sum counts, 0 is price by quantity; its discount only tells why they differ."""
    gross = line_sum(item.price, item.quantity)
    adjusted = gross + (discount if sign else -discount)
    net = given or adjusted
    if net < 0:
        raise Refusal(_BAD_DISCOUNT)
    if net > _MAX_SUM or min(abs(net - gross), abs(net - adjusted)) > 1:
        raise Refusal(errors.WRONG_SUM)
    item.sum = net
    if abs(net - gross) > 1:
        item.reprice(net)


def _add(draft: AtolDraft, item: DraftItem, flags: int) -> None:
    if draft.total + item.sum > _MAX_SUM:
        raise Refusal(_OVERFLOW)
    if flags & r.TEST_ONLY:
        return
    draft.items.append(item)
    draft.ignore_cash |= bool(flags & r.IGNORE_CASH)


def register_item(core: Core, request: r.RegisterItem) -> Empty:
    """UNCONFIRMED: taken whatever field 2-109 says: A4J sends no other and never writes that field.

    Tax 0 is none: A4J's only way to say so.
    """
    draft = _room(core)
    item = _plain(core, _name(request.name), request.price, request.quantity, request.section)
    item.vat = _vat(core, request.tax) if request.tax else Vat.NONE
    if request.adjustment:
        item.reprice(_adjusted(item.sum, request.kind, request.sign, request.adjustment))
    _add(draft, item, request.flags)
    return Empty()


def _whole(core: Core) -> AtolDraft:
    """The open receipt, while no position of EAh is begun."""
    draft = _selling(core)
    if draft.item is not None:
        raise core.see_register_55(0x0208)
    return draft


def _room(core: Core) -> AtolDraft:
    """The open receipt that takes one more position."""
    draft = _whole(core)
    _check_place(core, draft)
    return draft


def _plain(core: Core, name: str, price: int, quantity: Decimal, section: int) -> DraftItem:
    item = DraftItem(name=name, price=price, quantity=_quantity(quantity), sum=0, vat=Vat.NONE, department=section or 1)
    item.sum = line_sum(price, quantity)
    return item


def sale(core: Core, request: r.Sale) -> Empty:
    draft = _room(core)
    _add(draft, _plain(core, f"Секция {request.section or 1}", request.price, request.quantity, request.section),
         request.flags)  # fmt: skip
    return Empty()


def sale_return(core: Core, request: r.SaleReturn) -> Empty:
    draft = _room(core)
    if draft.operation is not Operation.SELL_REFUND:
        raise Refusal(errors.WRONG_RECEIPT_TYPE)
    _add(draft, _plain(core, "Секция 1", request.price, request.quantity, 1), request.flags)
    return Empty()


def _adjusted(amount: int, kind: int, sign: int, by: int) -> int:
    if kind != _SUM or sign not in {_DISCOUNT, _SURCHARGE}:
        raise Refusal(_BAD_DISCOUNT)
    changed = amount + (by if sign == _SURCHARGE else -by)
    if changed < 0:
        raise Refusal(_BAD_DISCOUNT)
    return changed


def adjust(core: Core, request: r.Adjust) -> Empty:
    """The last position's, or spread over all of them."""
    draft = _whole(core)
    if not draft.items or request.area not in {_WHOLE, _LAST}:
        raise Refusal(_BAD_DISCOUNT)
    item = draft.items[-1]
    before = draft.total if request.area == _WHOLE else item.sum
    changed = _adjusted(before, request.kind, request.sign, request.sum)
    if request.flags & r.TEST_ONLY:
        return Empty()
    if request.area == _WHOLE:
        spread(draft.items, changed - before)
    else:
        item.reprice(changed)
    return Empty()


def receipt_tax(core: Core, request: r.ReceiptTax) -> Empty:
    draft = _whole(core)
    rate = _vat(core, request.tax)
    if request.sum > draft.total:
        raise Refusal(_TAX_TOO_LARGE)
    if not request.flags & r.TEST_ONLY:
        draft.taxes[rate] = request.sum
    return Empty()


def pay(core: Core, request: r.Pay) -> r.PayReply:
    """Change comes from cash alone: 71h."""
    draft = core.open_draft()
    if draft.item is not None:
        raise core.see_register_55(0x0208)
    if not draft.items:
        raise Refusal(errors.WRONG_SUM)
    return _paid(core, draft, _with(draft, request.form, request.sum), test=bool(request.flags & r.TEST_ONLY))


def undo_pay(core: Core, request: r.UndoPay) -> r.PayReply:
    draft = core.open_draft()
    if draft.paid.get(request.form, 0) < request.sum:
        raise Refusal(_NO_STORNO)
    return _paid(core, draft, _with(draft, request.form, -request.sum), test=bool(request.flags & r.TEST_ONLY))


def _with(draft: AtolDraft, form: int, amount: int) -> dict[int, int]:
    if form not in FORMS:
        raise Refusal(_BAD_PAYMENT)
    paid = draft.paid | {form: draft.paid.get(form, 0) + amount}
    return {each: sum_ for each, sum_ in paid.items() if sum_}


def _paid(core: Core, draft: AtolDraft, paid: Mapping[int, int], *, test: bool) -> r.PayReply:
    left, change = remainder(draft, paid)
    if not test:
        draft.paid = dict(paid)
    return r.PayReply(left, change)


def close_receipt(core: Core, request: r.CloseReceipt) -> Empty:
    """Sum 0 pays what is left, exactly."""
    draft = core.open_draft()
    if draft.item is not None:
        raise core.see_register_55(0x0208)
    left = max(0, draft.total - draft.paid_total)
    paid = _with(draft, request.form, request.sum or left)
    close(core, draft, paid, test=bool(request.flags & r.TEST_ONLY))
    return Empty()


def cancel_receipt(core: Core, request: r.CancelReceipt) -> Empty:
    draft = core.open_draft()
    core.till.post_cancelled(draft)
    core.drop_draft()
    core.parts = (0, b"")
    if draft.printed:
        core.printer.text(["ЧЕК АННУЛИРОВАН", "center"])
    return Empty()


def cash_in(core: Core, request: r.CashIn) -> Empty:
    if not request.flags & r.TEST_ONLY:
        move_cash(core, request.sum, core.user_name(), incoming=True)
    return Empty()


def cash_out(core: Core, request: r.CashOut) -> Empty:
    core.check_drawer(-request.sum)
    if request.flags & r.TEST_ONLY:
        return Empty()
    if not core.drive.shift_open:
        open_shift_now(core)
    move_cash(core, request.sum, core.user_name(), incoming=False)
    return Empty()


HANDLERS: Handlers = {
    r.OpenShift: open_shift,
    r.OpenReceipt: open_receipt,
    r.BeginItem: begin_item,
    r.EndItem: end_item,
    r.RegisterItem: register_item,
    r.Sale: sale,
    r.SaleReturn: sale_return,
    r.Adjust: adjust,
    r.ReceiptTax: receipt_tax,
    r.Pay: pay,
    r.UndoPay: undo_pay,
    r.CloseReceipt: close_receipt,
    r.CancelReceipt: cancel_receipt,
    r.CashIn: cash_in,
    r.CashOut: cash_out,
}
