"""A receipt as the caller means it, before any register or ФФД version is known.

Money is int kopecks, quantity a Decimal of at most six places, dates are `date`, moments zone-aware `datetime`.
Everything here is plain data; sums are in `arithmetic`, tags in `documents`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    Measure,
    Operation,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """Tags 1021 and 1203."""

    name: str
    inn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """The buyer: `contact` is 1008 (e-mail or phone); the rest is 1227/1228, inside 1256 from ФФД 1.2."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None
    inn: str | None = None
    birth_date: date | None = None
    citizenship: str | None = None
    document_code: str | None = None
    document_data: str | None = None
    address: str | None = None

    @property
    def contact(self) -> str | None:
        """Tag 1008: the e-mail wins, as with every OFD."""
        return self.email or self.phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Tags 1222 (1057 on the receipt before ФФД 1.2) and 1223."""

    kind: AgentKind
    operation: str | None = None  # 1044
    phones: tuple[str, ...] = ()  # 1073
    receive_operator_phones: tuple[str, ...] = ()  # 1074
    transfer_operator_phones: tuple[str, ...] = ()  # 1075
    transfer_operator_name: str | None = None  # 1026
    transfer_operator_address: str | None = None  # 1005
    transfer_operator_inn: str | None = None  # 1016


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """Tags 1224 {1225, 1171} and 1226."""

    name: str | None = None
    inn: str | None = None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndustryDetail:
    """Tags 1260 (item) and 1261 (receipt): {1262, 1263, 1264, 1265}."""

    federal_id: str
    date: date
    number: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetail:
    """Tag 1084: {1085, 1086}."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDetail:
    """Tag 1270: {1271, 1272, 1273}."""

    id: int
    data: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicPayment:
    """One entry of 1234: 1235 {1082, 1236, 1237, 1238}."""

    sum: int
    method: int
    ids: str
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """A marking code as scanned (GS = 0x1D kept) and, for a part of a piece, its fraction (1291)."""

    code: bytes
    numerator: int | None = None
    denominator: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Tag 1059. `sum` (1043) is price x quantity rounded half up unless the caller gave it (within one kopeck)."""

    name: str
    price: int
    quantity: Decimal
    sum: int
    vat: Vat
    payment_method: PaymentMethod
    payment_object: PaymentObject
    measure: Measure = Measure.PIECE
    marking: Marking | None = None
    agent: Agent | None = None
    supplier: Supplier | None = None
    user_data: str | None = None  # 1191
    excise: int | None = None  # 1229
    country_code: str | None = None  # 1230
    declaration_number: str | None = None  # 1231
    industry: tuple[IndustryDetail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """What is due by each form of payment (kopecks). Change never appears in a document, only on paper."""

    cash: int = 0  # 1031
    electronic: int = 0  # 1081
    prepaid: int = 0  # 1215, offset of advances
    postpaid: int = 0  # 1216, on credit
    other: int = 0  # 1217
    received: int | None = None  # cash handed over, for the change on paper

    @property
    def total(self) -> int:
        return self.cash + self.electronic + self.prepaid + self.postpaid + self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Tags 1173 and 1174 {1178, 1179; 1177 only where an old ФФД 1.05 register asks for it}."""

    kind: CorrectionKind
    date: date
    number: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt (document 3) or, with `correction`, a correction receipt (31)."""

    operation: Operation
    taxation: Taxation | None
    items: tuple[Item, ...]
    payments: Payments
    correction: Correction | None = None
    customer: Customer | None = None
    cashier: Cashier | None = None
    internet: bool = False  # 1125
    print_paper: bool = True
    sell_despite_marking: bool = False  # also what the check of its marking code says [M-] of
    additional: str | None = None  # 1192
    user_detail: UserDetail | None = None
    operation_detail: OperationDetail | None = None
    industry: tuple[IndustryDetail, ...] = ()
    electronic_payments: tuple[ElectronicPayment, ...] = ()
    sender_email: str | None = None  # 1117
    place: str | None = None  # 1187
    address: str | None = None  # 1009
    machine_number: str | None = None  # 1036
    header_lines: tuple[str, ...] = field(default=())  # unfiscal text printed above / below
    footer_lines: tuple[str, ...] = field(default=())

    @property
    def total(self) -> int:
        """Tag 1020, kopecks."""
        return self.payments.total
