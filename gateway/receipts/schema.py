"""The body of `POST /receipts` and `POST /corrections`.

Field order is the canonical order of the normal form. Names follow design.md and, for the rarer blocks, ATOL Online's
JSON (`agent_info`, `sectoral_item_props`, …), which integrators know. Unknown keys are refused by name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

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
    Text128,
    text_of,
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
from protocols.ffd.limits import ENTRIES
from protocols.ffd.numbers import T


def entries(name: str) -> Any:
    """How many entries a list may have."""
    span = ENTRIES[name]
    return Field(min_length=span.least or None, max_length=span.most)


Phones = Annotated[list[Phone], entries("phones")]
PaperLines = Annotated[list[PaperLine], entries("paper_lines")]
ShiftRule = Literal["auto", "manual"]
#: What becomes of a receipt with a line whose marking code is [M-].
OnMarkingFailure = Literal["refuse", "sell"]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class CashierBody(Model):
    """Tags 1021, 1203."""

    name: Annotated[str, text_of(T.CASHIER)]
    inn: Inn | None = None


class CustomerBody(Model):
    """The buyer: tag 1008 and 1227, 1228, 1256."""

    email: Email | None = None
    phone: Phone | None = None
    name: Annotated[str, text_of(T.BUYER_NAME)] | None = None
    inn: BuyerInn | None = None
    birthdate: Date | None = None
    citizenship: CountryCode | None = None
    document_code: DocumentKind | None = None
    document_data: Annotated[str, text_of(T.BUYER_ID_DOC_DATA)] | None = None
    address: Annotated[str, text_of(T.BUYER_ADDRESS)] | None = None


class PayingAgentBody(Model):
    """Tags 1044, 1073."""

    operation: Annotated[str, text_of(T.AGENT_OPERATION)] | None = None
    phones: Phones | None = None


class ReceiveOperatorBody(Model):
    """Tag 1074."""

    phones: Phones


class TransferOperatorBody(Model):
    """Tags 1075, 1026, 1005, 1016."""

    phones: Phones | None = None
    name: Annotated[str, text_of(T.TRANSFER_OPERATOR_NAME)] | None = None
    address: Annotated[str, text_of(T.TRANSFER_OPERATOR_ADDRESS)] | None = None
    inn: Inn | None = None


class AgentBody(Model):
    """Tags 1222, 1223 (1057 on the receipt before ФФД 1.2)."""

    type: AgentKind
    paying_agent: PayingAgentBody | None = None
    receive_payments_operator: ReceiveOperatorBody | None = None
    money_transfer_operator: TransferOperatorBody | None = None


class SupplierBody(Model):
    """Tags 1224 {1225, 1171}, 1226."""

    name: Annotated[str, text_of(T.SUPPLIER_NAME)] | None = None
    inn: BuyerInn | None = None
    phones: Phones | None = None


class IndustryBody(Model):
    """Tags 1260 / 1261 {1262, 1263, 1264, 1265}."""

    federal_id: BodyId
    date: Date
    number: Annotated[str, text_of(T.BASIS_DOC_NUMBER)]
    value: Annotated[str, text_of(T.INDUSTRY_ATTRIBUTE_VALUE)]


IndustryProps = Annotated[list[IndustryBody], entries("sectoral_props")]


class UserPropsBody(Model):
    """Tag 1084 {1085, 1086}."""

    name: Annotated[str, text_of(T.USER_EXTRA_NAME)]
    value: Annotated[str, text_of(T.USER_EXTRA_VALUE)]


class OperatingPropsBody(Model):
    """Tag 1270 {1271, 1272, 1273}."""

    name: Byte
    value: Annotated[str, text_of(T.OPERATION_DATA)]
    timestamp: Moment


class CashlessBody(Model):
    """Tag 1235 {1082, 1236, 1237, 1238}."""

    sum: Money
    method: Byte
    id: Annotated[str, text_of(T.ELECTRONIC_PAYMENT_IDS)]
    additional_info: Annotated[str, text_of(T.ELECTRONIC_PAYMENT_EXTRA)] | None = None


class MarkingBody(Model):
    """A marking code as text (GS = U+001D) or as bytes; numerator / denominator for a part of a piece (1291)."""

    code: MarkingText | None = None
    code_base64: MarkingBytes | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


class ItemBody(Model):
    """Tag 1059."""

    name: Annotated[str, text_of(T.ITEM_NAME)]
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
    user_data: Annotated[str, text_of(T.ITEM_EXTRA)] | None = None
    excise: Money | None = None
    country_code: CountryCode | None = None
    declaration_number: Annotated[str, text_of(T.CUSTOMS_DECLARATION_NUMBER)] | None = None
    sectoral_item_props: IndustryProps | None = None


class PaymentBody(Model):
    """One form of payment; `received` is the cash handed over, for the change on paper."""

    type: PaymentKind
    sum: Money
    received: Money | None = None


class CorrectionBody(Model):
    """Tags 1173, 1174 {1178, 1179, 1177}."""

    kind: CorrectionKind
    date: Date
    number: Annotated[str, text_of(T.CORRECTION_ORDER_NUMBER)] | None = None
    description: Annotated[str, text_of(T.CORRECTION_DESCRIPTION)] | None = None


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
    items: Annotated[list[ItemBody], entries("items")]
    payments: Annotated[list[PaymentBody], entries("payments")]
    total: Money | None = None
    additional_check_props: Annotated[str, text_of(T.RECEIPT_EXTRA)] | None = None
    additional_user_props: UserPropsBody | None = None
    operating_check_props: OperatingPropsBody | None = None
    sectoral_check_props: IndustryProps | None = None
    cashless_payments: Annotated[list[CashlessBody], entries("cashless_payments")] | None = None
    sender_email: Email | None = None
    place: Annotated[str, text_of(T.SETTLEMENT_PLACE)] | None = None
    address: Annotated[str, text_of(T.SETTLEMENT_ADDRESS)] | None = None
    device_number: Annotated[str, text_of(T.MACHINE_NUMBER)] | None = None
    header_lines: PaperLines | None = None
    footer_lines: PaperLines | None = None

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
