"""The drive's limit on a document: 32 768 bytes of TLV."""

from __future__ import annotations

from gateway.receipts.convert import to_receipt
from gateway.receipts.schema import ReceiptBody
from protocols.ffd.documents import size_of
from protocols.ffd.enums import FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_DOCUMENT

#: A line's JSON is longer than its TLV (names of keys against four bytes of tag and length), and the drive's header
#: stays under a kilobyte; so a normal form of this length needs no counting.
SURELY_FITS = 16_384


def check(body: ReceiptBody) -> list[Fault]:
    """A fault with the figure when the document does not fit. Counted in ФФД 1.2, the longest."""
    found = size_of(to_receipt(body), FfdVersion.V1_2)
    if found <= MAX_DOCUMENT:
        return []
    return [Fault("/items", "document_too_large", f"the document has {found} bytes of TLV, {MAX_DOCUMENT} at most")]
