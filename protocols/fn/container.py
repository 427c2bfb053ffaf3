"""The container in which a fiscal drive and an OFD exchange documents: 32 bytes of header, the document, a sign.

Verified on six captured containers (CRC reproduced on each). The meaning of service data 2 is derived from captures:
its last two bytes are the length of the document, the rest is UNCONFIRMED and kept as is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from construct import Bytes as RawBytes
from construct import BytesInteger, ConstructError, ExprAdapter, Int8ub, Int16ul, Struct

from protocols.crc import crc16

HEADER_SIZE = 32
MAX_CONTAINER = 0xFFFF - 1
FROM_DRIVE, FROM_OFD = 0xA5, 0x5A
#: Length field of a container that an archive of the tax service stored: it ends where the bytes end.
UNKNOWN_LENGTH = 0xFFFF
_SERVICE_1 = bytes.fromhex("1009")

_FN = ExprAdapter(
    RawBytes(8),
    lambda raw, _: raw.hex().rstrip("f"),
    lambda digits, _: bytes.fromhex(f"{digits:F<16}"),
)
_HEADER: Any = Struct(
    "length" / Int16ul,
    "crc" / Int16ul,
    "kind" / Int8ub,
    "code" / Int8ub,
    "version" / Int8ub,
    "service1" / RawBytes(2),
    "fn" / _FN,
    "number" / BytesInteger(3),
    "service2" / RawBytes(12),
)
_CRC: Any = Int16ul


class ContainerError(ValueError):
    """Bytes that are no container; `crc` is True when only the checksum is wrong."""

    def __init__(self, detail: str, *, crc: bool = False) -> None:
        super().__init__(detail)
        self.crc = crc


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One message. `code` is the document's code, `tlv` the document with its outer tag, `fn` the drive's digits.

    `trailer` is the message's fiscal sign: 8 bytes (81 06 … from a drive, 82 06 … from an OFD) and two zero bytes;
    software OFDs leave it out. `service` are the twelve bytes of service data 2. `stored_crc` is the checksum of a
    container from an archive that blanked its length (it fits neither the blanked nor the true one).
    """

    kind: int
    code: int
    fn: str
    number: int
    tlv: bytes
    trailer: bytes = b""
    service: bytes = bytes(12)
    version: int = 1
    service1: bytes = _SERVICE_1
    stored_crc: int | None = None

    @property
    def body(self) -> bytes:
        """The tags inside the document."""
        return self.tlv[4:]


def service_data(message: bytes, source: int, tlv: bytes) -> bytes:
    """Service data 2: eight bytes of message identity, 00 04 (drive) or 00 02 (OFD), the document's length."""
    mark = b"\x00\x04" if source == FROM_DRIVE else b"\x00\x02"
    return message[:8].ljust(8, b"\0") + mark + len(tlv).to_bytes(2, "big")


def build(container: Container) -> bytes:
    """Bytes of the container with its length and checksum."""
    size = HEADER_SIZE + len(container.tlv) + len(container.trailer)
    if size > MAX_CONTAINER:
        raise ContainerError(f"{size} bytes do not fit a container")
    fields = {
        "length": size if container.stored_crc is None else UNKNOWN_LENGTH,
        "crc": 0,
        "kind": container.kind,
        "code": container.code,
        "version": container.version,
        "service1": container.service1,
        "fn": container.fn,
        "number": container.number,
        "service2": container.service,
    }
    try:
        data = _HEADER.build(fields) + container.tlv + container.trailer
    except (ConstructError, ValueError) as error:
        raise ContainerError(f"header cannot be written: {error}") from error
    crc = _checksum(data) if container.stored_crc is None else container.stored_crc
    checked: bytes = data[:2] + _CRC.build(crc) + data[4:]
    return checked


def _checksum(data: bytes) -> int:
    return crc16(data[4:], crc16(data[:2]))


def parse(data: bytes, *, stored: bool = False) -> Container:
    """The container at the start of `data`; ContainerError when length, checksum or document do not fit.

    `stored` lets a container through whose length an archive has blanked; its checksum cannot be checked.
    """
    if len(data) < HEADER_SIZE + 4:
        raise ContainerError(f"{len(data)} bytes are no container")
    header = _HEADER.parse(data)
    blanked = stored and header.length == UNKNOWN_LENGTH
    size = len(data) if blanked else header.length
    if not HEADER_SIZE + 4 <= size <= len(data):
        raise ContainerError(f"length field says {size}, there are {len(data)} bytes")
    if not blanked and _checksum(data[:size]) != header.crc:
        raise ContainerError("checksum does not fit", crc=True)
    if not header.fn.isdigit():
        raise ContainerError(f"drive number {header.fn!r} is not decimal")
    end = HEADER_SIZE + 4 + _CRC.parse(data[HEADER_SIZE + 2 :])
    if end > size:
        raise ContainerError(f"the document ends at {end}, the container at {size}")
    return Container(
        kind=header.kind,
        code=header.code,
        fn=header.fn,
        number=header.number,
        tlv=data[HEADER_SIZE:end],
        trailer=data[end:size],
        service=header.service2,
        version=header.version,
        service1=header.service1,
        stored_crc=header.crc if blanked else None,
    )
