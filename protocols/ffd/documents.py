"""A receipt as the elements of documents 3 and 31 in each ФФД, and what a document of a version may hold."""

from __future__ import annotations

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element


def document_code(receipt: Receipt) -> DocumentCode:
    """31 for a correction, else 3."""
    return DocumentCode.CORRECTION if receipt.correction else DocumentCode.RECEIPT


def receipt_elements(receipt: Receipt, ffd: FfdVersion, *, correction_items: bool = False) -> tuple[Element, ...]:
    """Every tag that the caller determines, in document order (no outer tag, no header of the drive)."""
    raise NotImplementedError


def document_faults(receipt: Receipt, ffd: FfdVersion) -> list[Fault]:
    """Sums, limits and ФФД rules by JSON pointer; empty when the register may have it."""
    raise NotImplementedError


def size_of(receipt: Receipt, ffd: FfdVersion) -> int:
    """Bytes of the whole document's TLV with the drive's header and outer tag."""
    raise NotImplementedError
