"""Short archive records: what a drive answers when a document is looked up by its number.

Common part: type, OFD mark, date YY MM DD hh mm, ФД and ФПД little-endian; then fields by type. Registrations
carry more bytes in ФФД 1.1 and later (extended mode, OFD's INN, four bytes of reasons).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from construct import Adapter, BytesInteger, ConstructError, Flag, GreedyBytes, Int8ub, Int16ul, Int32ul, Struct
from construct import Bytes as RawBytes

from protocols.ffd.enums import DocumentCode


class ArchiveError(ValueError):
    """Bytes that are no archive record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Shift reports."""

    shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Receipts, БСО, corrections: tag 1054 and the total in kopecks."""

    operation: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Registrations: tax systems as 1062, mode byte; `reason` only in re-registrations of ФФД 1.05.

    `extended_mode`, `ofd_inn` and `reasons` (1205) exist from ФФД 1.1; there `reasons` replaces `reason`.
    """

    inn: str
    registration_number: str
    taxations: int
    mode: int
    reason: int | None = None
    extended_mode: int | None = None
    ofd_inn: str = ""
    reasons: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One short record; `at` is the register's naive wall clock, `sign` the printed ФП, `details` by type (or None)."""

    code: int
    acknowledged: bool
    at: datetime
    number: int
    sign: int
    details: Shift | Settlement | Registered | None = None


class _Date(Adapter):  # type: ignore[misc]
    def _decode(self, obj: bytes, context: Any, path: str) -> datetime:
        year, month, day, hour, minute = obj
        return datetime(2000 + year, month, day, hour, minute)  # noqa: DTZ001 - the register's local wall clock

    def _encode(self, obj: datetime, context: Any, path: str) -> bytes:
        return bytes((obj.year - 2000, obj.month, obj.day, obj.hour, obj.minute))


class _Text(Adapter):  # type: ignore[misc]
    def _decode(self, obj: bytes, context: Any, path: str) -> str:
        return obj.decode("cp866").rstrip(" \0")

    def _encode(self, obj: str, context: Any, path: str) -> bytes:
        size: int = self.subcon.length
        return obj.encode("cp866").ljust(size)


DATE: Any = _Date(RawBytes(5))
_COMMON: Any = Struct(
    "code" / Int8ub, "acknowledged" / Flag, "at" / DATE, "number" / Int32ul, "sign" / Int32ul, "rest" / GreedyBytes
)
_SHIFT: Any = Struct("shift" / Int16ul)
_SETTLEMENT: Any = Struct("operation" / Int8ub, "total" / BytesInteger(5, swapped=True))
_REGISTERED: Any = Struct(
    "inn" / _Text(RawBytes(12)), "registration_number" / _Text(RawBytes(20)), "taxations" / Int8ub, "mode" / Int8ub
)
_REASON: Any = Struct(*_REGISTERED.subcons, "reason" / Int8ub)
_EXTENDED: Any = Struct(
    *_REGISTERED.subcons, "extended_mode" / Int8ub, "ofd_inn" / _Text(RawBytes(12)), "reasons" / Int32ul
)

_SHIFTS = {DocumentCode.SHIFT_OPEN, DocumentCode.SHIFT_CLOSE}
_SETTLEMENTS = {DocumentCode.RECEIPT, DocumentCode.BSO, DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION}
_REGISTRATIONS = {DocumentCode.REGISTRATION, DocumentCode.REREGISTRATION}


def pack_date(at: datetime) -> bytes:
    """YY MM DD hh mm as numbers."""
    data: bytes = DATE.build(at)
    return data


def pack(record: Record) -> bytes:
    """Bytes of a short record; ArchiveError when a value does not fit."""
    fields = {
        "code": record.code,
        "acknowledged": record.acknowledged,
        "at": record.at,
        "number": record.number,
        "sign": record.sign,
        "rest": b"",
    }
    try:
        data: bytes = _COMMON.build(fields) + pack_details(record.details)
    except (ConstructError, ValueError) as error:
        raise ArchiveError(str(error)) from error
    return data


def pack_details(details: Shift | Settlement | Registered | None) -> bytes:
    """Bytes of the part that depends on the type."""
    if details is None:
        return b""
    fields = {name: getattr(details, name) for name in details.__dataclass_fields__}
    data: bytes
    if isinstance(details, Shift):
        data = _SHIFT.build(fields)
    elif isinstance(details, Settlement):
        data = _SETTLEMENT.build(fields)
    elif details.extended_mode is not None:
        data = _EXTENDED.build(fields)
    else:
        data = (_REGISTERED if details.reason is None else _REASON).build(fields)
    return data


def parse(data: bytes) -> Record:
    """The record in `data`; ArchiveError when it is too short or names an impossible date."""
    try:
        common = _COMMON.parse(data)
        details = _parse_details(common.code, common.rest)
    except (ConstructError, ValueError) as error:
        raise ArchiveError(f"no archive record: {error}") from error
    return Record(
        code=common.code,
        acknowledged=common.acknowledged,
        at=common.at,
        number=common.number,
        sign=common.sign,
        details=details,
    )


def _parse_details(code: int, rest: bytes) -> Shift | Settlement | Registered | None:
    if code in _SHIFTS:
        return Shift(shift=_SHIFT.parse(rest).shift)
    if code in _SETTLEMENTS:
        settlement = _SETTLEMENT.parse(rest)
        return Settlement(operation=settlement.operation, total=settlement.total)
    if code not in _REGISTRATIONS:
        return None
    size = _REGISTERED.sizeof()
    grammar = _REGISTERED if len(rest) == size else _REASON if len(rest) == size + 1 else _EXTENDED
    values = {name: value for name, value in grammar.parse(rest).items() if not name.startswith("_")}
    return Registered(**values)
