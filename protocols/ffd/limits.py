"""How much a receipt may hold: one table for the schema of bodies (and so for OpenAPI), the checks between its values
and the rules of documents.

Lengths of texts and widths of numbers are the tags' own (tags.csv); what no tag limits is a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from protocols.ffd.enums import DocumentCode
from protocols.ffd.numbers import T
from protocols.ffd.tags import TAGS


class Span(NamedTuple):
    """Both ends are allowed."""

    least: int
    most: int


def longest(tag: int) -> int:
    """Bytes of a tag's value, of a text its characters; LookupError for a tag whose length is not published."""
    length = TAGS[tag].max_len
    if length is None:
        raise LookupError(f"the length of tag {tag} is not published")
    return length


def largest(tag: int) -> int:
    """The greatest number that a tag's bytes hold."""
    return int(256 ** longest(tag)) - 1


#: TLV of one receipt, and marking codes in it: what the drive can hold.
MAX_DOCUMENT = longest(DocumentCode.RECEIPT)
MAX_MARKING_CODES = 128

MAX_KOPECKS = largest(T.TOTAL_SUM)
#: Tag 1023 is one byte of scale and a mantissa; six places and eight digits are what integrators may send
#: (ATOL Online 5.23 takes the same).
MAX_QUANTITY_MANTISSA = largest(T.QUANTITY) >> 8
QUANTITY_PLACES = 6
MAX_QUANTITY = 99_999_999
#: Parts of a piece (1293, 1294): far more than any package has.
FRACTION = Span(1, 2**31)

#: Entries of the lists of a body.
ENTRIES: Mapping[str, Span] = MappingProxyType(
    {
        "items": Span(1, 1000),
        "payments": Span(0, 100),
        "cashless_payments": Span(0, 100),
        "phones": Span(1, 16),
        "sectoral_props": Span(0, 16),
        "paper_lines": Span(0, 40),
    }
)
#: Characters of a line of unfiscal text.
PAPER_LINE = 64
