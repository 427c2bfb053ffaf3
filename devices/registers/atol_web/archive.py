"""Documents as the drive keeps them (getFnDocument): the server hands over their TLV beside its own reading of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from devices.errors import DeviceError, ProtocolError
from devices.registers.archive import bare, fiscal_of, parse
from devices.registers.atol_web.queue import Queue, told
from devices.registers.base import ArchivedDocument, Fiscal
from protocols.atol_web.errors import DOCUMENT_NOT_FOUND, FN_NO_DATA
from protocols.atol_web.queries import ExchangeStatus, FnDocument
from protocols.ffd.enums import Operation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import find

_ABSENT = frozenset({FN_NO_DATA, DOCUMENT_NOT_FOUND})


async def read_document(
    queue: Queue, number: int, *, base: Fiscal, zone: tzinfo, offline: bool
) -> ArchivedDocument | None:
    """Document `number`, None when the drive has none. `base` holds the drive's and the registration's numbers.

    `offline`: a register that sends nothing to an OFD.
    """
    try:
        backlog, found = await queue.ask({"type": ExchangeStatus.TASK}, _document(number))
    except DeviceError as error:
        if error.number in _ABSENT:
            return None
        raise
    document, status = told(FnDocument, found), told(ExchangeStatus, backlog).status
    code, raw = document.code, document.raw_data
    if code is None or raw is None:
        raise ProtocolError(
            f"the server hands over no TLV of document {number} ({document.fiscal_document_type})",
            hint="Веб-сервер АТОЛ не отдаёт документ из накопителя: обновите драйвер кассы (ДТО 10).",
            code="document_malformed",
        )
    raw = bare(raw)
    elements = parse(raw)
    operation, total = find(elements, T.SETTLEMENT_SIGN), find(elements, T.TOTAL_SUM)
    first = status.not_sent_first_doc_number
    return ArchivedDocument(
        code=code,
        fiscal=fiscal_of(elements, replace(base, document=number, code=code), zone=zone),
        acknowledged=not offline and (not status.not_sent_count or 0 < number < first),
        operation=_operation(operation.value) if operation is not None else None,
        total=total.value if total is not None and isinstance(total.value, int) else None,
        elements=elements,
        raw=raw,
    )


async def read_tlv(queue: Queue, number: int) -> bytes | None:
    """The document's TLV; None where the server gives none."""
    try:
        (found,) = await queue.ask(_document(number))
    except DeviceError as error:
        if error.number in _ABSENT:
            return None
        raise
    raw = told(FnDocument, found).raw_data
    return None if raw is None else bare(raw)


def _document(number: int) -> dict[str, object]:
    return {"type": FnDocument.TASK, "fiscalDocumentNumber": number, "withRawData": True}


def _operation(value: object) -> Operation | None:
    try:
        return Operation.of(value) if isinstance(value, int) else None
    except ValueError:
        return None
