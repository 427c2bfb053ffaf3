"""A receipt as the commands that make it.

Order on the wire (other_kkt §1.8): marking checks, 30 (or 58), per item 79/15, 24, 42, then 57, 52, 47, then 31. What
52 compares is the total: a line that was spoilt or doubled on the way shows before anything is fiscal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from devices.registers.codes import MarkedCode, checks_of
from devices.registers.marking import MarkedUnit, fraction_of
from devices.registers.pirit.fence import CUT
from devices.registers.pirit.marking import check_request
from devices.registers.pirit.profile import Profile
from protocols.ffd import receipt as ffd
from protocols.ffd.agents import agent_sign
from protocols.ffd.arithmetic import FLAT_TAGS, receipt_vat
from protocols.ffd.documents import UNITS, payment_object, plain_quantity
from protocols.ffd.enums import CorrectionKind, FfdVersion, Measure, Operation, Taxation
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item, Receipt
from protocols.pirit.commands import Asks
from protocols.pirit.commands.marking import AttachCode, CheckCode
from protocols.pirit.commands.printing import PrintDetail
from protocols.pirit.commands.receipts import (
    AddItem,
    CloseDocument,
    CompareTotal,
    Correction,
    DocumentTag,
    ItemDetails,
    OpenDocument,
    Payment,
)
from protocols.pirit.fields import Cashier, Part
from protocols.pirit.settings import DevicesMask
from protocols.pirit.statuses import (
    TYPE_OF_OPERATION,
    CloseFlag,
    CorrectionType,
    DocumentMode,
    taxation_number,
)

#: Where nobody is named the register wants a name all the same (extended code 33).
NOBODY: Final = Cashier("Кассир")
#: Of 30 and 42; what departments are called is the register's own affair.
DEPARTMENT: Final = 1
#: 49: no caption of setting 52, the usual font.
_NO_CAPTION, _USUAL_FONT = 0, 0
#: 57's second parameter: the usual font, the value as it is.
_AS_IT_IS = 0
#: 57's third: what is printed before the value; 1192 needs one.
_CAPTIONS: Final = {
    T.RECEIPT_EXTRA: "Доп. реквизит",
    T.AGENT_SIGN: "Признак агента",
    T.FOIV_ID: "ФОИВ",
    T.BASIS_DOC_DATE: "Дата основания",
    T.BASIS_DOC_NUMBER: "Номер основания",
    T.INDUSTRY_ATTRIBUTE_VALUE: "Отраслевой реквизит",
    T.OPERATION_ID: "Операция",
    T.OPERATION_DATA: "Данные операции",
    T.OPERATION_DATE_TIME: "Дата операции",
}
#: 47's types.
CASH, _ELECTRONIC, _PREPAID, _POSTPAID, _OTHER = 0, 1, 13, 14, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Commands by stage. `close` makes the document; None: `begin` does (a correction of ФФД 1.05, by sums).

    `refuse`: a code that is [M-] keeps the receipt from being opened. In `lines` stands one AttachCode for each check,
    without the result, which is known then.
    """

    checks: tuple[MarkedCode[CheckCode], ...]
    begin: Asks[Any]
    lines: tuple[Asks[Any], ...]
    close: CloseDocument | None
    refuse: bool = True


def make_plan(receipt: Receipt, profile: Profile) -> Plan:
    """The commands for a receipt that has no faults (`registers.pirit.faults`) on this register."""
    planner = Planner(receipt, profile)
    return Plan(
        checks=tuple(planner.checks()),
        begin=planner.begin(),
        lines=tuple(request for _, request in planner.lines()),
        close=planner.close(),
        refuse=not receipt.sell_despite_marking,
    )


class Planner:
    """The parts of a plan."""

    def __init__(self, receipt: Receipt, profile: Profile) -> None:
        self._receipt = receipt
        self._profile = profile
        self.ffd = profile.identity.ffd
        self._sums_only = sums_only(receipt, self.ffd)

    def checks(self) -> Iterator[MarkedCode[CheckCode]]:
        """79/1 of each marked line."""
        return checks_of(self._receipt, self.ffd, check_request)

    def begin(self) -> Asks[Any]:
        """What opens the document."""
        receipt = self._receipt
        if receipt.correction is not None:
            return self._correction(receipt.correction)
        mode = TYPE_OF_OPERATION[receipt.operation] | (0 if receipt.print_paper else DocumentMode.NO_PRINT)
        taxation = taxation_number(self._taxation().code)
        return OpenDocument(mode, DEPARTMENT, operator(receipt.cashier), None, taxation, receipt.address or "")

    def lines(self) -> Iterator[tuple[str, Asks[Any]]]:
        """What fills it, each command with the place in the caller's body that it carries."""
        if self._sums_only:
            return
        receipt = self._receipt
        for index, line in enumerate(receipt.header_lines):
            yield f"/header_lines/{index}", _detail(line)
        for index, item in enumerate(receipt.items):
            for request in self._item(item):
                yield f"/items/{index}", request
        for tag, value in self._tags():
            yield "", DocumentTag(int(tag), _AS_IT_IS, _CAPTIONS[tag], value)
        yield "", CompareTotal(receipt.total)
        for payment in self._payments():
            yield "/payments", payment
        for index, line in enumerate(receipt.footer_lines):
            yield f"/footer_lines/{index}", _detail(line)

    def close(self) -> CloseDocument | None:
        """What makes it a fiscal document."""
        if self._sums_only:
            return None
        receipt, customer = self._receipt, self._receipt.customer or ffd.Customer()
        detail = receipt.user_detail
        closing = (
            CUT,
            customer.contact or "",
            CloseFlag.INTERNET if receipt.internet else None,
            receipt.place or "",
            receipt.sender_email or "",
            receipt.machine_number or "",
            "" if detail is None else detail.name,
            "" if detail is None else detail.value,
            customer.name or "",
            customer.inn or "",
        )
        if self.ffd is not FfdVersion.V1_2:
            return CloseDocument(*closing)
        return CloseDocument(
            *closing,
            customer.birth_date,
            customer.citizenship or "",
            customer.document_code or "",
            customer.document_data or "",
            customer.address or "",
        )

    def _item(self, item: Item) -> Iterator[Asks[Any]]:
        if item.marking is not None and self.ffd is FfdVersion.V1_2:
            check = check_request(MarkedUnit.of(item, self._receipt.operation))
            yield AttachCode(check.code, check.planned, check.mode, 0, check.unit)
        details = self._details(item)
        if details.encode():
            yield details
        part = fraction_of(item)
        yield AddItem(
            item.name,
            "",
            plain_quantity(item.quantity) if part is None else Part(*part),
            self._price(item, part),
            self._profile.settings.vat_rows[item.vat],
            "",
            None,
            None,
            self._unit(item.measure),
            None,
            item.payment_method.code,
            payment_object(item, self.ffd).code,
            item.country_code or "",
            item.declaration_number or "",
            item.excise,
        )

    def _price(self, item: Item, part: tuple[int, int] | None) -> int:
        """Of a part of a piece: 1079 is what all that is sold of it costs, and 42 wants that of one of its parts."""
        if part is None or self._profile.settings.devices & DevicesMask.PART_PRICE_IS_TOTAL:
            return item.price
        return item.price // part[0]

    def _unit(self, measure: Measure) -> str:
        if self.ffd is FfdVersion.V1_2:
            return str(measure.code)
        return "" if measure in {Measure.PIECE, Measure.OTHER} else UNITS[measure]

    def _details(self, item: Item) -> ItemDetails:
        agent, supplier = item.agent, item.supplier or ffd.Supplier()
        code = item.marking.code if item.marking is not None and self.ffd is not FfdVersion.V1_2 else b""
        texts: tuple[Any, ...] = (code, item.user_data or "", "", None if agent is None else agent.kind.code)
        texts += (supplier.inn or "", ",".join(supplier.phones), supplier.name or "")
        if agent is not None:
            texts += (
                agent.transfer_operator_address or "",
                agent.transfer_operator_inn or "",
                agent.transfer_operator_name or "",
                ",".join(agent.transfer_operator_phones),
                agent.operation or "",
                ",".join(agent.phones),
                ",".join(agent.receive_operator_phones),
            )
        else:
            texts += ("",) * 7
        if self.ffd is FfdVersion.V1_2 and item.industry:
            first = item.industry[0]
            texts += (first.federal_id, first.date, first.number, first.value)
        return ItemDetails(*texts)

    def _tags(self) -> Iterator[tuple[T, str]]:
        """Tags of the receipt that 57 carries."""
        receipt = self._receipt
        if receipt.additional:
            yield T.RECEIPT_EXTRA, receipt.additional
        if self.ffd is not FfdVersion.V1_2:
            if sign := agent_sign(receipt):
                yield T.AGENT_SIGN, str(sign)
            return
        for detail in receipt.industry[:1]:
            yield T.FOIV_ID, detail.federal_id
            yield T.BASIS_DOC_DATE, f"{detail.date:%d%m}{detail.date.year:04d}"
            yield T.BASIS_DOC_NUMBER, detail.number
            yield T.INDUSTRY_ATTRIBUTE_VALUE, detail.value
        if receipt.operation_detail is not None:
            operation = receipt.operation_detail
            yield T.OPERATION_ID, str(operation.id)
            yield T.OPERATION_DATA, operation.data
            yield T.OPERATION_DATE_TIME, f"{operation.at:%d%m%y%H%M}"

    def _payments(self) -> Iterator[Payment]:
        """Cash comes last: only it may exceed what is left."""
        payments = self._receipt.payments
        forms = {
            _ELECTRONIC: payments.electronic,
            _PREPAID: payments.prepaid,
            _POSTPAID: payments.postpaid,
            _OTHER: payments.other,
            CASH: payments.cash if payments.received is None else payments.received,
        }
        for form, amount in forms.items():
            if amount or (form == CASH and not payments.total):
                yield Payment(form, amount)

    def _taxation(self) -> Taxation:
        return self._receipt.taxation or next(iter(self._profile.identity.taxations))

    def _correction(self, correction: ffd.Correction) -> Correction:
        receipt = self._receipt
        kind = CorrectionType.BY_INSTRUCTION if correction.kind is CorrectionKind.INSTRUCTION else CorrectionType(0)
        if receipt.operation in {Operation.BUY, Operation.BUY_REFUND}:
            kind |= CorrectionType.EXPENSE
        if receipt.operation in {Operation.SELL_REFUND, Operation.BUY_REFUND}:
            kind |= CorrectionType.RETURN
        flags = int(kind) | taxation_number(self._taxation().code) << 2
        who, basis = operator(receipt.cashier), (correction.date, correction.number or "")
        if self.ffd is FfdVersion.V1_2:
            return Correction(who, None, None, None, None, None, flags, *basis)
        payments, flat = receipt.payments, dict(receipt_vat(receipt).flat)
        customer, detail = receipt.customer or ffd.Customer(), receipt.user_detail
        sums = (payments.cash, payments.electronic, payments.prepaid, payments.postpaid, payments.other)
        vat_20, vat_10, vat_0, none, vat_120, vat_110 = (flat.get(tag, 0) for tag in FLAT_TAGS.values())
        return Correction(
            who,
            *sums,
            flags | CorrectionType.TAX_SUMS,
            *basis,
            "",
            Decimal(vat_20).scaleb(-2),
            vat_10,
            vat_0,
            none,
            vat_120,
            vat_110,
            receipt.additional or "",
            customer.name or "",
            customer.inn or "",
            "" if detail is None else detail.name,
            "" if detail is None else detail.value,
        )


def operator(cashier: ffd.Cashier | None) -> Cashier:
    """1021 and 1203 as one field."""
    return NOBODY if cashier is None else Cashier(cashier.name, cashier.inn or "")


def sums_only(receipt: Receipt, version: FfdVersion) -> bool:
    """Whether it is a correction of ФФД 1.05: 58 takes sums and taxes, no items."""
    return receipt.correction is not None and version is FfdVersion.V1_05


def _detail(line: str) -> PrintDetail:
    """An empty line is none, and & before a line keeps it from being ended."""
    return PrintDetail(_NO_CAPTION, _USUAL_FONT, f" {line}" if not line or line.startswith("&") else line)
