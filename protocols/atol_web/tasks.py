"""Tasks of receipts as ATOL's JSON has them (atol_json.md §4.1–4.3): names as they are on the wire, values ours.

What a task says besides is left alone, as the vendor's server is seen to do (UNCONFIRMED); a known field with a value
that is none is a fault of that field.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from protocols.atol_web.fields import (
    AgentWord,
    Base64,
    BirthDate,
    CorrectionWord,
    Date,
    MeasureWord,
    MethodWord,
    Moment,
    ObjectWord,
    PaymentWord,
    Quantity,
    Rubles,
    TaxationWord,
    VatWord,
    Whole,
)


class Task(BaseModel):
    """Anything of a task."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class Operator(Task):
    """1021, 1203."""

    name: str
    vatin: str | None = None


class ClientInfo(Task):
    """1008, 1227, 1228, 1256."""

    email_or_phone: str | None = None
    vatin: str | None = None
    name: str | None = None
    birth_date: BirthDate | None = None
    citizenship: str | None = None
    identity_document_code: str | None = None
    identity_document_data: str | None = None
    address: str | None = None


class CompanyInfo(Task):
    """1117."""

    email: str


class PayingAgent(Task):
    """1044, 1073."""

    operation: str | None = None
    phones: tuple[str, ...] | None = None


class ReceivePaymentsOperator(Task):
    """1074."""

    phones: tuple[str, ...]


class MoneyTransferOperator(Task):
    """1026, 1016, 1005, 1075."""

    name: str | None = None
    vatin: str | None = None
    address: str | None = None
    phones: tuple[str, ...] | None = None


class AgentInfo(Task):
    """1222 (1057), 1223."""

    agents: tuple[AgentWord, ...]
    paying_agent: PayingAgent | None = None
    receive_payments_operator: ReceivePaymentsOperator | None = None
    money_transfer_operator: MoneyTransferOperator | None = None


class SupplierInfo(Task):
    """1224, 1226."""

    name: str | None = None
    vatin: str | None = None
    phones: tuple[str, ...] | None = None


class OperationInfo(Task):
    """1270."""

    id: Whole
    date_time: Moment
    data: str


class IndustryInfo(Task):
    """1260, 1261."""

    fois: str
    date: Date
    number: str
    industry_attribute: str


class Tax(Task):
    """1199; the sum is the register's own business."""

    type: VatWord
    sum: Rubles | None = None


class CheckResult(Task):
    """`itemInfoCheckResult`: the bits of tag 2106, as the check of the code answered them."""

    imc_check_flag: bool = False
    imc_check_result: bool = False
    imc_status_info: bool = False
    imc_estimated_status_correct: bool = False
    ecr_stand_alone_flag: bool = False


class ImcParams(Task):
    """The marking code of ФФД 1.2: `imc` is tag 2000 with its GS, the rest what is to become of it."""

    imc_type: str | Whole = "auto"
    imc: Base64
    item_estimated_status: str | Whole | None = None
    imc_mode_processing: Whole = 0
    item_fractional_amount: str | None = None
    item_quantity: Quantity | None = None
    item_units: MeasureWord | None = None
    item_info_check_result: CheckResult | None = None


class MarkingCode(Task):
    """The marking code before ФФД 1.2."""

    type: str = "other"
    mark: Base64


class NomenclatureCode(Task):
    """Tag 1162 by its parts, of the oldest clients."""

    type: str
    gtin: str
    serial: str


class Position(Task):
    """1059."""

    type: Literal["position"] = "position"
    name: str
    price: Rubles
    quantity: Quantity
    amount: Rubles
    info_discount_amount: Rubles | None = None
    department: Whole = 1
    measurement_unit: MeasureWord | str | None = None
    payment_method: MethodWord | None = None
    payment_object: ObjectWord | None = None
    tax: Tax
    nomenclature_code: NomenclatureCode | Base64 | None = None
    marking_code: MarkingCode | None = None
    imc_params: ImcParams | None = None
    industry_info: tuple[IndustryInfo, ...] | None = None
    agent_info: AgentInfo | None = None
    supplier_info: SupplierInfo | None = None
    additional_attribute: str | None = None
    excise_sum: Rubles | None = None
    country_code: str | None = None
    customs_declaration: str | None = None


class Text(Task):
    """A line of paper."""

    type: Literal["text"] = "text"
    text: str = ""
    alignment: str | None = None
    wrap: str | None = None
    font: Whole | None = None
    double_width: bool = False
    double_height: bool = False


class Barcode(Task):
    """A bar code on paper."""

    type: Literal["barcode"] = "barcode"
    barcode: str
    barcode_type: str
    scale: Whole = 1
    height: Whole = 30
    print_text: bool = False
    alignment: str | None = None


class Picture(Task):
    """A picture on paper: out of the register's memory, or pixel by pixel."""

    type: Literal["pictureFromMemory", "pixels"]


class UserAttribute(Task):
    """1084."""

    type: Literal["userAttribute"] = "userAttribute"
    name: str
    value: str


class AdditionalAttribute(Task):
    """1192."""

    type: Literal["additionalAttribute"] = "additionalAttribute"
    value: str


Paper = Annotated[Text | Barcode | Picture, Field(discriminator="type")]
Item = Annotated[Position | Text | Barcode | Picture | UserAttribute | AdditionalAttribute, Field(discriminator="type")]


class Payment(Task):
    """One form of payment; of cash it may be what was handed over."""

    type: PaymentWord
    sum: Rubles


class PaymentAddInfo(Task):
    """1235."""

    sum: Rubles
    payment_method: Whole
    electronically_id: str
    electronically_add_info: str | None = None


ReceiptType = Literal[
    "sell",
    "sellReturn",
    "buy",
    "buyReturn",
    "sellCorrection",
    "sellReturnCorrection",
    "buyCorrection",
    "buyReturnCorrection",
]


class ReceiptTask(Task):
    """A receipt or a correction receipt."""

    type: ReceiptType
    taxation_type: TaxationWord | None = None
    electronically: bool = False
    internet: bool = False
    payments_place: str | None = None
    payments_address: str | None = None
    machine_number: str | None = None
    operator: Operator | None = None
    client_info: ClientInfo | None = None
    company_info: CompanyInfo | None = None
    agent_info: AgentInfo | None = None
    supplier_info: SupplierInfo | None = None
    operation_info: OperationInfo | None = None
    industry_info: tuple[IndustryInfo, ...] | None = None
    ignore_non_fiscal_print_errors: bool = False
    validate_marking_codes: bool = False
    items: tuple[Item, ...] = ()
    payments: tuple[Payment, ...]
    taxes: tuple[Tax, ...] | None = None
    payments_add_info: tuple[PaymentAddInfo, ...] | None = None
    total: Rubles | None = None
    pre_items: tuple[Paper, ...] | None = None
    post_items: tuple[Paper, ...] | None = None
    correction_type: CorrectionWord | None = None
    correction_base_date: Date | None = None
    correction_base_number: str | None = None

    @property
    def positions(self) -> tuple[Position, ...]:
        """The lines of the receipt among its items."""
        return tuple(item for item in self.items if isinstance(item, Position))
