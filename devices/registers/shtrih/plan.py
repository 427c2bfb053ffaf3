"""A receipt as the commands that make it.

Order on the wire (§4.4, §10.5): marking checks, 8Dh (or FF35), per item FF46, FF4D, FF67, then FF0C, then FF45 (FF4A).
Some models want FF4D and FF67 of an item before its FF46 (`protocols.shtrih.models`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from devices.registers.codes import MarkedCode, checks_of
from devices.registers.elements import packed
from devices.registers.shtrih.marking import check_request
from devices.registers.shtrih.profile import Profile
from devices.registers.shtrih.rates import tax_row
from protocols.ffd.arithmetic import FLAT_TAGS, receipt_vat, vat_of
from protocols.ffd.documents import item_elements, payment_object, receipt_elements
from protocols.ffd.enums import FfdVersion, Taxation, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Correction, Item, Receipt
from protocols.ffd.tlv import Element
from protocols.shtrih.commands import Bare
from protocols.shtrih.commands.drive import BeginCorrection, SendItemTlv, SendTlv
from protocols.shtrih.commands.marking import BindCode, CheckCode
from protocols.shtrih.commands.operations import CloseReceiptV2, CorrectionV2, OperationV2
from protocols.shtrih.commands.printing import PrintString
from protocols.shtrih.commands.receipts import OpenReceipt
from protocols.shtrih.models import TAGS_FIRST
from protocols.shtrih.statuses import TYPE_OF_OPERATION
from protocols.shtrih.vat import VatRow

#: Tags of an item that FF46 carries, and the code that FF67 does.
_BY_OPERATION = frozenset(
    {
        T.ITEM_NAME,
        T.UNIT_PRICE,
        T.QUANTITY,
        T.ITEM_SUM,
        T.VAT_RATE,
        T.ITEM_VAT_SUM,
        T.ITEM_TYPE,
        T.PAYMENT_METHOD,
        T.PRODUCT_CODE,
    }
)
#: Tags of a receipt that FF45, FF46 or the register itself write.
_BY_CLOSING = frozenset(
    {
        T.SETTLEMENT_SIGN,
        T.TAX_SYSTEM,
        T.TOTAL_SUM,
        T.ITEM,
        T.CASH_SUM,
        T.ELECTRONIC_SUM,
        T.PREPAID_SUM,
        T.CREDIT_SUM,
        T.PROVISION_SUM,
        T.RECEIPT_VAT_SUMS,
        *FLAT_TAGS.values(),
    }
)
#: Added to the receipt type of 8Dh for a correction of ФФД 1.1 and later.
_CORRECTION = 0x80
#: The receipt's roll, not the journal's.
_ON_RECEIPT = 0x02
#: FF45's optional taxes 7…10, in its order.
_EXTRA_TAXES = (Vat.VAT5, Vat.VAT7, Vat.VAT105, Vat.VAT107)
#: FF45's taxes 1…6.
_TAXES = (Vat.VAT20, Vat.VAT10, Vat.VAT0, Vat.NONE, Vat.VAT120, Vat.VAT110)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Commands by stage; `close` makes the document. `begin` and `lines` leave it open.

    `refuse`: a code that is [M-] keeps the receipt from being opened. There is one BindCode in `lines` for each check.
    """

    checks: tuple[MarkedCode[CheckCode], ...]
    begin: Bare[Any]
    lines: tuple[Bare[Any], ...]
    close: CloseReceiptV2 | CorrectionV2
    refuse: bool = True


def make_plan(receipt: Receipt, profile: Profile, *, password: int, year: int, row_codes: bool = False) -> Plan:
    """The commands for a receipt that has no faults (`registers.shtrih.faults`) on this register.

    `year` of the register's clock; `row_codes`: the tax byte is a row number (option vat_code=row).
    """
    planner = Planner(receipt, profile, password=password, year=year, row_codes=row_codes)
    return Plan(
        checks=tuple(planner.checks()),
        begin=planner.begin(),
        lines=tuple(request for _, request in planner.lines()),
        close=planner.close(),
        refuse=not receipt.sell_despite_marking,
    )


class Planner:
    """The parts of a plan."""

    def __init__(
        self, receipt: Receipt, profile: Profile, *, password: int, year: int, row_codes: bool = False
    ) -> None:
        self._receipt = receipt
        self._profile = profile
        self.ffd = profile.identity.ffd
        self._password = password
        self._year = year
        self._row_codes = row_codes
        self._sums_only = sums_only(receipt, self.ffd)

    def checks(self) -> Iterator[MarkedCode[CheckCode]]:
        """FF61 of each marked line."""
        return checks_of(self._receipt, self.ffd, partial(check_request, self._password))

    def begin(self) -> Bare[Any]:
        """What opens the document."""
        if self._sums_only:
            return BeginCorrection(self._password)
        kind = TYPE_OF_OPERATION[self._receipt.operation.code] | (_CORRECTION if self._receipt.correction else 0)
        return OpenReceipt(self._password, kind)

    def lines(self) -> Iterator[tuple[str, Bare[Any]]]:
        """What fills it, each command with the place in the caller's body that it carries."""
        receipt = self._receipt
        if not self._sums_only:
            for index, line in enumerate(receipt.header_lines):
                yield f"/header_lines/{index}", self._text(line)
            for index, item in enumerate(receipt.items):
                for request in self._item(item):
                    yield f"/items/{index}", request
        for block in packed(self.receipt_tags(), self._profile.settings.max_tlv):
            yield "", SendTlv(self._password, block)
        if not self._sums_only:
            for index, line in enumerate(receipt.footer_lines):
                yield f"/footer_lines/{index}", self._text(line)

    def close(self) -> CloseReceiptV2 | CorrectionV2:
        """What makes it a fiscal document."""
        return self._correction_105(self._receipt.correction) if self._sums_only else self._closing()

    def receipt_tags(self) -> Iterator[Element]:
        """Tags of the receipt that FF0C carries."""
        carried = _BY_CLOSING | {T.CORRECTION_TYPE} if self._sums_only else _BY_CLOSING
        return (one for one in receipt_elements(self._receipt, self.ffd) if one.tag not in carried)

    def item_tags(self, item: Item) -> Iterator[Element]:
        """Tags of a line that FF4D carries."""
        return (one for one in item_elements(item, self.ffd) if one.tag not in _BY_OPERATION)

    def _item(self, item: Item) -> Iterator[Bare[Any]]:
        tags_first = TAGS_FIRST in self._profile.settings.quirks
        if tags_first:
            yield from self._tags(item)
        row = self._row(item)
        yield OperationV2(
            self._password,
            self._receipt.operation.code,
            item.quantity,
            item.price,
            item.sum,
            self._host_tax(item),
            row.row if self._row_codes else row.mask,
            _DEPARTMENT,
            item.payment_method.code,
            payment_object(item, self.ffd).code,
            item.name,
        )
        if not tags_first:
            yield from self._tags(item)

    def _tags(self, item: Item) -> Iterator[Bare[Any]]:
        """What FF46 does not carry of a line."""
        for block in packed(self.item_tags(item), self._profile.settings.max_tlv):
            yield SendItemTlv(self._password, block)
        if item.marking is not None and self.ffd is FfdVersion.V1_2:
            yield BindCode(self._password, item.marking.code, None)

    def _row(self, item: Item) -> VatRow:
        settings = self._profile.settings
        row = tax_row(item.vat, rows=settings.tax_rows, replace=settings.replace_vat20, year=self._year)
        assert row is not None, "a rate without a row is a fault"
        return row

    def _text(self, line: str) -> PrintString:
        return PrintString(self._password, _ON_RECEIPT, line)

    def _host_tax(self, item: Item) -> int | None:
        """Tax of a line where the register leaves it to us; a zero where it computes would be printed as a real tax."""
        if not self._profile.settings.tax_by_host:
            return None
        return vat_of(item.sum, item.vat) or 0

    def _closing(self) -> CloseReceiptV2:
        payments = self._receipt.payments
        sums = [0] * 16
        sums[0] = payments.cash if payments.received is None else payments.received
        sums[1] = payments.electronic
        sums[13], sums[14], sums[15] = payments.prepaid, payments.postpaid, payments.other
        taxes, extra = self._taxes()
        return CloseReceiptV2(
            self._password, tuple(sums), 0, taxes, self._taxation().code, ("", extra if any(extra) else ())
        )

    def _taxes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Taxes 1…6 and 7…10 of FF45; zeros where the register computes them."""
        if not self._profile.settings.tax_by_host:
            return (0,) * len(_TAXES), ()
        totals = receipt_vat(self._receipt)
        flat, by_rate = dict(totals.flat), dict(totals.by_rate)
        return (
            tuple(flat.get(FLAT_TAGS[vat], 0) for vat in _TAXES),
            tuple(by_rate.get(vat, 0) for vat in _EXTRA_TAXES),
        )

    def _taxation(self) -> Taxation:
        return self._receipt.taxation or next(iter(self._profile.identity.taxations))

    def _correction_105(self, correction: Correction | None) -> CorrectionV2:
        assert correction is not None, "only corrections consist of sums only"
        receipt, payments = self._receipt, self._receipt.payments
        flat = dict(receipt_vat(receipt).flat)
        return CorrectionV2(
            self._password,
            correction.kind.code,
            receipt.operation.code,
            receipt.total,
            payments.cash,
            payments.electronic,
            payments.prepaid,
            payments.postpaid,
            payments.other,
            tuple(flat.get(FLAT_TAGS[vat], 0) for vat in _TAXES),
            self._taxation().code,
        )


#: FF46's department; their names are the register's own affair.
_DEPARTMENT = 1


def sums_only(receipt: Receipt, ffd: FfdVersion) -> bool:
    """Whether it is a correction of ФФД 1.05: FF4A takes sums and taxes, no items (§4.3)."""
    return receipt.correction is not None and ffd is FfdVersion.V1_05
