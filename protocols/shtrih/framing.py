"""Both low levels of the wire, as pure parsers: bytes in, events out. Ports, clocks and retries belong to the caller.

Version 1 (`framing_v1`): ENQ / ACK / NAK and STX-LEN-message-LRC. Version 2 (`framing_v2`): 8Fh packets with byte
stuffing, a packet number and CRC16. The first byte a host sends tells which one it speaks.
"""

from __future__ import annotations

from protocols.shtrih.framing_v1 import (
    ACK,
    ENQ,
    NAK,
    STX,
    Ack,
    BadFrame,
    DeviceV1,
    Enquiry,
    Frame,
    HostV1,
    Junk,
    Nak,
    encode_v1,
    lrc,
)
from protocols.shtrih.framing_v2 import MARKER, BadPacket, DeviceV2, HostV2, Packet, PacketReader, encode_v2, sync_v2

__all__ = [
    "ACK",
    "ENQ",
    "MARKER",
    "NAK",
    "STX",
    "Ack",
    "BadFrame",
    "BadPacket",
    "DeviceV1",
    "DeviceV2",
    "Enquiry",
    "Frame",
    "HostV1",
    "HostV2",
    "Junk",
    "Nak",
    "Packet",
    "PacketReader",
    "detect",
    "encode_v1",
    "encode_v2",
    "lrc",
    "sync_v2",
]


def detect(first: int) -> int | None:
    """1 or 2 when this first byte of a host fixes the framing; None for a byte that means nothing yet."""
    if first in {ENQ, STX}:
        return 1
    return 2 if first == MARKER else None
