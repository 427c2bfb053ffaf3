"""The one checksum of the fiscal drive, its containers, OFD sessions and registration numbers."""

from __future__ import annotations

from binascii import crc_hqx


def crc16(data: bytes, start: int = 0xFFFF) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection. `start` continues an earlier run."""
    return crc_hqx(data, start)
