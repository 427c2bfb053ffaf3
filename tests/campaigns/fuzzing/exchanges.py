"""Targets of the drive, the OFD and the numbers that stand for words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from enum import EnumMeta
from typing import Any

import captures

from fuzzing.documents import CONTAINERS, documents
from fuzzing.target import Refused, Target
from protocols import wire as neutral
from protocols.crc import crc16
from protocols.ffd import enums, tags, tlv
from protocols.ffd.tlv import Element, TlvError
from protocols.fn import archive, container
from protocols.fn import statuses as drive_statuses
from protocols.ofd import confirmation, marking, session
from protocols.shtrih import archive as found
from protocols.shtrih import errors, framing, registers, statuses, tables, vat, wire
from protocols.wire import WireError

CHUNKS = (1, 13)

# --- the fiscal drive


def _decode_container(data: bytes) -> tuple[bool, container.Container]:
    """Plain containers first; those of an archive that blanks lengths are another reading of the same bytes."""
    try:
        return False, container.parse(data)
    except container.ContainerError:
        return True, container.parse(data, stored=True)


def _build_container(value: tuple[bool, container.Container]) -> bytes:
    assert value[1].body == value[1].tlv[4:]
    return container.build(value[1])


def _repair_container(data: bytes) -> bytes:
    """Length, checksum, drive number and the length of the document made true."""
    raw = bytearray(data.ljust(container.HEADER_SIZE + 4, b"\0")[: container.MAX_CONTAINER])
    raw[9:17] = bytes(byte & 0x77 for byte in raw[9:17])
    inside = len(raw) - container.HEADER_SIZE - 4
    raw[34:36] = min(int.from_bytes(raw[34:36], "little"), inside).to_bytes(2, "little")
    raw[:2] = len(raw).to_bytes(2, "little")
    raw[2:4] = crc16(bytes(raw[4:]), crc16(bytes(raw[:2]))).to_bytes(2, "little")
    return bytes(raw)


# --- the OFD


def _events(data: bytes, size: int) -> tuple[bytes, list[Any], int]:
    """What a parser fed in pieces says: all noise in one, the messages, the bytes it still waits with."""
    parser = session.Parser()
    noise, messages = b"", []
    for at in range(0, len(data), size):
        for event in parser.feed(data[at : at + size]):
            if isinstance(event, session.Noise):
                assert event.data, "an empty noise"
                assert event.reason
                noise += event.data
            else:
                messages.append(event)
    return noise, messages, parser.pending


def _decode_session(data: bytes) -> None:
    whole = _events(data, len(data) or 1)
    noise, messages, pending = whole
    sizes = sum(session.HEADER_SIZE + len(message.body) for message in messages)
    assert len(noise) + sizes + pending == len(data), "bytes were lost"
    for size in CHUNKS:
        assert _events(data, size) == whole, f"in pieces of {size} it reads otherwise"
    for message in messages:
        rebuilt = session.build_header(message.header) + message.body
        assert session.Parser().feed(rebuilt) == [message]


def _repair_session(data: bytes) -> bytes:
    """A header in front whose length fits half of what follows."""
    raw = captures.SESSION_REREGISTRATION[:30] + data
    return raw[:24] + (len(data) // 2).to_bytes(2, "little") + raw[26:]


def _decode_confirmation(data: bytes) -> None:
    given = confirmation.parse(data)
    (outer,) = tlv.decode(data)
    assert isinstance(outer.value, tuple)
    assert confirmation.from_elements(outer.value) == given
    assert given.delivered in {True, False}
    for ffd in enums.FfdVersion:
        try:
            again = confirmation.parse(confirmation.build(given, ffd))
        except TlvError:
            return  # a value in a length that no operator writes
        assert (again.fn, again.number, again.at) == (given.fn, given.number, given.at)


_MARKING = {
    81: (marking.parse_request, marking.build_request),
    82: (marking.parse_notification, marking.build_notification),
    83: (marking.parse_answer, marking.build_answer),
    84: (marking.parse_receipt, marking.build_receipt),
}
_AT = datetime(2026, 3, 2, 9, 15)
_CODE = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
_SOLD = (
    Element(2000, _CODE),
    Element(2106, 15),
    Element(2110, 1),
    Element(1030, "Вода"),
    Element(1023, Decimal("0.5")),
)


def _decode_marking(data: bytes) -> None:
    """Documents 81…84, told apart by the first byte."""
    parse, build = _MARKING[data[0] if data and data[0] in _MARKING else 81]
    given = parse(data)
    for item in getattr(given, "items", ()):
        with suppress(marking.MarkingMessageError):
            marking.code_bytes(item)
    try:
        again = build(given)
    except TlvError:
        return  # a value in a length that nobody writes
    assert parse(again) == given


# --- Shtrih-M: what is no command


def _decode_found(data: bytes) -> None:
    if not data:
        raise Refused
    archived = found.found_document(data[0], data[1:])
    assert archived.document.bit_length() <= 32


_FIELDS = tuple(field for table in tables.TABLES.values() for field in table.fields)


def _decode_field(data: bytes) -> tuple[int, int | str]:
    if not data:
        raise Refused
    which = int.from_bytes(data[:2], "little") % len(_FIELDS)
    value = _FIELDS[which].from_bytes(data[2:])
    readable = not isinstance(value, str) or "\ufffd" not in value
    assert not readable or _FIELDS[which].from_bytes(_FIELDS[which].to_bytes(value)) == value
    return which, value


def _decode_cp1251(data: bytes) -> str:
    assert neutral.plain_bytes(data) == data
    return wire.cp1251(data)


#: Every number -> words table. ValueError is what an enumeration says to a number it lacks.
_ENUMERATIONS: tuple[Any, ...] = tuple(
    value
    for module in (enums, statuses, drive_statuses)
    for value in vars(module).values()
    if isinstance(value, EnumMeta) and value.__module__ == module.__name__
)


def _decode_number(data: bytes) -> None:
    number = int.from_bytes(data[:8], "little")
    for words in (tags.name_of, registers.money_text, registers.counter_text, drive_statuses.error, errors.describe):
        words(number)
    statuses.flags_text(number), drive_statuses.drive_warnings(number)
    vat.of_wire(number), vat.of_wire(number, raw_index=True)
    framing.detect(number)
    byte = number & 0xFF
    statuses.mode_text(byte), statuses.split_mode(byte)
    for kind in _ENUMERATIONS:
        try:
            kind.of(number) if hasattr(kind, "of") else kind(number)
        except ValueError:
            continue


def _session_seeds() -> Iterator[bytes]:
    message = captures.SESSION_REREGISTRATION
    yield message
    yield b"noise" + message + b"\0" + message
    for flags in (session.Flags.CRC_HEADER, session.Flags.CRC_ALL):
        yield session.build("9999078900005488", b"body", b"\1\5", flags=session.USUAL_FLAGS | flags)


TARGETS = (
    Target(
        "archive",
        archive.parse,
        (archive.parse,),
        (archive.ArchiveError,),
        archive.pack,
        seeds=lambda: (
            captures.RECORD_REGISTRATION,
            captures.RECORD_REREGISTRATION,
            captures.RECORD_SHIFT_OPEN,
            captures.RECORD_RECEIPT,
        ),
        max_len=128,
    ),
    Target(
        "container",
        _decode_container,
        (container.parse,),
        (container.ContainerError,),
        _build_container,
        repair=_repair_container,
        seeds=lambda: CONTAINERS,
    ),
    Target(
        "session",
        _decode_session,
        (session.Parser.feed,),
        repair=_repair_session,
        seeds=_session_seeds,
        max_len=1024,
    ),
    Target(
        "session_header",
        session.parse_header,
        (session.parse_header,),
        (session.SessionError,),
        session.build_header,
        repair=lambda data: captures.SESSION_HEADER_10[:6] + data,
        seeds=lambda: (captures.SESSION_HEADER_10, captures.SESSION_REREGISTRATION[:30]),
        max_len=64,
    ),
    Target(
        "confirmation",
        _decode_confirmation,
        (confirmation.parse, confirmation.from_elements),
        (confirmation.ConfirmationError,),
        repair=lambda data: tlv.encode((Element(7, data[:65_000]),), limits=False),
        seeds=lambda: tuple(documents())[1:3],
        max_len=512,
    ),
    Target(
        "marking_documents",
        _decode_marking,
        tuple(parse for parse, _ in _MARKING.values()),
        (marking.MarkingMessageError,),
        repair=lambda data: (data[:1] or b"Q") + b"\0" + min(len(data), 60_000).to_bytes(2, "little") + data[:60_000],
        seeds=lambda: (
            marking.build_request(
                marking.CodeRequest(
                    fn="9999078900001234", inn="7700000000", number=1, at=_AT, code=_CODE, planned=1, local=3, kind=5
                )
            ),
            marking.build_answer(marking.CodeAnswer(number=1, at=_AT, result=15, status=1, kind=5, product="01")),
            marking.build_notification(
                marking.Notification(fn="9999078900001234", number=1, document=7, at=_AT, items=(_SOLD, _SOLD))
            ),
            marking.build_receipt(marking.NotificationReceipt(number=1, at=_AT, result=0)),
        ),
        max_len=1024,
    ),
    Target(
        "found_document",
        _decode_found,
        (found.found_document,),
        (WireError, Refused),
        seeds=lambda: (b"\3" + captures.RECORD_RECEIPT[2:], b"\2" + captures.RECORD_SHIFT_OPEN[2:]),
        max_len=128,
    ),
    Target(
        "table_field",
        _decode_field,
        (tables.Field.from_bytes,),
        (ValueError, Refused),
        seeds=lambda: (b"\0\0\1", b"\x10\0" + "КАССИР".encode("cp1251")),
        max_len=256,
    ),
    Target("cp1251", _decode_cp1251, (wire.cp1251,), seeds=lambda: ("Касса\0".encode("cp1251"),), max_len=256),
    Target(
        "numbers",
        _decode_number,
        (
            tags.name_of,
            registers.money_text,
            registers.counter_text,
            drive_statuses.error,
            errors.describe,
            statuses.flags_text,
            drive_statuses.drive_warnings,
            statuses.mode_text,
            statuses.split_mode,
            vat.of_wire,
            framing.detect,
            enums.Coded.of,
        ),
        seeds=lambda: (b"\x08", b"\xff\xff", b"\0\x10", b"\xbb"),
        max_len=8,
    ),
)
