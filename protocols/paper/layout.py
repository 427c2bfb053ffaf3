"""Lines of the printed form of each fiscal document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.ffd.checks import drive_number_fault
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.numbers import T
from protocols.ffd.qr import ReceiptQr
from protocols.ffd.sign import fiscal_sign
from protocols.ffd.tlv import Element
from protocols.paper import words
from protocols.paper.fields import Fields
from protocols.paper.lines import Line, Pair, Qr, Rule, Text
from protocols.paper.receipts import receipt
from protocols.paper.reports import report

_RECEIPTS = frozenset(
    {DocumentCode.RECEIPT, DocumentCode.CORRECTION, DocumentCode.BSO, DocumentCode.BSO_CORRECTION},
)
_SIGN_BYTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the paper carries of the registration when the document's own tags do not."""

    user_name: str = ""
    inn: str = ""
    address: str = ""
    place: str = ""
    serial: str = ""
    fns_site: str = "nalog.gov.ru"
    sender_email: str = ""


def lines(
    document: Element,
    registration: Registration | None = None,
    *,
    header: Sequence[str] = (),
    footer: Sequence[str] = (),
    received: int | None = None,
) -> tuple[Line, ...]:
    """The paper of a document: outer tag (1, 11, 2, 21, 3, 31, 4, 41, 5, 6, 7) with its elements.

    What the document lacks comes from `registration`; a draft without the drive's header prints without fiscal data.
    `header` and `footer` are unfiscal lines around it, `received` the cash handed over (kopecks), for the change.
    """
    fields = Fields(document.value)
    return tuple(_paper(int(document.tag), fields, registration or Registration(), header, footer, received))


def text_block(texts: Sequence[str]) -> tuple[Line, ...]:
    """Unfiscal text as printed lines, spacing kept; an empty text is an empty line."""
    return tuple(Text(text) if text.strip() else Rule(" ") for text in texts)


def _paper(
    code: int,
    fields: Fields,
    registration: Registration,
    header: Sequence[str],
    footer: Sequence[str],
    received: int | None,
) -> Iterator[Line]:
    yield from text_block(header)
    yield from _head(fields, registration)
    yield Text(words.TITLES.get(code, f"ДОКУМЕНТ {code}"), align="center", bold=True)
    if code in _RECEIPTS:
        yield from receipt(fields, received)
        yield Rule()
    else:
        yield from report(code, fields)
    yield from _tail(code, fields, registration)
    if qr := _qr(fields):
        yield Rule(" ")
        yield Qr(qr)
    if footer:
        yield Rule(" ")
        yield from text_block(footer)


def _head(fields: Fields, registration: Registration) -> Iterator[Line]:
    """User, address, place, as the top of every Russian receipt."""
    known = (
        (T.USER_NAME, registration.user_name, True),
        (T.SETTLEMENT_ADDRESS, registration.address, False),
        (T.SETTLEMENT_PLACE, registration.place, False),
    )
    for tag, otherwise, bold in known:
        if text := fields.text(tag) or otherwise:
            yield Text(text, align="center", bold=bold)
    yield Rule(" ")


def _tail(code: int, fields: Fields, registration: Registration) -> Iterator[Line]:
    """Cashier, moment and the numbers that prove the document."""
    shift, number = fields.number(T.SHIFT_NUMBER), fields.number(T.RECEIPT_NUMBER_IN_SHIFT)
    at, system = fields.moment(T.DATE_TIME), fields.number(T.TAX_SYSTEM)
    pairs = (
        ("КАССИР", fields.text(T.CASHIER)),
        ("ИНН КАССИРА", fields.text(T.CASHIER_INN)),
        ("СНО", words.TAXATIONS.get(system, str(system)) if system else ""),
        ("НОМЕР АВТОМАТА", fields.text(T.MACHINE_NUMBER) if code in _RECEIPTS else ""),
        (f"СМЕНА: {shift}", "" if shift is None else f"ЧЕК: {number}" if number is not None else " "),
        ("ДАТА, ВРЕМЯ", f"{at:%d.%m.%Y %H:%M}" if at else ""),
        ("ЗН ККТ", fields.text(T.KKT_SERIAL_NUMBER) or registration.serial),
        ("РН ККТ", fields.text(T.KKT_REGISTRATION_NUMBER)),
        ("ИНН", fields.text(T.USER_INN) or registration.inn),
        ("ФН", fields.text(T.FN_NUMBER)),
    )
    yield from (Pair(label, value) for label, value in pairs if value)
    # on lines of their own: people and programs look for them
    if (document := fields.number(T.FD_NUMBER)) is not None:
        yield Text(f"ФД: {document}")
    if len(sign := fields.raw(T.FISCAL_SIGN)) == _SIGN_BYTES:
        yield Text(f"ФП: {fiscal_sign(sign)}")
    if version := fields.number(T.FFD_VERSION):
        yield Pair("ФФД", words.FFD.get(version, str(version)))
    if code not in _RECEIPTS and code not in {T.REGISTRATION_REPORT, T.REREGISTRATION_REPORT}:
        return
    if site := fields.text(T.FNS_SITE) or registration.fns_site:
        yield Pair("САЙТ ФНС", site)
    if email := fields.text(T.SENDER_EMAIL) or registration.sender_email:
        yield Pair("ЭЛ. АДР. ОТПРАВИТЕЛЯ", email)


def _qr(fields: Fields) -> str | None:
    """Tag 1196, where the document has all that it says."""
    at, total = fields.moment(T.DATE_TIME), fields.number(T.TOTAL_SUM)
    fn, document, sign = fields.text(T.FN_NUMBER), fields.number(T.FD_NUMBER), fields.raw(T.FISCAL_SIGN)
    settlement = fields.number(T.SETTLEMENT_SIGN)
    if at is None or total is None or document is None or drive_number_fault(fn) or len(sign) != _SIGN_BYTES:
        return None
    try:
        operation = Operation.of(settlement or 0)
    except ValueError:
        return None
    qr = ReceiptQr(at=at, total=total, fn=fn, document=document, sign=fiscal_sign(sign), operation=operation)
    return str(qr)
