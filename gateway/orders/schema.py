"""Bodies of the orders' calls: what an order consists of, and what happened to it (design.md, "Orders")."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, TypeAdapter, WithJsonSchema

from gateway.orders.policy import Policy
from gateway.orders.words import Means, OrderType
from gateway.receipts.schema import (
    AgentBody,
    CashierBody,
    CustomerBody,
    IndustryProps,
    Model,
    OnMarkingFailure,
    PaperLines,
    ShiftRule,
    SupplierBody,
    UserPropsBody,
    entries,
)
from gateway.receipts.values import (
    CountryCode,
    DocumentNumber,
    DriveNumber,
    Email,
    Flag,
    Fraction,
    Gtin,
    Key,
    Moment,
    Money,
    Name,
    Quantity,
    ReadableText,
    SignDigits,
    Text256,
    text_of,
    whole,
)
from protocols.ffd.enums import Measure, PaymentObject, Taxation, Vat
from protocols.ffd.limits import ENTRIES
from protocols.ffd.numbers import T

Version = Annotated[int, whole(0, 2**31)]
#: Read where the shop's own policy is known (`accept`).
PolicyWords = Annotated[dict[str, Any], WithJsonSchema(Policy.model_json_schema())]


class OrderItemBody(Model):
    """One line of an order. `price` is of one unit; `discount` is taken off the whole line."""

    id: Key = Field(description="The line's own id, the caller's: events, scans and later PUTs name the line by it.")
    name: Annotated[str, text_of(T.ITEM_NAME)] = Field(
        description="What the receipt calls it (1030), up to 128 characters on one line."
    )
    price: Money = Field(description="Price of one unit before discounts, rubles.")
    quantity: Quantity = Field(
        description="Units, or with `measure` weight, volume and the like; up to six decimal places."
    )
    discount: Money = Field(
        default=0,
        description=(
            "Rubles taken off the whole line; the price on paper is then what is left per unit, to the kopeck."
        ),
    )
    measure: Measure = Field(
        default=Measure.PIECE, description="Measure of `quantity` (2108): `piece`, `kilogram`, `liter`, …"
    )
    vat: Vat = Field(
        description=(
            "The plain rate (`vat22`, `vat10`, `vat0`, `none`, …); money before the hand-over gets the "
            "calculated one by itself."
        ),
    )
    payment_object: PaymentObject = Field(
        default=PaymentObject.COMMODITY,
        description=(
            "What it is (1212), without the word of marking; `service` also makes the line a delivery "
            "fee, see `delivery`."
        ),
    )
    marked: Flag = Field(
        default=False, description="A unit of it bears a marking code: needed at the hand-over, one a piece."
    )
    gtin: Gtin | None = Field(
        default=None,
        description=(
            "14 digits: a scanned code belongs to the line of its GTIN; leave it out for codes without "
            "one (furs, alcohol)."
        ),
    )
    delivery: Flag | None = Field(
        default=None,
        description=(
            "A delivery fee: bears no share of the order's `discount` and goes with a parcel that does "
            "not name it (policy `delivery_line`). Left out: true for every `service`, so a service that "
            "is goods of its own (repair, gift wrapping) says false."
        ),
    )
    digital: Flag = Field(
        default=False,
        description=(
            "Handed over at the moment of payment, where policy `digital` is `by_product_type` and every line says so."
        ),
    )
    numerator: Fraction | None = Field(
        default=None, description="With `denominator`: the part of a marked unit that is sold (1291), 1 of 3."
    )
    denominator: Fraction | None = Field(default=None, description="See `numerator`.")
    agent_info: AgentBody | None = Field(
        default=None, description="Sold as an agent (1222 and its details), as in a receipt's line."
    )
    supplier_info: SupplierBody | None = Field(
        default=None, description="The supplier on whose behalf it is sold (1224), as in a receipt's line."
    )
    user_data: Annotated[str, text_of(T.ITEM_EXTRA)] | None = Field(
        default=None, description="Requisite of the line (1191)."
    )
    excise: Money | None = Field(default=None, description="Excise within the price (1229), rubles.")
    country_code: CountryCode | None = Field(default=None, description="Country of origin (1230), three digits.")
    declaration_number: Annotated[str, text_of(T.CUSTOMS_DECLARATION_NUMBER)] | None = Field(
        default=None, description="Number of the customs declaration (1231)."
    )
    sectoral_item_props: IndustryProps | None = Field(
        default=None, description="Industry requisites of the line (1260)."
    )


class OrderBody(Model):
    """What an order consists of; `discount` is spread over its goods. `version`: the one that the caller has seen."""

    type: OrderType = Field(
        default=OrderType.GOODS,
        description="`digital`: all of it is handed over at the moment of payment (policy `digital`).",
    )
    items: Annotated[list[OrderItemBody], Field(max_length=ENTRIES["items"].most)] = Field(
        default_factory=list,
        description=(
            "Every line, each time: what is left out is dropped from the order. May be empty while the "
            "goods are not known."
        ),
    )
    discount: Money = Field(
        default=0,
        description=(
            "Rubles off the whole order: spread over its goods by cost, to the kopeck; delivery fees bear "
            "only what exceeds the goods."
        ),
    )
    total: Money | None = Field(
        default=None,
        description=(
            "What the caller makes of it: checked; a rounding of up to a kopeck a line goes to the "
            "dearest line, more is refused."
        ),
    )
    policy: PolicyWords | None = Field(
        default=None,
        description=(
            "How its chain is to differ from the shop's; keys left out, or no `policy` at all, are as the "
            "shop's configuration says."
        ),
    )
    version: Version | None = Field(
        default=None,
        description=(
            "The version that the caller has seen: if the order has another by now and is not exactly "
            "this already, 409 `order_stale`."
        ),
    )
    internet: Flag = Field(
        default=False,
        description="Sold over the Internet (1125): told by every receipt whose money moves electronically.",
    )
    register_name: Name | None = Field(
        default=None,
        alias="register",
        description="The register of its receipts; the first configured one when left out.",
    )
    taxation: Taxation | None = Field(
        default=None,
        description=(
            "Tax system (1055); the register's only one when left out. A document keeps it, refunds bear "
            "that of what they undo."
        ),
    )
    shift: ShiftRule | None = Field(
        default=None,
        description="`auto` opens and closes shifts as needed, `manual` holds a receipt until the shift is right.",
    )
    customer: CustomerBody | None = Field(
        default=None, description="The buyer: e-mail or phone (1008), name, INN. Wanted where money is paid remotely."
    )
    cashier: CashierBody | None = Field(
        default=None, description="Who stands at the till (1021, 1203); from the configuration when left out."
    )
    print: Flag = Field(default=True, description="False: an electronic receipt alone, no paper.")
    on_marking_failure: OnMarkingFailure = Field(
        default="refuse",
        description="A unit that the marking system refuses: `refuse` makes no receipt, `sell` makes it with [M-].",
    )
    additional_check_props: Annotated[str, text_of(T.RECEIPT_EXTRA)] | None = Field(
        default=None, description="Requisite of the receipt (1192)."
    )
    additional_user_props: UserPropsBody | None = Field(
        default=None, description="A named requisite of the shop's own (1084)."
    )
    sectoral_check_props: IndustryProps | None = Field(
        default=None, description="Industry requisites of the receipt (1261)."
    )
    sender_email: Email | None = Field(default=None, description="Sender of electronic receipts (1117).")
    place: Annotated[str, text_of(T.SETTLEMENT_PLACE)] | None = Field(
        default=None, description="Place of settlement (1187), where not the register's own."
    )
    address: Annotated[str, text_of(T.SETTLEMENT_ADDRESS)] | None = Field(
        default=None, description="Address of settlement (1009), where not the register's own."
    )
    device_number: Annotated[str, text_of(T.MACHINE_NUMBER)] | None = Field(
        default=None, description="Number of the vending machine (1036)."
    )
    header_lines: PaperLines | None = Field(default=None, description="Free lines above the receipt, on paper only.")
    footer_lines: PaperLines | None = Field(default=None, description="Free lines below the receipt, on paper only.")


class PaidBody(Model):
    """Money of one means."""

    method: Means = Field(
        description=(
            "`cash` is tag 1031; `card`, `sbp` and in a payment `credit` (a bank's loan) are 1081. "
            "`credit` in a delivery is no money: it is the rest that the buyer will owe (1216)."
        ),
    )
    sum: Money = Field(description="Rubles that stay with the shop: what was handed over less the change.")


class GoodsBody(Model):
    """So much of a line; without `quantity` all that is left of it."""

    id: Key = Field(description="The order's line.")
    quantity: Quantity | None = Field(default=None, description="So much of it; all that is left when left out.")
    codes: Annotated[list[ReadableText], Field(max_length=ENTRIES["items"].most)] = Field(
        default_factory=list,
        description="Marking codes of these units as scanned, one a piece; those missing are taken from earlier scans.",
    )


class EventBody(Model):
    id: Key = Field(
        description="The event's own id, the caller's (or header Idempotency-Key): told again it does nothing."
    )


class InvoiceBody(EventBody):
    """A link to pay was sent."""

    type: Literal["invoice"]
    sum: Money = Field(description="What the link asks for, rubles; it is paid whole or the payment is an advance.")


class MovesMoney(EventBody):
    """`fiscaliser`: whose register issues the documents, when not as the order's policy says."""

    fiscaliser: Literal["local", "bank"] | None = Field(
        default=None, description="Who issues the documents of this event, where not as policy `fiscaliser` says."
    )


class PaymentEventBody(MovesMoney):
    """Money came: `sum` and `method`, or `payments` of several means."""

    type: Literal["payment"]
    sum: Money | None = Field(default=None, description="What came, rubles; with `method`.")
    method: Means | None = Field(default=None, description="How it came; with `sum`.")
    payments: Annotated[list[PaidBody], Field(min_length=1, max_length=20)] | None = Field(
        default=None,
        description=(
            "Instead of `sum` and `method`: money of several means. Their order counts: what stands last "
            "goes back first."
        ),
    )


class DeliveryBody(MovesMoney):
    """Goods changed hands (or left the shop); without `items` all that is left."""

    type: Literal["delivery", "shipment"] = Field(
        description=(
            "`delivery`: goods reached the buyer; `shipment`: they left the shop. Policy "
            "`closing_trigger` says which of the two makes the closing receipt; codes of the other are "
            "kept as scanned, its money is a payment."
        ),
    )
    items: Annotated[list[GoodsBody], entries("items")] | None = Field(
        default=None, description="What changed hands; all that is left when left out."
    )
    payments: Annotated[list[PaidBody], Field(max_length=20)] = Field(
        default_factory=list, description="Money taken at the hand-over, and as `credit` what the buyer will owe."
    )


class RefundBody(MovesMoney):
    """Money goes back before the goods were handed over; without `sum` all that is held."""

    type: Literal["refund"]
    sum: Money | None = Field(default=None, description="What goes back, rubles; all that is held when left out.")
    method: Means | None = Field(
        default=None, description="Back in this form only; when left out in the forms that it came in, the last first."
    )


class ReturnBody(MovesMoney):
    """Goods came back; without `items` everything."""

    type: Literal["return"]
    items: Annotated[list[GoodsBody], entries("items")] | None = Field(
        default=None, description="What came back; everything when left out. Marked units by their codes."
    )
    method: Means | None = Field(
        default=None,
        description=(
            "The money goes back in this form only; when left out in the forms that it came in, the last first."
        ),
    )


class CancelBody(MovesMoney):
    """Nothing more will be handed over."""

    type: Literal["cancel"]


class ForeignFiscal(Model):
    """The document as the bank's till issued it."""

    fn: DriveNumber = Field(description="Number of the till's fiscal drive (1041), 16 digits.")
    document: DocumentNumber = Field(description="Number of the fiscal document, ФД (1040).")
    sign: SignDigits = Field(description="Fiscal sign of the document, ФП (1077): digits or a number.")
    datetime: Moment | None = Field(default=None, description="When it was issued, with a zone.")
    registration_number: Annotated[str, text_of(T.KKT_REGISTRATION_NUMBER)] | None = Field(
        default=None, description="Registration number of the till (1037)."
    )
    shift: DocumentNumber | None = Field(default=None, description="Number of the shift (1038).")
    number: DocumentNumber | None = Field(default=None, description="Number of the receipt in the shift (1042).")
    qr: Text256 | None = Field(default=None, description="Text of the QR code.")


class DocumentBody(EventBody):
    """What became of a document that the bank's till issues: its data, or `cancelled`."""

    type: Literal["document"]
    receipt_id: Key = Field(description="The `awaited` document of the order, the next one.")
    fiscal: ForeignFiscal | None = Field(default=None, description="What the till issued; or `cancelled`.")
    cancelled: Flag = Field(default=False, description="The till will not issue it: the document is given up.")


class ScanBody(Model):
    """A unit picked for the order (or, `remove`, put back); `item` when its line is not found by GTIN."""

    code: ReadableText = Field(description="The code of one unit as scanned.")
    item: Key | None = Field(default=None, description="Its line, where the GTIN does not tell.")
    remove: Flag = Field(default=False, description="The unit goes back to the shelf.")


OrderEventBody = Annotated[
    InvoiceBody | PaymentEventBody | DeliveryBody | RefundBody | ReturnBody | CancelBody | DocumentBody,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Any] = TypeAdapter(OrderEventBody)


class OrderEvent(RootModel[OrderEventBody]):
    """Something that happened to an order."""
