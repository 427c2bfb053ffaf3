"""The line of one Пирит device. Nothing of a connection outlives it: an answer that did not arrive is lost."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.registers.line import Wire
from protocols.framing import DeviceFraming
from protocols.pirit.device import DeviceFrames


class PiritWire(Wire):
    """One framing, whatever the first byte."""

    def __init__(self) -> None:
        super().__init__()
        self._frames = DeviceFrames()

    @property
    def framings(self) -> Sequence[DeviceFraming]:
        return (self._frames,)

    def choose(self, data: bytes) -> DeviceFraming | None:
        return self._frames
