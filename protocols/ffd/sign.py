"""The fiscal sign of a document (ФПД, tag 1077): six bytes, of which people see a number of up to ten digits.

Two bytes of prefix tell the group of the document, four big-endian bytes are the number on paper and in the QR.
The prefixes are those of real documents; bytes of the remaining groups are UNCONFIRMED and follow the registration's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.ffd.enums import DocumentCode

REPORT_PREFIX = bytes.fromhex("2104")
RECEIPT_PREFIX = bytes.fromhex("3104")
CORRECTION_PREFIX = bytes.fromhex("3304")

PREFIXES: Mapping[DocumentCode, bytes] = MappingProxyType(
    {
        DocumentCode.REGISTRATION: REPORT_PREFIX,
        DocumentCode.REREGISTRATION: REPORT_PREFIX,
        DocumentCode.SHIFT_OPEN: REPORT_PREFIX,
        DocumentCode.STATE_REPORT: REPORT_PREFIX,
        DocumentCode.SHIFT_CLOSE: REPORT_PREFIX,
        DocumentCode.DRIVE_CLOSE: REPORT_PREFIX,
        DocumentCode.RECEIPT: RECEIPT_PREFIX,
        DocumentCode.BSO: RECEIPT_PREFIX,
        DocumentCode.CORRECTION: CORRECTION_PREFIX,
        DocumentCode.BSO_CORRECTION: CORRECTION_PREFIX,
    }
)


def fiscal_sign(value: bytes) -> int:
    """The number people see: the last four of the six bytes of tag 1077. ValueError on other lengths."""
    if len(value) != 6:
        raise ValueError(f"a fiscal sign has 6 bytes, not {len(value)}")
    return int.from_bytes(value[2:], "big")


def sign_bytes(sign: int, document: DocumentCode) -> bytes:
    """Tag 1077 of a document of this group; the inverse of `fiscal_sign`. ValueError outside 32 bits."""
    if not 0 <= sign < 1 << 32:
        raise ValueError(f"{sign} is no fiscal sign of 32 bits")
    return PREFIXES[document] + sign.to_bytes(4, "big")


def printed(sign: int) -> str:
    """Ten digits, as on paper."""
    return f"{sign:010d}"
