"""Receipts that a bad line spoilt past the one-byte checksum of their frame (v1), and that say so: what is excused.

The document exists once, every value in which it differs was stated by one command that the line hurt on its way to the
register while this very receipt was being made, and the job's warnings (`read_back_differs`) name every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mischief import Kind, Strike, Way

from protocols.shtrih.commands import WireError, code_of
from protocols.shtrih.framing import HostV1
from protocols.shtrih.framing_v1 import Frame

#: Strikes that change which bytes arrive. What is late or cut off arrives as part of another frame at most.
HURTS: Final = frozenset(set(Kind) - {Kind.DELAY, Kind.STALL, Kind.MARK})
#: Sums by rate and payment, taxation: what closes a receipt.
_CLOSING: Final = frozenset({1031, 1055, 1081, 1215, 1216, 1217, *range(1102, 1108)})
#: Tags of a document's first level that a command states (shtrih_m §5); FF0C names its own.
_STATES: Final[Mapping[int, frozenset[int]]] = {
    0x8D: frozenset({1054}),
    0xFF45: _CLOSING,
    0xFF46: frozenset({1059}),
    0xFF4A: _CLOSING | {1020, 1054, 1173},
    0xFF4D: frozenset({1059}),
    0xFF67: frozenset({1059}),
}
_TAGS: Final = 0xFF0C
#: Code and password in front of its TLV.
_HEAD: Final = 6
_FIRST_TAG: Final = re.compile(r"\d+").match


def hurt(strike: Strike, chunk: bytes) -> frozenset[int]:
    """The tags stated by the command in a chunk that was struck; empty where nothing of it can have been changed."""
    if strike.way is not Way.TO_REGISTER or strike.kind not in HURTS:
        return frozenset()
    messages = [one.message for one in HostV1().feed(chunk) if isinstance(one, Frame)]
    return frozenset().union(*map(_stated, messages))


def excused(warnings: Iterable[str], tags: Iterable[int], found: Iterable[frozenset[int]]) -> bool:
    """Whether a document that differs in `tags` is spoilt and told. `warnings`: details of `read_back_differs`."""
    told = {int(number[0]) for one in warnings if (number := _FIRST_TAG(one))}
    return bool(told) and told >= set(tags) and any(told <= one for one in found)


def _stated(message: bytes) -> frozenset[int]:
    try:
        code = code_of(message)
    except WireError:
        return frozenset()
    return frozenset(_tags(message[_HEAD:])) if code == _TAGS else _STATES.get(code, frozenset())


def _tags(tlv: bytes) -> Iterator[int]:
    while len(tlv) >= 4:
        yield int.from_bytes(tlv[:2], "little")
        tlv = tlv[4 + int.from_bytes(tlv[2:4], "little") :]
