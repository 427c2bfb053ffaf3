"""The same code again within a moment is one scan: a finger that trembles, a label left in front."""

from __future__ import annotations

from gateway.scanners.model import Scan

#: Seconds. Scanners that stand read a label about every 300 ms as long as they see it.
WINDOW = 0.9


class Repeats:
    """What was told lately. Moments are seconds of any clock that never goes back."""

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._lately: dict[bytes, float] = {}

    def is_repeat(self, scan: Scan, moment: float) -> bool:
        """Whether this was told within the window. A scan told is remembered, a repeat may prolong its window.

        It does for the code of one unit, which cannot lie there twice. A plain EAN is on every bottle of the crate: its
        window ends as it began, or a quick cashier's third bottle would never be counted.
        """
        for key in [key for key, told in self._lately.items() if moment - told >= self._window]:
            del self._lately[key]
        repeated = scan.key in self._lately
        if not repeated or (scan.code is not None and scan.code.serial is not None):
            self._lately[scan.key] = moment
        return repeated
