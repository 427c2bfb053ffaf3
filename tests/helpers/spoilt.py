"""Receipts that a bad line spoilt past the one-byte checksum of their frame, and that say so: what is excused.

The document exists once, every value in which it differs was stated by one command that the line hurt on its way to the
register while this very receipt was being made, and the job's warnings (`read_back_differs`) name every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from mischief import Kind, Strike, Way

from protocols.atol import framing_v2 as atol
from protocols.atol.commands import parse_request
from protocols.atol.commands.receipts import WriteTag
from protocols.atol.framing_v2 import FrameReader
from protocols.atol.framing_v3 import Packet, PacketReader
from protocols.atol.tasks import AckAdd, Add, parse_action
from protocols.pirit.framing import DeviceStream, Request
from protocols.shtrih.commands import code_of
from protocols.shtrih.framing import HostV1
from protocols.shtrih.framing_v1 import Frame
from protocols.wire import WireError

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
#: A line, and the taxes that the register itself adds up.
_LINE: Final = frozenset({1059, 1115, *range(1102, 1108)})
#: The same for ATOL: by name. E8h writes a tag of the receipt or, within a position, of the line.
_STATED_BY_ATOL: Final[Mapping[str, frozenset[int]]] = {
    "open_receipt": frozenset({1054}),
    "begin_item": _LINE,
    "end_item": _LINE,
    "register_item": _LINE,
    "write_tag": frozenset({1059}),
    "receipt_tax": _CLOSING,
    "pay": _CLOSING,
    "close_receipt": _CLOSING,
}
#: The same for Пирит: by code. 31h names what the buyer is, besides.
_STATED_BY_PIRIT: Final[Mapping[int, frozenset[int]]] = {
    0x24: _LINE,
    0x30: frozenset({1009, 1021, 1054, 1055, 1203}),
    0x31: _CLOSING | {1008, 1036, 1084, 1117, 1125, 1187, 1227, 1228, 1243, 1244, 1245, 1246, 1254, 1256},
    0x42: _LINE,
    0x47: _CLOSING,
    0x57: frozenset({1084, 1192, 1261, 1270}),
    0x58: _CLOSING | {1020, 1054, 1173, 1174, 1177, 1178, 1179},
    0x79: _LINE,
}
_TAGS: Final = 0xFF0C
#: Code and password in front of its TLV.
_HEAD: Final = 6
_FIRST_TAG: Final = re.compile(r"\d+").match


def by_shtrih(chunk: bytes) -> frozenset[int]:
    """What the frames of protocol v1 in a chunk state; those of v2 are summed up in two bytes."""
    messages = [one.message for one in HostV1().feed(chunk) if isinstance(one, Frame)]
    return frozenset().union(*map(_stated, messages))


def by_atol(chunk: bytes) -> frozenset[int]:
    """What the commands of protocol 2 (XOR) or 3 (CRC8) in a chunk state."""
    commands = [one.message for one in FrameReader().feed(chunk) if isinstance(one, atol.Frame)]
    for packet in PacketReader().feed(chunk):
        with suppress(WireError):
            action = parse_action(packet.data) if isinstance(packet, Packet) else None
            commands += [action.command] if isinstance(action, Add | AckAdd) else []
    return frozenset().union(*map(_stated_by_atol, commands))


def by_pirit(chunk: bytes) -> frozenset[int]:
    """What the frames in a chunk state: they are summed up in one byte (XOR)."""
    stream = DeviceStream()
    stream.feed(chunk)
    frames = [one for one in iter(stream.poll, None) if isinstance(one, Request)]
    return frozenset().union(*(_STATED_BY_PIRIT.get(one.command, frozenset()) for one in frames))


def hurt(strike: Strike, chunk: bytes, states: Callable[[bytes], frozenset[int]] = by_shtrih) -> frozenset[int]:
    """The tags stated by the command in a chunk that was struck; empty where nothing of it can have been changed."""
    changes = strike.way is Way.TO_REGISTER and strike.kind in HURTS
    return states(chunk) if changes else frozenset()


def excused(warnings: Iterable[str], tags: Iterable[int], found: Iterable[frozenset[int]]) -> bool:
    """Whether a document that differs in `tags` is spoilt and told. `warnings`: details of `read_back_differs`."""
    told = {int(number[0]) for one in warnings if (number := _FIRST_TAG(one))}
    return bool(told) and told >= set(tags) and any(told <= one for one in found)


def _stated_by_atol(message: bytes) -> frozenset[int]:
    try:
        command, request, _ = parse_request(message)
    except WireError:
        return frozenset()
    tags = set(_tags(request.data)) if isinstance(request, WriteTag) else set()
    return _STATED_BY_ATOL.get(command.name, frozenset()) | tags


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
