"""USB vendor ids of scanners.

An id is a hint and never a proof: OEM boards bear any, so nothing is opened by it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Met in udev rules and drivers. Their boards are sold under other names too (Mertech, АТОЛ: UNCONFIRMED which).
VENDORS: Final[Mapping[int, str]] = {
    0x0C2E: "Honeywell (Metrologic)",
    0x05E0: "Zebra (Symbol)",
    0x05F9: "Datalogic (PSC)",
    0x23D0: "Youjie (Honeywell)",
    0x1EAB: "Newland",  # UNCONFIRMED: one set of udev rules calls it so, another "Code"
}

#: Zebra's own protocol (SNAPI), which needs its service: the same scanner speaks CDC after one set-up code. The product
#: ids are UNCONFIRMED.
SNAPI: Final = frozenset({(0x05E0, 0x1900), (0x05E0, 0x1300)})
