"""The session between a drive's register and an OFD: a 30-byte header, then one container.

Two captures decoded; three open implementations agree on the header. The checksum of the header (flags, bits 0-1) has
one source and was zero in every capture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from construct import Bytes as RawBytes
from construct import ConstructError, ExprAdapter, Int16ul, Struct

from protocols.crc import crc16
from protocols.ffd.enums import FfdVersion

HEADER_SIZE = 30
SIGNATURE = bytes.fromhex("2a08410a")
#: The same session carrying messages about marking codes; the versions with it are of the ОИСМ's own count (two
#: sources; the one with 00 01 is the open core of a certified register, class OISMSender of rs.fncore2).
MARKING_SIGNATURE = bytes.fromhex("dd80caa1")
S_VERSION = bytes.fromhex("81a2")
MARKING_S_VERSION = bytes.fromhex("82a2")
MARKING_P_VERSION = bytes.fromhex("0001")
#: Versions of the session protocol that are let through: 1.1, its test messages, its marking variant.
S_VERSIONS = frozenset({S_VERSION, bytes.fromhex("82fb"), MARKING_S_VERSION})
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


def build(fn: str, body: bytes, p_version: bytes, *, flags: int = USUAL_FLAGS, marking: bool = False) -> bytes:
    """A message: header with its checksum as the flags ask, then the container; `marking`: for or from the ОИСМ."""
    header = Header(
        fn=fn,
        body_length=len(body),
        p_version=p_version,
        flags=flags,
        s_version=MARKING_S_VERSION if marking else S_VERSION,
        signature=MARKING_SIGNATURE if marking else SIGNATURE,
    )
    data = build_header(header)
    crc = _checksum(data, body, flags)
    return data[:-2] + crc.to_bytes(2, "little") + body


def _checksum(header: bytes, body: bytes, flags: int) -> int:
    if flags & Flags.CRC_ALL:
        return crc16(body, crc16(header[:-2]))
    return crc16(header[:-2]) if flags & Flags.CRC_HEADER else 0


_STARTS = tuple(signature + version for signature in (SIGNATURE, MARKING_SIGNATURE) for version in sorted(S_VERSIONS))
_START = re.compile(b"|".join(map(re.escape, _STARTS)))


class Parser:
    """Bytes in, messages and noise out, in any pieces; after garbage it finds the next message again.

    The work is linear in the bytes, whatever they are: a message whose checksum fails is thrown away whole.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._needed = 0  # bytes of the message whose header has come: nothing is to be looked at before

    @property
    def pending(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._data)

    def feed(self, data: bytes) -> list[Message | Noise]:
        """What became whole with these bytes."""
        self._data += data
        if len(self._data) < self._needed:
            return []
        data, self._needed = bytes(self._data), 0
        events: list[Message | Noise] = []
        kept = at = 0  # data[kept:at] is noise that is not reported yet
        reason = ""
        while (start := _start_at(data, at)) < len(data):
            reason = reason or ("no signature" if start > at else "")
            at = start
            size, outcome = _message_at(data, at)
            if outcome is None:
                self._needed = size
                break
            if isinstance(outcome, Message):
                events += [Noise(data[kept:at], reason)] if at > kept else []
                events.append(outcome)
                kept, reason = at + size, ""
            else:
                reason = reason or outcome
            at += size
        else:
            reason, at = reason or "no signature", len(data)
        events += [Noise(data[kept:at], reason)] if at > kept else []
        self._data = bytearray(data[at:])
        return events


def _start_at(data: bytes, at: int) -> int:
    """Where a message starts, or may start at the very end; the end when nowhere."""
    found = _START.search(data, at)
    if found is not None:
        return found.start()
    for size in range(min(len(_STARTS[0]) - 1, len(data) - at), 0, -1):
        if any(start.startswith(data[-size:]) for start in _STARTS):
            return len(data) - size
    return len(data)


def _message_at(data: bytes, at: int) -> tuple[int, Message | str | None]:
    """Size and message, or size and reason of what is no message; None when it is not whole (size 0: not known)."""
    head = data[at : at + HEADER_SIZE]
    if len(head) < HEADER_SIZE:
        return 0, None
    try:
        header = parse_header(head)
    except SessionError as error:
        return 1, str(error)
    size = HEADER_SIZE + header.body_length
    if len(data) < at + size:
        return size, None
    body = data[at + HEADER_SIZE : at + size]
    if header.flags & (Flags.CRC_HEADER | Flags.CRC_ALL) and header.crc != _checksum(head, body, header.flags):
        return size, "checksum of the session does not fit"
    return size, Message(header, body)
