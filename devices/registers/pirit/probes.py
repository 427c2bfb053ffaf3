"""What Пирит is recognised by: 00h, its flags, which it answers in any state, to a wrong password with error 06.

To the others the frame is none. Shtrih-M takes its second byte for a length of 80 and gives the rest up; an ATOL 2 at
rest takes no STX, and one that has said ACK finds the first character of the checksum wrong (it would be right were the
checksum "33", which the last id excludes).
"""

from __future__ import annotations

from typing import Final

from devices.registers.probing import Ask, Probe
from protocols.pirit.commands import COMMANDS, encode_request
from protocols.pirit.commands.state import Status
from protocols.pirit.framing import LAST_ID, HostStream, Reply
from protocols.pirit.framing import encode_request as encode_frame

_STATUS: Final = COMMANDS.of(Status).code


def _answers(said: bytes) -> bool:
    return any(
        isinstance(one, Reply) and (one.id, one.command) == (LAST_ID, _STATUS) for one in HostStream().feed(said)
    )


PROBES: Final = (
    # The last id is the one that whoever spoke to the device before used least.
    Probe(framing="", asks=(Ask(sends=encode_frame(encode_request(LAST_ID, Status())), heard=_answers),)),
)
