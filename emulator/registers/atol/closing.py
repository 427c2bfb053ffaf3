"""A paid receipt becomes a document: taxes as register or host computed them, corrections of ФФД 1.05 by sums."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.registers.atol.core import FORMS, AtolDraft, Core
from emulator.registers.atol.settings import cliche
from emulator.registers.atol.tags import check_taxation
from emulator.registers.body import Closing, correction_body
from emulator.registers.payments import Paid, PaymentKind, settle
from emulator.registers.refusals import Denied, Reason, Refusal
from emulator.registers.till import cash_flow
from protocols.atol import errors
from protocols.ffd.arithmetic import vat_of
from protocols.ffd.enums import FfdVersion, Vat
from protocols.ffd.tlv import Element, find

_UNTAXED = frozenset({Vat.VAT0, Vat.NONE})
_BASIS = 1174


def remainder(draft: AtolDraft, paid: Mapping[int, int]) -> tuple[int, int]:
    """What is left to pay, and the change. Denied CASHLESS_EXCEEDS."""
    cashless = sum(amount for form, amount in paid.items() if FORMS[form] is not PaymentKind.CASH)
    if cashless > draft.total:
        raise Denied(Reason.CASHLESS_EXCEEDS)
    total = sum(paid.values())
    return max(0, draft.total - total), max(0, total - draft.total)


def close(core: Core, draft: AtolDraft, given: Mapping[int, int], *, test: bool) -> None:
    if not draft.items:
        raise Refusal(errors.WRONG_SUM)
    if draft.correction and find(draft.tags, _BASIS) is None:
        raise core.see_register_55(0x0206, _BASIS.to_bytes(2, "big"))
    taxation = _taxation(core, draft)
    remainder(draft, given)
    paid = settle(draft.total, given, FORMS)
    if not draft.ignore_cash:
        core.check_drawer(cash_flow(draft.operation, paid.cash))
    if test:
        return
    by_sums = draft.correction and core.ffd is FfdVersion.V1_05
    (_correct if by_sums else _sell)(core, draft, paid, taxation)


def _taxation(core: Core, draft: AtolDraft) -> int:
    """The bit of 1055; without one the lowest of those registered (UNCONFIRMED for several)."""
    sent = find(draft.tags, 1055)
    if sent is None:
        registered = core.registration.taxations
        return registered & -registered
    check_taxation(core, sent)
    return sent.value if isinstance(sent.value, int) else 0


def host_taxes(draft: AtolDraft) -> dict[Vat, int] | None:
    """Sums by rate where the host computed any: those of B8h, else of the positions; None where it computed none."""
    if not draft.taxes and all(item.tax_sum is None for item in draft.items):
        return None
    found: dict[Vat, int] = {}
    for item in draft.items:
        tax = item.sum if item.vat in _UNTAXED else item.tax_sum
        found[item.vat] = found.get(item.vat, 0) + ((vat_of(item.sum, item.vat) or 0) if tax is None else tax)
    return found | draft.taxes


def _sell(core: Core, draft: AtolDraft, paid: Paid, taxation: int) -> None:
    closing = Closing(
        paid=paid,
        total=draft.total,
        taxation=taxation,
        cashier=core.user_name(),
        host_taxes=host_taxes(draft),
    )
    core.close_receipt(draft, closing, header=cliche(core))


def _correct(core: Core, draft: AtolDraft, paid: Paid, taxation: int) -> None:
    """One position carries sum and rate; the document knows no items."""
    taxes = host_taxes(draft)
    if taxes is None:
        item = draft.items[0]
        taxes = {item.vat: item.sum if item.vat in _UNTAXED else vat_of(item.sum, item.vat) or 0}
    body = correction_body(draft.operation, draft.total, taxation, paid.kinds, taxes=taxes)
    if find(draft.tags, 1021) is None:
        body.append(Element(1021, core.user_name()))
    sent = {element.tag for element in draft.tags}
    core.begun_tags = list(draft.tags)
    try:
        own = [element for element in body if element.tag not in sent]
        core.correct(draft.operation, paid.cash, own, header=cliche(core))
    finally:
        core.begun_tags.clear()
    core.draft, core.last_closed = None, (draft, paid)
