"""58: a correction by sums alone (ФФД 1.05), or the opening of one that goes on as a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from emulator.registers.body import correction_body
from emulator.registers.payments import PaymentKind
from emulator.registers.pirit.closing import header
from emulator.registers.pirit.core import Core, Handlers, PiritDraft, kind_of
from emulator.registers.pirit.receipts import check_operator, taxation_of
from emulator.registers.pirit.tables import rates
from emulator.registers.till import cash_flow
from protocols.ffd.arithmetic import vat_of
from protocols.ffd.enums import FfdVersion, Operation, Vat
from protocols.ffd.tlv import Element
from protocols.pirit import extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands.receipts import Correction
from protocols.pirit.settings import CashMask
from protocols.pirit.statuses import CorrectionType

_UNTAXED: Final = frozenset({Vat.VAT0, Vat.NONE})
#: (expense, return) -> operation.
_OPERATIONS: Final = {
    (False, False): Operation.SELL,
    (True, False): Operation.BUY,
    (False, True): Operation.SELL_REFUND,
    (True, True): Operation.BUY_REFUND,
}


def correction(core: Core, request: Correction) -> Empty:
    check_operator(core, request.operator)
    kind = CorrectionType(request.type)
    returns = core.ffd is FfdVersion.V1_2 and CorrectionType.RETURN in kind
    operation = _OPERATIONS[CorrectionType.EXPENSE in kind, returns]
    taxation = taxation_of(core, request.type >> 2 & 0x07)
    tags = [Element(1173, int(CorrectionType.BY_INSTRUCTION in kind)), _basis(core, request)]
    if request.operator.inn:
        tags.append(Element(1203, request.operator.inn))
    if core.ffd is FfdVersion.V1_05 and CorrectionType.WITH_ITEMS not in kind:
        _make(core, request, operation, taxation, tags)
        return Empty()
    core.begin(
        PiritDraft(
            operation=operation,
            correction=True,
            kind=kind_of(operation, correction=True),
            cashier=request.operator,
            taxation=taxation,
            tags=list(core.fitting(tags)),
        )
    )
    return Empty()


def _basis(core: Core, request: Correction) -> Element:
    day = request.base_date
    inner = [Element(1178, datetime(day.year, day.month, day.day))]  # noqa: DTZ001 — wall clock
    if request.base_number:
        inner.append(Element(1179, request.base_number))
    return core.fitting((Element(1174, tuple(inner)),), 77)[0]


def _make(core: Core, request: Correction, operation: Operation, taxation: int, tags: list[Element]) -> None:
    """The whole document at once."""
    sums = (request.cash, request.electronic, request.prepaid, request.postpaid, request.other)
    paid = {kind: amount or 0 for kind, amount in zip(PaymentKind, sums, strict=True)}
    total = sum(paid.values())
    if not total:
        raise core.wrong(extended.ZERO_TOTAL)
    taxes = _taxes(core, request, total)
    if not core.mask(5) & CashMask.NO_CONTROL:
        core.check_drawer(cash_flow(operation, paid[PaymentKind.CASH]))
    body = correction_body(operation, total, taxation, paid, taxes=taxes)
    body.append(Element(1021, request.operator.name or core.registration.cashier))
    core.begun_tags = list(core.fitting((*tags, *_of_buyer(request))))
    try:
        core.correct(operation, paid[PaymentKind.CASH], body_without(body, core.begun_tags), header=header(core))
    finally:
        core.begun_tags = []


def body_without(body: list[Element], sent: list[Element]) -> list[Element]:
    given = {element.tag for element in sent}
    return [element for element in body if element.tag not in given]


def _taxes(core: Core, request: Correction, total: int) -> Mapping[Vat, int]:
    """With bit 5 the sums, else the rate that the whole is taxed with, as a row of the VAT table."""
    first = request.vat_20 or 0
    if not request.type & CorrectionType.TAX_SUMS:
        rate = rates(core.quirks).get(int(first))
        if rate is None:
            raise core.bad(48)
        return {rate: total if rate in _UNTAXED else vat_of(total, rate) or 0}
    rest = (request.vat_10, request.vat_0, request.vat_none, request.vat_120, request.vat_110)
    table = rates(core.quirks)
    sums = (int(first * 100), *(amount or 0 for amount in rest))
    return {table[row]: amount for row, amount in enumerate(sums) if amount}


def _of_buyer(request: Correction) -> list[Element]:
    texts = ((1192, request.additional), (1227, request.buyer_name), (1228, request.buyer_inn))
    found = [Element(tag, text) for tag, text in texts if text]
    if request.user_name or request.user_value:
        found.append(Element(1084, (Element(1085, request.user_name), Element(1086, request.user_value))))
    return found


HANDLERS: Handlers = {Correction: correction}
