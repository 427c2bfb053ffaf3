"""What Shtrih-M is recognised by.

A device that was just switched on takes the version whose first byte it hears first, so version 1 is asked first, which
it would be spoken to in anyway. ENQ is an enquiry in three families: NAK is said by an idle Shtrih-M and by an ATOL 2
that works, so FCh (device type, no password, no parameters) decides. Its frame is none to the others: an ATOL 2 takes
no STX before it said ACK, Пирит waits in vain for ETX. An answer that a device still keeps for somebody is left to it.
"""

from __future__ import annotations

from typing import Final

from devices.registers.probing import Ask, Probe
from protocols.shtrih.commands import code_of, encode_request
from protocols.shtrih.commands.state import DeviceType
from protocols.shtrih.framing import ACK, ENQ, Ack, Frame, HostV1, Nak, Packet, PacketReader, encode_v1, sync_v2

_ENQ, _ACK, _EOT = bytes((ENQ,)), bytes((ACK,)), b"\x04"
_ASKED: Final = encode_request(DeviceType())


def _idle(said: bytes) -> bool:
    return HostV1().feed(said) == [Nak()]


def _keeps_an_answer(said: bytes) -> bool:
    match HostV1().feed(said):
        case [Ack(), Frame()]:
            return True
        case _:
            return False


def _answers(said: bytes) -> bool:
    match HostV1().feed(said):
        case [Ack(), Frame(message)]:
            return code_of(message) == code_of(_ASKED)
        case _:
            return False


def _counts(said: bytes) -> bool:
    """Type II or III: the device's own number."""
    return any(isinstance(one, Packet) and one.number is not None for one in PacketReader().feed(said))


PROBES: Final = (
    Probe(
        framing="версия 1",
        asks=(Ask(sends=_ENQ, heard=_idle), Ask(sends=encode_v1(_ASKED), heard=_answers)),
        closing=_ACK,
        parting=_EOT,  # an ATOL 2 that said ACK is let go
    ),
    Probe(framing="версия 1", asks=(Ask(sends=_ENQ, heard=_keeps_an_answer),)),
    Probe(framing="версия 2", asks=(Ask(sends=sync_v2(), heard=_counts),)),
)
