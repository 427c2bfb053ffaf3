"""The drive's limit on a document: 32 768 bytes of TLV."""

from __future__ import annotations

from gateway.receipts.convert import to_receipt
from gateway.receipts.schema import ReceiptBody
from protocols.ffd.enums import FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.rules import size_faults

#: A line's JSON is longer than its TLV (names of keys against four bytes of tag and length), and the drive's header
#: stays under a kilobyte; so a normal form of this length needs no counting.
SURELY_FITS = 16_384


def check(body: ReceiptBody) -> list[Fault]:
    """A fault with the figure when the document does not fit. Counted in ФФД 1.2, the longest."""
    return list(size_faults(to_receipt(body), FfdVersion.V1_2))
