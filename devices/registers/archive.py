"""A document of the drive's archive as callers get it: parsed, with its own date, shift and number, and its QR."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TypeVar

from devices.errors import DeviceError, ProtocolError
from devices.registers.base import ArchivedDocument, Fiscal, Identity
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.numbers import T
from protocols.ffd.qr import ReceiptQr
from protocols.ffd.sign import fiscal_sign
from protocols.ffd.tlv import Element, TlvError, decode, find

R = TypeVar("R")

#: Bytes of a document's own tag and length.
OUTER_TAG = 4
_CODES = frozenset(DocumentCode)

_WITH_QR = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO, DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})


def empty_fiscal(identity: Identity, now: datetime) -> Fiscal:
    """What is known of any document of this register before it is made."""
    return Fiscal(
        fn=identity.fn,
        document=0,
        sign=0,
        datetime=now,
        registration_number=identity.registration_number,
    )


async def unless(numbers: Collection[int], reply: Awaitable[R]) -> R | None:
    """The reply; None for these refusals. Others (a drive that is busy or broken) say nothing about the document."""
    try:
        return await reply
    except DeviceError as error:
        if error.number in numbers:
            return None
        raise


async def in_blocks(
    size: int, ask: Callable[[], Awaitable[R]], data_of: Callable[[R], bytes], *, absent: Collection[int]
) -> bytes:
    """A document of `size` bytes from a reading position that each question moves; less where it ends before."""
    raw = b""
    while len(raw) < size:
        block = await unless(absent, ask())
        data = b"" if block is None else data_of(block)
        if not data:
            break
        raw += data
    return raw


def bare(raw: bytes) -> bytes:
    """Without the outer tag, inside which some firmware and drivers hand a document over."""
    tag, length = int.from_bytes(raw[:2], "little"), int.from_bytes(raw[2:OUTER_TAG], "little")
    return raw[OUTER_TAG:] if tag in _CODES and length == len(raw) - OUTER_TAG else raw


def parse(raw: bytes) -> tuple[Element, ...]:
    """ProtocolError when the drive's TLV cannot be read."""
    try:
        return decode(raw)
    except TlvError as error:
        raise malformed(f"the drive's document does not parse: {error}") from error


def malformed(what: str) -> ProtocolError:
    """What the drive holds cannot be read."""
    return ProtocolError(
        what,
        hint="Документ в накопителе прочитан с ошибкой. Передайте журнал обмена в поддержку.",
        code="document_malformed",
    )


def missing(number: int) -> ProtocolError:
    """The drive counts a document that it does not show."""
    return ProtocolError(
        f"the drive does not know its last document {number}",
        hint="Накопитель не отдаёт последний документ. Передайте журнал обмена в поддержку.",
        code="document_missing",
    )


def fiscal_of(elements: tuple[Element, ...], base: Fiscal, *, zone: tzinfo) -> Fiscal:
    """`base` with whatever the document itself says: its own date, shift and receipt number, and the QR."""
    values = {one.tag: one.value for one in elements}
    moment, sign, shift, number = (
        values.get(tag) for tag in (T.DATE_TIME, T.FISCAL_SIGN, T.SHIFT_NUMBER, T.RECEIPT_NUMBER_IN_SHIFT)
    )
    fiscal = replace(
        base,
        datetime=moment.replace(tzinfo=zone) if isinstance(moment, datetime) else base.datetime,
        sign=fiscal_sign(sign) if isinstance(sign, bytes) and len(sign) == 6 else base.sign,
        shift=shift if isinstance(shift, int) else base.shift,
        number=number if isinstance(number, int) else base.number,
    )
    return replace(fiscal, qr=_qr(elements, fiscal))


def with_tags(archived: ArchivedDocument, raw: bytes | None, *, zone: tzinfo) -> ArchivedDocument:
    """What the drive's record tells of a document, and its TLV besides; None where the firmware cannot read it back."""
    if raw is None:
        return archived
    elements = parse(raw)
    return replace(archived, fiscal=fiscal_of(elements, archived.fiscal, zone=zone), elements=elements, raw=raw)


def _qr(elements: tuple[Element, ...], fiscal: Fiscal) -> str | None:
    if fiscal.code not in _WITH_QR:
        return None
    operation, total = find(elements, T.SETTLEMENT_SIGN), find(elements, T.TOTAL_SUM)
    if operation is None or total is None or not isinstance(operation.value, int) or not isinstance(total.value, int):
        return None
    return str(
        ReceiptQr(
            at=fiscal.datetime.replace(tzinfo=None),
            total=total.value,
            fn=fiscal.fn,
            document=fiscal.document,
            sign=fiscal.sign,
            operation=Operation.of(operation.value),
        )
    )
