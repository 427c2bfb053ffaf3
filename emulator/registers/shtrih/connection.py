"""Both low levels of one Shtrih-M device. A stored answer waits for the host that comes back."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.registers.line import Wire
from protocols.framing import DeviceFraming
from protocols.shtrih.framing import DeviceV1, DeviceV2, detect


class ShtrihWire(Wire):
    """The first byte that means anything fixes the framing of a connection."""

    def __init__(self, quirks: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._v1 = DeviceV1(
            stray_ff="stray-ff" in quirks,
            ignore_zeros="leading-zeros" in quirks,
            bare_stx="bare-stx" in quirks,
        )
        self._v2 = DeviceV2()

    @property
    def framings(self) -> Sequence[DeviceFraming]:
        return self._v1, self._v2

    def choose(self, data: bytes) -> DeviceFraming | None:
        version = next((found for byte in data if (found := detect(byte)) is not None), None)
        return None if version is None else self._v1 if version == 1 else self._v2
