"""Signs that stand in for the drive's cryptography: deterministic, keyed per drive, different for every document."""

from __future__ import annotations

from hashlib import blake2b

from protocols.ffd.enums import DocumentCode

#: First two bytes of 1077 as real drives write them: reports, receipts, corrections.
_PREFIXES = {
    DocumentCode.RECEIPT: b"\x31\x04",
    DocumentCode.BSO: b"\x31\x04",
    DocumentCode.CORRECTION: b"\x33\x04",
    DocumentCode.BSO_CORRECTION: b"\x33\x04",
}
_REPORT_PREFIX = b"\x21\x04"
_MESSAGE_PREFIX = b"\x81\x06"


def document_sign(key: str, code: DocumentCode, before: bytes, after: bytes) -> bytes:
    """Six bytes of tag 1077 over everything else in the document; the last four, big-endian, are the printed ФП."""
    digest = blake2b(before + bytes([int(code)]) + after, digest_size=4, key=bytes.fromhex(key))
    return _PREFIXES.get(code, _REPORT_PREFIX) + digest.digest()


def message_sign(key: str, tlv: bytes) -> bytes:
    """Eight bytes that close a message to the OFD."""
    return _MESSAGE_PREFIX + blake2b(tlv, digest_size=6, key=bytes.fromhex(key)).digest()
