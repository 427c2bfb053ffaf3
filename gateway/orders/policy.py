"""The switches of an order's chain; receipt_lifecycle.md 8. The first word of each is the default."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
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

    partial_policy: Literal["advance", "prepayment"] = Field(
        default="advance",
        description="A payment of part of the sum: an advance, or a partial prepayment that names goods (1214 = 2).",
    )
    after_change: Literal["advance", "prepayment"] = Field(
        default="advance",
        description="A new invoice for exactly the changed order: still an advance, or a prepayment with the goods.",
    )
    courier: Literal["two_receipts", "single"] = Field(
        default="two_receipts",
        description="Money taken at the door: an advance and then the closing receipt, or both in one.",
    )
    counter: Literal["full", "always_advance"] = Field(
        default="full",
        description="All of it paid at the hand-over, nothing before: one full settlement, or as the courier's money.",
    )
    refund_mirror: Literal["mirror", "as_advance"] = Field(
        default="mirror",
        description="A refund before the hand-over mirrors the document that took the money, or is one of an advance.",
    )
    refund_receipts: Literal["per_document", "one"] = Field(
        default="per_document",
        description="A refund out of several advances: a receipt for each, or one where they are of one form of money.",
    )
    overpaid: Literal["refund", "keep"] = Field(
        default="refund",
        description="More money than goods at the hand-over: the rest goes back first, or is held until refunded.",
    )
    digital: Literal["by_order_type", "by_product_type", "off"] = Field(
        default="by_order_type",
        description="Handed over by its payment: an order of type digital, one of digital lines only, none.",
    )
    unpaid_delivery: Literal["block", "credit"] = Field(
        default="block", description="Goods handed over that are not paid: refused, or on credit (1214 = 5 or 6)."
    )
    closing_trigger: Literal["delivery", "shipment", "payment"] = Field(
        default="delivery", description="What makes the closing receipt."
    )
    delivery_line: Literal["first_parcel", "last_parcel", "spread"] = Field(
        default="first_parcel", description="Which parcel bears a delivery fee that no parcel names."
    )
    fiscaliser: Literal["local", "bank"] = Field(
        default="local",
        description="Who issues the documents: our register, or the bank's till (planned and recorded).",
    )
    advance_item_name: Annotated[str, text_of(T.ITEM_NAME)] = Field(
        default="Аванс", description="What the line of an advance is called (1030)."
    )
    credit_item_name: Annotated[str, text_of(T.ITEM_NAME)] = Field(
        default="Оплата кредита", description="What the line of a credit's payment is called (1030)."
    )
    advance_vat: AdvanceVat = Field(
        default=Vat.VAT122, description="The rate of an advance while the order has no lines; the highest by default."
    )
