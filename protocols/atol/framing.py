"""Both low levels: protocol 3 on every link, protocol 2 on RS-232 and USB. The first byte a host sends tells which."""

from __future__ import annotations

from protocols.atol import framing_v2, framing_v3

#: TCP port that registers listen on.
TCP_PORT = 5555
#: The order in which baud rates are tried: the factory's, then that of a register after a technological reset (TC).
BAUDS = (115200, 4800, 57600, 38400, 19200, 9600)


def detect(first: int) -> int | None:
    """2 or 3 when this first byte of a host fixes the protocol; None for a byte that means nothing yet."""
    if first == framing_v3.STX:
        return 3
    return 2 if first in {framing_v2.ENQ, framing_v2.STX} else None
