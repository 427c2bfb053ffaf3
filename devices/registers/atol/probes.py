"""What ATOL is recognised by: protocol 2 by A5h (device type), protocol 3 by C3h about a task that nobody has.

C3h asks and neither adds a task nor takes one away. To Shtrih-M its packet holds an STX with the length 0, which is no
frame, to Пирит one that has no ETX. ENQ makes protocol 2 wait two seconds for a frame: EOT ends that.
"""

from __future__ import annotations

from typing import Final

from devices.registers.probing import Ask, Probe
from protocols.atol.commands import encode_request
from protocols.atol.commands.state import GetDeviceType
from protocols.atol.framing_v2 import ACK, ENQ, EOT, Frame, FrameReader, encode_v2
from protocols.atol.framing_v3 import ASYNC_ID, LAST_ID, Packet, PacketReader, encode_v3
from protocols.atol.tasks import Req, encode_action

_ENQ, _ACK, _EOT = bytes((ENQ,)), bytes((ACK,)), bytes((EOT,))
#: Seconds until the answer to A5h begins; its own time-out is longer, but then the device is at something else.
_BEGINS: Final = 3.0


def _taken(said: bytes) -> bool:
    return said == _ACK


def _offered(said: bytes) -> bool:
    return said[-1:] == _ENQ


def _answered(said: bytes) -> bool:
    return any(isinstance(one, Frame) for one in FrameReader().feed(said))


def _ours(said: bytes) -> bool:
    """The packet under our id, or one of the device's own, which no other family has."""
    return any(isinstance(one, Packet) and one.number in {LAST_ID, ASYNC_ID} for one in PacketReader().feed(said))


PROBES: Final = (
    Probe(
        framing="протокол 2",
        asks=(
            Ask(sends=_ENQ, heard=_taken, alone=True),
            Ask(sends=encode_v2(encode_request(GetDeviceType())), heard=_taken),
            Ask(sends=_EOT, heard=_offered, wait=_BEGINS),
            Ask(sends=_ACK, heard=_answered),
        ),
        closing=_ACK,
        parting=_EOT,
    ),
    Probe(framing="протокол 3", asks=(Ask(sends=encode_v3(LAST_ID, encode_action(Req(LAST_ID))), heard=_ours),)),
)
