"""Documents as the drive keeps them: the short record (A440h), the TLV (A445h, A446h), and what callers get of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Final

from devices.registers.alike import heard_alike
from devices.registers.archive import bare, in_blocks, malformed, unless, with_tags
from devices.registers.atol.exchange import Exchange
from devices.registers.base import ArchivedDocument, Fiscal
from protocols.atol.commands.drive import BeginTlv, FindDocument, ReadTlv
from protocols.atol.errors import FN_NO_DATA, UNSUPPORTED
from protocols.ffd.enums import DocumentCode, Operation
from protocols.fn import archive as records

_ABSENT: Final = frozenset({FN_NO_DATA})
#: What firmware without A445h answers.
_NO_READ_BACK: Final = _ABSENT | {UNSUPPORTED}


async def read_document(exchange: Exchange, number: int, *, base: Fiscal, zone: tzinfo) -> ArchivedDocument | None:
    """Document `number`, None when the drive has none. `base` holds the drive's and the registration's numbers."""

    async def read() -> tuple[ArchivedDocument, bytes | None] | None:
        archived = await short_record(exchange, number, base=base, zone=zone)
        return None if archived is None else (archived, await read_tlv(exchange, number))

    # A spoilt answer in 256 passes its checksum, and whether a document is ours hangs on every byte of it.
    held = await heard_alike(read, None)
    return None if held is None else with_tags(*held, zone=zone)


async def short_record(exchange: Exchange, number: int, *, base: Fiscal, zone: tzinfo) -> ArchivedDocument | None:
    """What A440h tells of it, without its tags."""
    found = await unless(_ABSENT, exchange.ask(FindDocument(number)))
    if found is None:
        return None
    return _short(number, bytes((found.code, found.confirmed)) + found.data, base, zone)


async def read_tlv(exchange: Exchange, number: int) -> bytes | None:
    """The document's TLV without its outer tag; None where the firmware cannot read it back."""

    async def read() -> tuple[int, bytes] | None:
        return await _read(exchange, number)

    found = await read()
    if found is not None and found[0] != len(found[1]):
        # Blocks may have lost zeros, which protocol 2's checksum does not see; or this firmware counts in another way.
        found = await heard_alike(read, found)
    return None if found is None else found[1]


async def _read(exchange: Exchange, number: int) -> tuple[int, bytes] | None:
    begun = await unless(_NO_READ_BACK, exchange.ask(BeginTlv(number)))
    if begun is None:
        return None
    raw = await in_blocks(begun.size, lambda: exchange.ask(ReadTlv()), lambda block: block.data, absent=_ABSENT)
    found = bare(raw)
    return begun.size - (len(raw) - len(found)), found


def _short(number: int, data: bytes, base: Fiscal, zone: tzinfo) -> ArchivedDocument:
    try:
        record = records.parse(data)
        code = DocumentCode(record.code)
        details = record.details
        settlement = details if isinstance(details, records.Settlement) else None
        operation = Operation.of(settlement.operation) if settlement else None
    except ValueError as error:
        raise malformed(f"the drive's record of document {number} does not parse: {error}") from error
    fiscal = replace(
        base,
        document=number,
        sign=record.sign,
        datetime=record.at.replace(tzinfo=zone),
        shift=details.shift if isinstance(details, records.Shift) else base.shift,
        code=code,
    )
    return ArchivedDocument(
        code=code,
        fiscal=fiscal,
        acknowledged=record.acknowledged,
        operation=operation,
        total=settlement.total if settlement else None,
    )
