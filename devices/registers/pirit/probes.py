"""What Пирит is recognised by: a question for its state (00), which any of them answers, with an error at least.

To the others the frame is one that never ends, and they give it up. A device with another password answers 06h.
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
