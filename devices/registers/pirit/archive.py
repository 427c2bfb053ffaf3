"""Documents as the drive keeps them: the TLV (78/15, 78/16) and whether the OFD has it (78/11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Final

from devices.errors import ProtocolError
from devices.registers.alike import heard_alike
from devices.registers.archive import OUTER_TAG, bare, fiscal_of, in_blocks, malformed, parse, unless
from devices.registers.base import ArchivedDocument, Fiscal
from devices.registers.pirit.exchange import Exchange
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, find
from protocols.pirit.commands.drive import Archived, LastDocument, ReadTlv, SelectDocument
from protocols.pirit.errors import FN_NO_DATA

_ABSENT: Final = frozenset({FN_NO_DATA})
#: Of a document that the drive does not have.
_NONE = (0, b"")


async def read_document(exchange: Exchange, number: int, *, base: Fiscal, zone: tzinfo) -> ArchivedDocument | None:
    """Document `number`, None when the drive has none. `base` holds the drive's and the registration's numbers."""
    # A spoilt answer in 256 passes its checksum, and whether a document is ours hangs on every byte of it.
    held = await heard_alike(lambda: _read(exchange, number), None)
    if held == _NONE:
        return None
    kind, raw = held
    try:
        code = DocumentCode(kind)
    except ValueError as error:
        raise malformed(f"the drive's document {number} is of no kind that is known ({kind})") from error
    elements = parse(raw)
    record = await unless(_ABSENT, exchange.ask(Archived(number)))
    operation, total = _number(elements, T.SETTLEMENT_SIGN), _number(elements, T.TOTAL_SUM)
    return ArchivedDocument(
        code=code,
        fiscal=fiscal_of(elements, replace(base, document=number, code=code), zone=zone),
        acknowledged=record is not None and bool(record.acknowledged),
        operation=None if operation is None else Operation.of(operation),
        total=total,
        elements=elements,
        raw=raw,
    )


async def read_tlv(exchange: Exchange, number: int) -> bytes | None:
    """The document's TLV without its outer tag; None where the drive has no such document."""
    held = await _read(exchange, number)
    return None if held == _NONE else held[1]


async def last_document(exchange: Exchange) -> int:
    """The number of the drive's last document, heard alike twice."""

    async def read() -> int:
        return (await exchange.ask(LastDocument())).value

    return await heard_alike(read, None)


async def _read(exchange: Exchange, number: int) -> tuple[int, bytes]:
    """Kind and TLV."""
    selected = await unless(_ABSENT, exchange.ask(SelectDocument(number)))
    return _NONE if selected is None else (selected.code, await _selected(exchange, selected.size))


async def _selected(exchange: Exchange, size: int) -> bytes:
    raw = await in_blocks(size, lambda: exchange.ask(ReadTlv()), lambda block: block.data, absent=_ABSENT)
    if len(raw) < size - OUTER_TAG:  # which may be counted or not
        # It was switched off and on in between, and has forgotten what it was asked for.
        raise ProtocolError(
            f"the drive's document ended after {len(raw)} of {size} bytes",
            hint="Документ прочитан из накопителя не до конца. Программа прочитает его заново.",
            code="document_cut",
        )
    return bare(raw)


def _number(elements: tuple[Element, ...], tag: T) -> int | None:
    found = find(elements, tag)
    return found.value if found is not None and isinstance(found.value, int) else None
