"""Bodies of the orders' calls: what an order consists of, and what happened to it (design.md, "Orders")."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, TypeAdapter

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
    MarkingText,
    Moment,
    Money,
    Name,
    Quantity,
    SignDigits,
    Text256,
    text_of,
    whole,
)
from protocols.ffd.enums import Measure, PaymentObject, Taxation, Vat
from protocols.ffd.limits import ENTRIES
from protocols.ffd.numbers import T

Version = Annotated[int, whole(0, 2**31)]


class OrderItemBody(Model):
    """One line of an order. `price` is of one unit; `discount` is taken off the whole line."""

    id: Key
    name: Annotated[str, text_of(T.ITEM_NAME)]
    price: Money
    quantity: Quantity
    discount: Money = 0
    measure: Measure = Measure.PIECE
    vat: Vat
    payment_object: PaymentObject = PaymentObject.COMMODITY
    marked: Flag = False
    gtin: Gtin | None = None
    delivery: Flag | None = None
    digital: Flag = False
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    agent_info: AgentBody | None = None
    supplier_info: SupplierBody | None = None
    user_data: Annotated[str, text_of(T.ITEM_EXTRA)] | None = None
    excise: Money | None = None
    country_code: CountryCode | None = None
    declaration_number: Annotated[str, text_of(T.CUSTOMS_DECLARATION_NUMBER)] | None = None
    sectoral_item_props: IndustryProps | None = None


class OrderBody(Model):
    """What an order consists of; `discount` is spread over its goods. `version`: the one that the caller has seen."""

    type: OrderType = OrderType.GOODS
    items: Annotated[list[OrderItemBody], Field(max_length=ENTRIES["items"].most)] = Field(default_factory=list)
    discount: Money = 0
    total: Money | None = None
    policy: dict[str, Any] | None = None
    version: Version | None = None
    internet: Flag = False
    register_name: Name | None = Field(default=None, alias="register")
    taxation: Taxation | None = None
    shift: ShiftRule | None = None
    customer: CustomerBody | None = None
    cashier: CashierBody | None = None
    print: Flag = True
    on_marking_failure: OnMarkingFailure = "refuse"
    additional_check_props: Annotated[str, text_of(T.RECEIPT_EXTRA)] | None = None
    additional_user_props: UserPropsBody | None = None
    sectoral_check_props: IndustryProps | None = None
    sender_email: Email | None = None
    place: Annotated[str, text_of(T.SETTLEMENT_PLACE)] | None = None
    address: Annotated[str, text_of(T.SETTLEMENT_ADDRESS)] | None = None
    device_number: Annotated[str, text_of(T.MACHINE_NUMBER)] | None = None
    header_lines: PaperLines | None = None
    footer_lines: PaperLines | None = None


class PaidBody(Model):
    """Money of one means."""

    method: Means
    sum: Money


class GoodsBody(Model):
    """So much of a line; without `quantity` all that is left of it."""

    id: Key
    quantity: Quantity | None = None
    codes: Annotated[list[MarkingText], Field(max_length=ENTRIES["items"].most)] = Field(default_factory=list)


class EventBody(Model):
    id: Key


class InvoiceBody(EventBody):
    """A link to pay was sent."""

    type: Literal["invoice"]
    sum: Money


class MovesMoney(EventBody):
    """`fiscaliser`: whose register issues the documents, when not as the order's policy says."""

    fiscaliser: Literal["local", "bank"] | None = None


class PaymentEventBody(MovesMoney):
    """Money came: `sum` and `method`, or `payments` of several means."""

    type: Literal["payment"]
    sum: Money | None = None
    method: Means | None = None
    payments: Annotated[list[PaidBody], Field(min_length=1, max_length=20)] | None = None


class DeliveryBody(MovesMoney):
    """Goods changed hands (or left the shop); without `items` all that is left."""

    type: Literal["delivery", "shipment"]
    items: Annotated[list[GoodsBody], entries("items")] | None = None
    payments: Annotated[list[PaidBody], Field(max_length=20)] = Field(default_factory=list)


class RefundBody(MovesMoney):
    """Money goes back before the goods were handed over; without `sum` all that is held."""

    type: Literal["refund"]
    sum: Money | None = None
    method: Means | None = None


class ReturnBody(MovesMoney):
    """Goods came back; without `items` everything."""

    type: Literal["return"]
    items: Annotated[list[GoodsBody], entries("items")] | None = None
    method: Means | None = None


class CancelBody(MovesMoney):
    """Nothing more will be handed over."""

    type: Literal["cancel"]


class ForeignFiscal(Model):
    """The document as the bank's till issued it."""

    fn: DriveNumber
    document: DocumentNumber
    sign: SignDigits
    datetime: Moment | None = None
    registration_number: Annotated[str, text_of(T.KKT_REGISTRATION_NUMBER)] | None = None
    shift: DocumentNumber | None = None
    number: DocumentNumber | None = None
    qr: Text256 | None = None


class DocumentBody(EventBody):
    """What became of a document that the bank's till issues: its data, or `cancelled`."""

    type: Literal["document"]
    receipt_id: Key
    fiscal: ForeignFiscal | None = None
    cancelled: Flag = False


class ScanBody(Model):
    """A unit picked for the order (or, `remove`, put back); `item` when its line is not found by GTIN."""

    code: MarkingText
    item: Key | None = None
    remove: Flag = False


OrderEventBody = Annotated[
    InvoiceBody | PaymentEventBody | DeliveryBody | RefundBody | ReturnBody | CancelBody | DocumentBody,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Any] = TypeAdapter(OrderEventBody)


class OrderEvent(RootModel[OrderEventBody]):
    """Something that happened to an order."""


POLICY_WORDS = frozenset(Policy.model_fields)
