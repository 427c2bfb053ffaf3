"""The switches of an order's chain; receipt_lifecycle.md 8. The first word of each is the default."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway.receipts.values import text_of
from protocols.ffd.arithmetic import CALCULATED
from protocols.ffd.enums import Vat
from protocols.ffd.numbers import T

#: Rates that money without goods may have: of a plain one nobody knows yet that it will be so (ffd_documents.md 7).
_OF_ADVANCES: Final = tuple(rate for rate in Vat if rate not in CALCULATED)


def _of_advance(rate: Vat) -> Vat:
    if rate not in _OF_ADVANCES:
        words = ", ".join(_OF_ADVANCES)
        raise PydanticCustomError("vat_not_calculated", "an advance has one of {words}", {"words": words})
    return rate


AdvanceVat = Annotated[
    Vat, AfterValidator(_of_advance), WithJsonSchema({"type": "string", "enum": [str(rate) for rate in _OF_ADVANCES]})
]


class Policy(BaseModel):
    """One order's policy: the shop's defaults with what the order says of itself on top."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: A payment of part of the sum: an advance, or a partial prepayment that names the goods (1214 = 2).
    partial_policy: Literal["advance", "prepayment"] = "advance"
    #: A new invoice for exactly the changed order: still an advance (the article), or a prepayment with the goods.
    after_change: Literal["advance", "prepayment"] = "advance"
    #: Money taken at the door: an advance of its own and then the closing receipt, or both in one.
    courier: Literal["two_receipts", "single"] = "two_receipts"
    #: Everything paid at the hand-over and nothing before: one full settlement, or as the courier's money.
    counter: Literal["full", "always_advance"] = "full"
    #: A refund before the hand-over mirrors the document that took the money, or is always one of an advance.
    refund_mirror: Literal["mirror", "as_advance"] = "mirror"
    #: A refund out of several documents: a receipt for each, or one where the form of payment agrees.
    refund_receipts: Literal["per_document", "one"] = "per_document"
    #: More money than goods at the hand-over: the rest goes back first, or stays open until it is refunded.
    overpaid: Literal["refund", "keep"] = "refund"
    #: What is handed over at the moment of payment: orders of type digital, orders of digital lines only, none.
    digital: Literal["by_order_type", "by_product_type", "off"] = "by_order_type"
    #: Goods handed over that are not paid: refuse, or give credit (1214 = 5 or 6).
    unpaid_delivery: Literal["block", "credit"] = "block"
    #: What makes the closing receipt.
    closing_trigger: Literal["delivery", "shipment", "payment"] = "delivery"
    #: The parcel that bears the delivery service.
    delivery_line: Literal["first_parcel", "last_parcel", "spread"] = "first_parcel"
    #: Whose register issues the documents: ours, or the bank's own cloud till (we plan and record).
    fiscaliser: Literal["local", "bank"] = "local"
    advance_item_name: Annotated[str, text_of(T.ITEM_NAME)] = "Аванс"
    credit_item_name: Annotated[str, text_of(T.ITEM_NAME)] = "Оплата кредита"
    #: The rate of an advance when the goods are not known; the highest calculated one covers every tax.
    advance_vat: AdvanceVat = Vat.VAT122
