"""The field's words for an order, as the API spells them (design.md, "Orders"), and the tables between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocols.ffd.enums import PaymentMethod, PaymentObject
from protocols.ffd.faults import Fault


class OrderType(StrEnum):
    GOODS = "goods"
    DIGITAL = "digital"  # handed over at the moment of payment


class OrderState(StrEnum):
    NEW = "new"  # no money
    HELD = "held"  # money, no goods handed over
    PART_SETTLED = "part_settled"
    SETTLED = "settled"  # everything handed over; the composition is frozen
    RETURNED = "returned"  # and everything came back
    CANCELLED = "cancelled"


class DocumentKind(StrEnum):
    ADVANCE = "advance"
    PREPAYMENT = "prepayment"
    PARTIAL_PREPAYMENT = "partial_prepayment"
    FULL = "full"
    CLOSING = "closing"
    CREDIT_PAYMENT = "credit_payment"
    REFUND_ADVANCE = "refund_advance"
    REFUND_PREPAYMENT = "refund_prepayment"
    REFUND_GOODS = "refund_goods"


REFUNDS: Final = frozenset({DocumentKind.REFUND_ADVANCE, DocumentKind.REFUND_PREPAYMENT, DocumentKind.REFUND_GOODS})


class Form(StrEnum):
    """A form in which money moves, by its name in a receipt: tag 1031 or 1081."""

    CASH = "cash"
    ELECTRONIC = "electronic"


class Means(StrEnum):
    """How a caller says that money moved."""

    CASH = "cash"
    CARD = "card"
    SBP = "sbp"
    CREDIT = "credit"


#: Money of a bank's loan has come and is electronic. (At delivery `credit` is no money: see `handover`.)
FORM_OF: Final[Mapping[Means, Form]] = MappingProxyType(
    {
        Means.CASH: Form.CASH,
        Means.CARD: Form.ELECTRONIC,
        Means.SBP: Form.ELECTRONIC,
        Means.CREDIT: Form.ELECTRONIC,
    }
)

#: Tag 1214 of each line. Closings with a rest on credit say so instead (`handover`), refunds mirror.
METHOD_OF: Final[Mapping[DocumentKind, PaymentMethod]] = MappingProxyType(
    {
        DocumentKind.ADVANCE: PaymentMethod.ADVANCE,
        DocumentKind.PREPAYMENT: PaymentMethod.FULL_PREPAYMENT,
        DocumentKind.PARTIAL_PREPAYMENT: PaymentMethod.PREPAYMENT,
        DocumentKind.FULL: PaymentMethod.FULL_PAYMENT,
        DocumentKind.CLOSING: PaymentMethod.FULL_PAYMENT,
        DocumentKind.CREDIT_PAYMENT: PaymentMethod.CREDIT_PAYMENT,
        DocumentKind.REFUND_ADVANCE: PaymentMethod.ADVANCE,
    }
)

#: Marked goods: before the hand-over, and at it (tag 1212, ffd_documents.md 7).
BEFORE_HANDOVER: Final[Mapping[PaymentObject, PaymentObject]] = MappingProxyType(
    {
        PaymentObject.COMMODITY: PaymentObject.COMMODITY_WITHOUT_MARKING,
        PaymentObject.EXCISE: PaymentObject.EXCISE_WITHOUT_MARKING,
    }
)
AT_HANDOVER: Final[Mapping[PaymentObject, PaymentObject]] = MappingProxyType(
    {
        PaymentObject.COMMODITY: PaymentObject.COMMODITY_WITH_MARKING,
        PaymentObject.EXCISE: PaymentObject.EXCISE_WITH_MARKING,
    }
)


class Rejected(Exception):
    """The event cannot be: `code` is stable, `rule` is the clause of docs/orders.md that forbids it.

    `faults` point into the event; empty where the order as a whole is the reason.
    """

    def __init__(self, code: str, rule: str, detail: str, hint: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.rule, self.detail, self.hint, self.faults = code, rule, detail, hint, faults
