"""What a device's framing says to whoever feeds it, in every family: bytes to send now, commands to carry out.

A framing is a parser without ports, clocks and retries: bytes in, these events out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Fit(IntEnum):
    """How well bytes that nobody knows anything of fit a protocol."""

    NO = 0
    PERHAPS = 1  # a frame that is cut or spoilt, or a message without its frame
    SURE = 2  # a whole frame with the right checksum, or a byte by which each side asks whether the other is there


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes the device puts on the wire now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Execute:
    """A command to carry out: `acknowledge` goes on the wire at once, `answer` (or `forget`) follows."""

    message: bytes
    acknowledge: bytes = b""


DeviceEvent = Send | Execute


class DeviceFraming(Protocol):
    """The device's end of one framing. It outlives connections: an answer may wait for the host that comes back."""

    @property
    def mid_frame(self) -> bool:
        """A frame has begun and is not complete, or another silence of the host would mean something."""

    def feed(self, data: bytes) -> None:
        """Bytes of the host."""

    def poll(self) -> DeviceEvent | None:
        """The next event; None when more bytes are needed.

        Between an Execute and its answer it is asked only where the device listens while it works; it has no second
        Execute then.
        """

    def answer(self, message: bytes) -> bytes:
        """The answer to the last Execute as it goes on the wire; `b""` where this command has none."""

    def forget(self) -> None:
        """The last Execute is not answered."""

    def timeout(self) -> bytes:
        """The frame that stopped half way is given up; what goes on the wire for it."""

    def size(self, message: bytes) -> int:
        """Bytes of the request's frame on the wire."""

    def reconnect(self) -> None:
        """A new connection was made."""
