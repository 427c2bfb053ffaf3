"""The body of `POST /receipts` and `POST /corrections`.

Field order is the canonical order of the normal form. Names follow design.md and, for the rarer blocks, ATOL Online's
JSON (`agent_info`, `sectoral_item_props`, …), which integrators know. Unknown keys are refused by name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.receipts.values import (
    BodyId,
    BuyerInn,
    Byte,
    CountryCode,
    Date,
    DocumentKind,
    Email,
    Flag,
    Fraction,
    Inn,
    Key,
    MarkingBytes,
    MarkingText,
    Moment,
    Money,
    Name,
    PaperLine,
    Phone,
    Quantity,
    Text16,
    Text20,
    Text24,
    Text32,
    Text64,
    Text128,
    Text256,
)
from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    Measure,
    PaymentKind,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)

Phones = Annotated[list[Phone], Field(min_length=1, max_length=16)]
ShiftRule = Literal["auto", "manual"]
#: What becomes of a receipt with a line whose marking code is [M-].
OnMarkingFailure = Literal["refuse", "sell"]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class CashierBody(Model):
    """Tags 1021, 1203."""

    name: Text64
    inn: Inn | None = None


class CustomerBody(Model):
    """The buyer: tag 1008 and 1227, 1228, 1256."""

    email: Email | None = None
    phone: Phone | None = None
    name: Text256 | None = None
    inn: BuyerInn | None = None
    birthdate: Date | None = None
    citizenship: CountryCode | None = None
    document_code: DocumentKind | None = None
    document_data: Text64 | None = None
    address: Text256 | None = None


class PayingAgentBody(Model):
    """Tags 1044, 1073."""

    operation: Text24 | None = None
    phones: Phones | None = None


class ReceiveOperatorBody(Model):
    """Tag 1074."""

    phones: Phones


class TransferOperatorBody(Model):
    """Tags 1075, 1026, 1005, 1016."""

    phones: Phones | None = None
    name: Text64 | None = None
    address: Text256 | None = None
    inn: Inn | None = None


class AgentBody(Model):
    """Tags 1222, 1223 (1057 on the receipt before ФФД 1.2)."""

    type: AgentKind
    paying_agent: PayingAgentBody | None = None
    receive_payments_operator: ReceiveOperatorBody | None = None
    money_transfer_operator: TransferOperatorBody | None = None


class SupplierBody(Model):
    """Tags 1224 {1225, 1171}, 1226."""

    name: Text256 | None = None
    inn: BuyerInn | None = None
    phones: Phones | None = None


class IndustryBody(Model):
    """Tags 1260 / 1261 {1262, 1263, 1264, 1265}."""

    federal_id: BodyId
    date: Date
    number: Text32
    value: Text256


class UserPropsBody(Model):
    """Tag 1084 {1085, 1086}."""

    name: Text64
    value: Text256


class OperatingPropsBody(Model):
    """Tag 1270 {1271, 1272, 1273}."""

    name: Byte
    value: Text64
    timestamp: Moment


class CashlessBody(Model):
    """Tag 1235 {1082, 1236, 1237, 1238}."""

    sum: Money
    method: Byte
    id: Text256
    additional_info: Text256 | None = None


class MarkingBody(Model):
    """A marking code as text (GS = U+001D) or as bytes; numerator / denominator for a part of a piece (1291)."""

    code: MarkingText | None = None
    code_base64: MarkingBytes | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


class ItemBody(Model):
    """Tag 1059."""

    name: Text128
    price: Money
    quantity: Quantity
    sum: Money | None = None
    measure: Measure = Measure.PIECE
    payment_method: PaymentMethod
    payment_object: PaymentObject
    vat: Vat
    marking: MarkingBody | None = None
    agent_info: AgentBody | None = None
    supplier_info: SupplierBody | None = None
    user_data: Text64 | None = None
    excise: Money | None = None
    country_code: CountryCode | None = None
    declaration_number: Text32 | None = None
    sectoral_item_props: Annotated[list[IndustryBody], Field(max_length=16)] | None = None


class PaymentBody(Model):
    """One form of payment; `received` is the cash handed over, for the change on paper."""

    type: PaymentKind
    sum: Money
    received: Money | None = None


class CorrectionBody(Model):
    """Tags 1173, 1174 {1178, 1179, 1177}."""

    kind: CorrectionKind
    date: Date
    number: Text32 | None = None
    description: Text256 | None = None


class ReceiptBody(Model):
    """A receipt."""

    id: Key | None = None
    register_name: Name | None = Field(default=None, alias="register")
    operation: Literal["sell", "sell_refund", "buy", "buy_refund"]
    taxation: Taxation | None = None
    order: Text128 | None = None
    shift: ShiftRule | None = None
    customer: CustomerBody | None = None
    cashier: CashierBody | None = None
    internet: Flag = False
    print: Flag = True
    on_marking_failure: OnMarkingFailure = "refuse"
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=1000)]
    payments: Annotated[list[PaymentBody], Field(max_length=100)]
    total: Money | None = None
    additional_check_props: Text16 | None = None
    additional_user_props: UserPropsBody | None = None
    operating_check_props: OperatingPropsBody | None = None
    sectoral_check_props: Annotated[list[IndustryBody], Field(max_length=16)] | None = None
    cashless_payments: Annotated[list[CashlessBody], Field(max_length=100)] | None = None
    sender_email: Email | None = None
    place: Text256 | None = None
    address: Text256 | None = None
    device_number: Text20 | None = None
    header_lines: Annotated[list[PaperLine], Field(max_length=40)] | None = None
    footer_lines: Annotated[list[PaperLine], Field(max_length=40)] | None = None

    @property
    def correction_block(self) -> CorrectionBody | None:
        return None


class CorrectionReceiptBody(ReceiptBody):
    """A correction receipt: the four operations, with or without their `_correction` ending."""

    operation: Literal[  # type: ignore[assignment]
        "sell",
        "sell_refund",
        "buy",
        "buy_refund",
        "sell_correction",
        "sell_refund_correction",
        "buy_correction",
        "buy_refund_correction",
    ]
    correction: CorrectionBody

    @property
    def correction_block(self) -> CorrectionBody | None:
        return self.correction
