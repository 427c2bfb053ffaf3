"""Documents as the drive keeps them: the short record (FF0A), the TLV (FF3A, FF3B), and what callers get of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial

from devices.registers.archive import bare, in_blocks, malformed, unless, with_tags
from devices.registers.base import ArchivedDocument, Fiscal
from devices.registers.shtrih.exchange import Exchange
from protocols.ffd.enums import DocumentCode, Operation
from protocols.shtrih.archive import found_document
from protocols.shtrih.commands import WireError
from protocols.shtrih.commands.drive import FindDocument, FindDocumentReply, NextTlv, OfdReceipt, SelectDocument
from protocols.shtrih.errors import FN_NO_DATA, NO_DATA, UNSUPPORTED

_ABSENT = frozenset({FN_NO_DATA, NO_DATA})
#: What firmware without FF3A answers: its own "unsupported", or the drive's "unknown command".
_NO_READ_BACK = _ABSENT | {UNSUPPORTED, 0x01}

#: Codes of FF0A that differ from the document's own (old firmware answers 10h for an archive close).
_OLD_CODES = {0x10: DocumentCode.DRIVE_CLOSE}


async def read_document(exchange: Exchange, number: int, *, base: Fiscal, zone: tzinfo) -> ArchivedDocument | None:
    """Document `number`, None when the drive has none. `base` holds the drive's and the registration's numbers."""
    held = await exchange.heard_alike(partial(_read, exchange, number))
    if held is None:
        return None
    found, confirmed, raw = held
    return with_tags(replace(_short(number, found, base, zone), acknowledged=confirmed), raw, zone=zone)


async def _read(exchange: Exchange, number: int) -> tuple[FindDocumentReply, bool, bytes | None] | None:
    """The drive's record, whether the OFD confirmed it, its TLV."""
    found = await unless(_ABSENT, exchange.ask(FindDocument(exchange.password, number)))
    if found is None:
        return None
    confirmed = bool(found.acknowledged) or await exchange.try_ask(OfdReceipt(exchange.password, number)) is not None
    return found, confirmed, await read_tlv(exchange, number)


async def read_tlv(exchange: Exchange, number: int) -> bytes | None:
    """The document's TLV without its outer tag; None where the firmware cannot read it back."""
    selected = await unless(_NO_READ_BACK, exchange.ask(SelectDocument(exchange.password, number)))
    if selected is None:
        return None
    ask = partial(exchange.ask, NextTlv(exchange.password))
    return bare(await in_blocks(selected.length, ask, lambda block: block.tlv, absent=_ABSENT))


def _short(number: int, found: FindDocumentReply, base: Fiscal, zone: tzinfo) -> ArchivedDocument:
    try:
        record = found_document(found.code, found.data)
        code = _OLD_CODES.get(found.code) or DocumentCode(found.code)
        operation = Operation.of(record.operation) if record.operation else None
    except (WireError, ValueError) as error:
        raise malformed(f"the drive's record of document {number} does not parse: {error}") from error
    made_at = record.made_at or datetime(2000, 1, 1)  # noqa: DTZ001 — zone below
    fiscal = replace(
        base,
        document=number,
        sign=record.sign,
        datetime=made_at.replace(tzinfo=zone),
        shift=record.shift,
        code=code,
    )
    return ArchivedDocument(
        code=code,
        fiscal=fiscal,
        acknowledged=bool(found.acknowledged),
        operation=operation,
        total=record.total,
    )
