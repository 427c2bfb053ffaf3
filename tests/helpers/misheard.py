"""Answers of a register that came spoilt under a checksum that fits, as one in 256 does where a byte sums it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocols.atol.framing_v2 import Frame, FrameReader, encode_v2
from protocols.atol.framing_v3 import Packet, PacketReader, encode_v3
from protocols.shtrih.framing_v1 import encode_v1

Change = Callable[[bytes], bytes]


@dataclass(slots=True)
class Misheard:
    """What a converter (`converter.Spoil`) makes of one chunk for the host of a Shtrih-M (v1) or an ATOL.

    Of the answers that `change` changes, counted in `seen`, number `at` comes so.
    """

    change: Change
    at: int = 1
    seen: int = 0

    def __call__(self, data: bytes) -> list[bytes]:
        start = data.find(b"\x02")
        if start in {0, 1} and len(data) > start + 1 and len(data) == start + data[start + 1] + 3:
            return [data[:start] + encode_v1(self._heard(data[start + 2 : -1]))]
        frames = FrameReader().feed(data)
        if len(frames) == 1 and isinstance(frames[0], Frame):
            return [encode_v2(self._heard(frames[0].message))]
        packets = PacketReader().feed(data)
        if packets and all(isinstance(one, Packet) for one in packets):
            said = (encode_v3(one.number, self._heard(one.data)) for one in packets if isinstance(one, Packet))
            return [b"".join(said)]
        return [data]

    def _heard(self, message: bytes) -> bytes:
        said = self.change(message)
        if said == message:
            return message
        self.seen += 1
        return said if self.seen == self.at else message


def lessened(last: int, fn: str, by: int = 1) -> Change:
    """The drive's status: its last document."""
    told = fn.encode() + last.to_bytes(4, "little")
    return lambda data: data.replace(told, fn.encode() + (last - by).to_bytes(4, "little"))


def sum_changed(data: bytes) -> bytes:
    """Tag 1020 of a block of TLV."""
    head, tag, rest = data.partition(b"\xfc\x03")
    return head + tag + rest[:2] + bytes((rest[2] ^ 0xFF,)) + rest[3:] if tag else data
