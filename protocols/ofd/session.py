"""The session between a drive's register and an OFD: a 30-byte header, then one container.

Two captures decoded; three open implementations agree on the header. The checksum of the header (flags, bits 0-1) has
one source and was zero in every capture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from construct import Bytes as RawBytes
from construct import ConstructError, ExprAdapter, Int16ul, Struct

from protocols.crc import crc16
from protocols.ffd.enums import FfdVersion

HEADER_SIZE = 30
SIGNATURE = bytes.fromhex("2a08410a")
#: The same session carrying messages about marking codes (one source).
MARKING_SIGNATURE = bytes.fromhex("dd80caa1")
S_VERSION = bytes.fromhex("81a2")
#: Versions of the session protocol that are let through: 1.1, its test messages, its marking variant.
S_VERSIONS = frozenset({S_VERSION, bytes.fromhex("82fb"), bytes.fromhex("82a2")})
#: Version of the message protocol by the ФФД of the documents, bytes in wire order.
P_VERSIONS = {
    FfdVersion.V1_05: bytes.fromhex("0105"),
    FfdVersion.V1_1: bytes.fromhex("0110"),
    FfdVersion.V1_2: bytes.fromhex("0120"),
}


class Flags(IntFlag):
    """Header flags; every capture has CONTAINER | ANSWER."""

    CRC_HEADER = 0x01
    CRC_ALL = 0x02
    CONTAINER = 0x04
    ANSWER = 0x10


USUAL_FLAGS = Flags.CONTAINER | Flags.ANSWER

_FN = ExprAdapter(
    RawBytes(16), lambda raw, _: raw.decode("ascii").rstrip(), lambda digits, _: f"{digits:<16}".encode("ascii")
)
_HEADER: Any = Struct(
    "signature" / RawBytes(4),
    "s_version" / RawBytes(2),
    "p_version" / RawBytes(2),
    "fn" / _FN,
    "body_length" / Int16ul,
    "flags" / Int16ul,
    "crc" / Int16ul,
)


class SessionError(ValueError):
    """Bytes that are no session header, or fields that fit none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A session header. `p_version` is two bytes in wire order, `crc` what the header says (0: none)."""

    fn: str
    body_length: int
    p_version: bytes
    flags: int = USUAL_FLAGS
    s_version: bytes = S_VERSION
    signature: bytes = SIGNATURE
    crc: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: the header and the container's bytes (empty in an answer that confirms nothing yet)."""

    header: Header
    body: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that belong to no message, and why they were thrown away."""

    data: bytes
    reason: str


def build_header(header: Header) -> bytes:
    """Thirty bytes; SessionError when a field does not fit."""
    try:
        data: bytes = _HEADER.build({name: getattr(header, name) for name in header.__dataclass_fields__})
    except (ConstructError, ValueError) as error:
        raise SessionError(f"session header cannot be written: {error}") from error
    return data


def parse_header(data: bytes) -> Header:
    """The header at the start of `data`; SessionError when the signature or version is unknown."""
    try:
        fields = _HEADER.parse(data)
    except (ConstructError, ValueError) as error:
        raise SessionError(f"no session header: {error}") from error
    header = Header(**{name: fields[name] for name in Header.__dataclass_fields__})
    if header.signature not in {SIGNATURE, MARKING_SIGNATURE}:
        raise SessionError(f"signature {header.signature.hex()}")
    if header.s_version not in S_VERSIONS:
        raise SessionError(f"session version {header.s_version.hex()}")
    return header


def build(fn: str, body: bytes, p_version: bytes, *, flags: int = USUAL_FLAGS) -> bytes:
    """A message: header with its checksum as the flags ask, then the container."""
    header = Header(fn=fn, body_length=len(body), p_version=p_version, flags=flags)
    data = build_header(header)
    crc = _checksum(data, body, flags)
    return data[:-2] + crc.to_bytes(2, "little") + body


def _checksum(header: bytes, body: bytes, flags: int) -> int:
    if flags & Flags.CRC_ALL:
        return crc16(body, crc16(header[:-2]))
    return crc16(header[:-2]) if flags & Flags.CRC_HEADER else 0


class Parser:
    """Bytes in, messages and noise out, in any pieces; after garbage it finds the next signature again."""

    def __init__(self) -> None:
        self._data = b""

    @property
    def pending(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._data)

    def feed(self, data: bytes) -> list[Message | Noise]:
        """What became whole with these bytes."""
        self._data += data
        events: list[Message | Noise] = []
        while event := self._next():
            events.append(event)
        return events

    def _next(self) -> Message | Noise | None:
        start = _signature_at(self._data)
        if start:
            return self._drop(start, "no signature")
        if len(self._data) < HEADER_SIZE:
            return None
        try:
            header = parse_header(self._data)
        except SessionError as error:
            return self._drop(1, str(error))
        size = HEADER_SIZE + header.body_length
        if len(self._data) < size:
            return None
        body = self._data[HEADER_SIZE:size]
        if header.crc != _checksum(self._data[:HEADER_SIZE], body, header.flags) and header.flags & 0x03:
            return self._drop(1, "checksum of the session header does not fit")
        self._data = self._data[size:]
        return Message(header, body)

    def _drop(self, count: int, reason: str) -> Noise:
        noise, self._data = self._data[:count], self._data[count:]
        return Noise(noise, reason)


def _signature_at(data: bytes) -> int:
    """Where the next signature, or the beginning of one at the very end, may start."""
    ends = [data.find(signature) for signature in (SIGNATURE, MARKING_SIGNATURE)]
    found = [end for end in ends if end >= 0]
    if found:
        return min(found)
    for size in range(min(3, len(data)), 0, -1):
        if any(signature.startswith(data[-size:]) for signature in (SIGNATURE, MARKING_SIGNATURE)):
            return len(data) - size
    return len(data)
