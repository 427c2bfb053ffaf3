"""A receipt as the commands that make it: everything that can be refused is refused here, before a byte goes out.

Order on the wire (§4.4, §10.5): marking checks, 8Dh (or FF35), per item FF46, FF4D, FF67, then FF0C, then FF45 (FF4A).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from devices.errors import RequestError
from devices.registers.shtrih.marking import MarkedCode, check_of
from devices.registers.shtrih.profile import Profile
from devices.registers.shtrih.rates import tax_row
from protocols.ffd.arithmetic import FLAT_TAGS, receipt_vat, vat_of
from protocols.ffd.documents import item_elements, payment_object, receipt_elements
from protocols.ffd.enums import FfdVersion, Operation, Taxation, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Correction, Item, Receipt
from protocols.ffd.tlv import Element, TlvError, encode
from protocols.marking import read
from protocols.shtrih.commands import Bare, WireError, encode_request
from protocols.shtrih.commands.drive import BeginCorrection, SendItemTlv, SendTlv
from protocols.shtrih.commands.marking import BindCode
from protocols.shtrih.commands.operations import CloseReceiptV2, CorrectionV2, OperationV2
from protocols.shtrih.commands.printing import PrintString
from protocols.shtrih.commands.receipts import OpenReceipt
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

    checks: tuple[MarkedCode, ...]
    begin: Bare[Any]
    lines: tuple[Bare[Any], ...]
    close: CloseReceiptV2 | CorrectionV2
    refuse: bool = True


def make_plan(receipt: Receipt, profile: Profile, *, password: int, year: int, row_codes: bool = False) -> Plan:
    """The commands for this receipt on this register. RequestError names the line, tag or setting in the way.

    `year` of the register's clock; `row_codes`: the tax byte is a row number (option vat_code=row).
    """
    planner = _Planner(receipt, profile, password, year, row_codes)
    try:
        plan = planner.plan()
        for request in (*(code.check for code in plan.checks), plan.begin, *plan.lines, plan.close):
            encode_request(request)
    except (WireError, TlvError) as error:
        raise RequestError(
            f"the receipt does not fit the register's commands: {error}",
            hint="Касса не примет эти данные: проверьте названия, количества и суммы.",
            code="receipt_does_not_fit",
        ) from error
    except UnicodeEncodeError as error:
        raise RequestError(
            f"the register cannot print {error.object[error.start : error.end]!r}",
            hint="В чеке есть символы, которых касса не знает. Уберите их.",
            code="characters_unprintable",
        ) from error
    return plan


def tags(elements: Iterable[Element], limit: int, where: str) -> Iterator[bytes]:
    """TLVs packed into as few blocks of `limit` bytes as their order allows; RequestError for one that is larger."""
    block = b""
    for element in elements:
        raw = encode((element,))
        if len(raw) > limit:
            raise RequestError(
                f"{where}: tag {element.tag} takes {len(raw)} bytes, the register's command carries {limit}",
                hint=f"Слишком длинное значение тега {element.tag}: сократите текст.",
                code="tag_too_long",
            )
        if len(block) + len(raw) > limit:
            yield block
            block = b""
        block += raw
    if block:
        yield block


class _Planner:
    def __init__(self, receipt: Receipt, profile: Profile, password: int, year: int, row_codes: bool) -> None:
        self._receipt = receipt
        self._profile = profile
        self._ffd = profile.identity.ffd
        self._password = password
        self._year = year
        self._row_codes = row_codes

    def plan(self) -> Plan:
        receipt = self._receipt
        if self._profile.settings.tax_by_host not in {0, 1}:
            raise _setting(
                f"table 1 field 14 = {self._profile.settings.tax_by_host}: who computes the taxes is not known",
                "Установите в таблице 1 поле 14 («Начисление налогов») в 0.",
            )
        elements = receipt_elements(receipt, self._ffd)
        if receipt.correction is not None and self._ffd is FfdVersion.V1_05:
            return self._correction_105(elements, receipt.correction)
        kind = TYPE_OF_OPERATION[receipt.operation.code] | (_CORRECTION if receipt.correction else 0)
        lines: list[Bare[Any]] = [self._text(line) for line in receipt.header_lines]
        for index, item in enumerate(receipt.items):
            lines += self._item(index, item)
        lines += self._tags(elements, _BY_CLOSING)
        lines += [self._text(line) for line in receipt.footer_lines]
        return Plan(
            checks=tuple(self._checks()),
            begin=OpenReceipt(self._password, kind),
            lines=tuple(lines),
            close=self._closing(),
            refuse=not receipt.sell_despite_marking,
        )

    def _item(self, index: int, item: Item) -> Iterator[Bare[Any]]:
        where = f"/items/{index}"
        if item.name.startswith("//"):
            raise RequestError(
                f"{where}/name: the register takes a leading // for a command not to print the line",
                hint="Название товара не должно начинаться с //.",
                code="name_is_a_command",
            )
        row = self._row(item)
        tax = self._host_tax(item)
        yield OperationV2(
            self._password,
            self._receipt.operation.code,
            item.quantity,
            item.price,
            item.sum,
            tax,
            row.row if self._row_codes else row.mask,
            _DEPARTMENT,
            item.payment_method.code,
            payment_object(item, self._ffd).code,
            item.name,
        )
        carried = (one for one in item_elements(item, self._ffd) if one.tag not in _BY_OPERATION)
        for block in tags(carried, self._profile.settings.max_tlv, where):
            yield SendItemTlv(self._password, block)
        if item.marking is not None and self._ffd is FfdVersion.V1_2:
            yield BindCode(self._password, item.marking.code, None)

    def _row(self, item: Item) -> VatRow:
        profile = self._profile
        return tax_row(
            item.vat, rows=profile.settings.tax_rows, replace=profile.settings.replace_vat20, year=self._year
        )

    def _tags(self, elements: Iterable[Element], carried: frozenset[T]) -> Iterator[SendTlv]:
        left = (one for one in elements if one.tag not in carried)
        for block in tags(left, self._profile.settings.max_tlv, "the receipt"):
            yield SendTlv(self._password, block)

    def _text(self, line: str) -> PrintString:
        return PrintString(self._password, _ON_RECEIPT, line)

    def _host_tax(self, item: Item) -> int | None:
        """Tax of a line where the register leaves it to us; a zero where it computes would be printed as a real tax."""
        if not self._profile.settings.tax_by_host:
            return None
        if item.vat in {Vat.VAT22, Vat.VAT122}:
            raise _setting(
                f"table 1 field 14 = 1: the host computes the taxes, but FF45 has no place for the sum of {item.vat}",
                "Установите в таблице 1 поле 14 («Начисление налогов») в 0: сумму НДС 22 % считает касса.",
            )
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
        registered = self._profile.identity.taxations
        asked = self._receipt.taxation
        if asked is None and len(registered) == 1:
            return next(iter(registered))
        if asked is None or asked not in registered:
            known = ", ".join(sorted(registered)) or "none"
            raise RequestError(
                f"taxation {asked or 'left out'}: the register is registered for {known}",
                hint="Укажите систему налогообложения, с которой зарегистрирована касса.",
                code="taxation_not_registered",
            )
        return asked

    def _correction_105(self, elements: Iterable[Element], correction: Correction) -> Plan:
        """ФФД 1.05: sums and taxes only, no items (§4.3)."""
        receipt = self._receipt
        if receipt.operation in {Operation.SELL_REFUND, Operation.BUY_REFUND}:
            raise RequestError(
                f"ФФД 1.05 has no correction of {receipt.operation}",
                hint="В ФФД 1.05 чек коррекции бывает только приходом или расходом.",
                code="correction_impossible",
            )
        for item in receipt.items:
            self._row(item)
        totals = receipt_vat(receipt)
        if totals.by_rate:
            raise RequestError(
                f"FF4A has no place for {', '.join(vat for vat, _ in totals.by_rate)}",
                hint="Чек коррекции ФФД 1.05 на этой кассе не может содержать ставки 5, 7 и 22 %.",
                code="correction_vat_impossible",
            )
        flat, payments = dict(totals.flat), receipt.payments
        return Plan(
            checks=(),
            begin=BeginCorrection(self._password),
            lines=tuple(self._tags(elements, _BY_CLOSING | {T.CORRECTION_TYPE})),
            close=CorrectionV2(
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
            ),
        )

    def _checks(self) -> Iterator[MarkedCode]:
        if self._ffd is not FfdVersion.V1_2:
            return
        lines: dict[str, int] = {}
        for index, item in enumerate(self._receipt.items):
            if item.marking is None:
                continue
            first = lines.setdefault(read(item.marking.code).unit, index)
            if first != index:
                raise RequestError(
                    f"/items/{index}/marking: the code of /items/{first} again; the drive checks a code once a receipt",
                    hint=f"Код в строке {index + 1} тот же, что в строке {first + 1}. Отсканируйте код второго товара.",
                    code="marking_code_twice",
                )
            if not self._profile.identity.marking:
                raise marking_not_registered(f"/items/{index}/marking")
            yield MarkedCode(item=index, check=check_of(self._password, item, self._receipt.operation))


#: FF46's department; their names are the register's own affair.
_DEPARTMENT = 1


def marking_not_registered(where: str) -> RequestError:
    """The register may not sell marked goods, or not by ФФД 1.2."""
    return RequestError(
        f"{where}: the register is not registered for marked goods",
        hint="Касса зарегистрирована без признака торговли маркированными товарами.",
        code="marking_not_registered",
    )


def _setting(detail: str, hint: str) -> RequestError:
    return RequestError(detail, hint=hint, code="register_setting")
