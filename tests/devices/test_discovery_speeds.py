"""A device that is asked at another speed than its own: what its receiver makes of a probe's bits, for every pair."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil

import pytest

from devices.registers.factory import FAMILIES
from protocols.atol import exchange_v2
from protocols.atol.framing_v3 import Packet, PacketReader
from protocols.framing import Execute
from protocols.pirit.framing import DeviceStream, Feed, Request
from protocols.shtrih.framing import DeviceV1, DeviceV2

SPEEDS = sorted({speed for row in FAMILIES.values() for speed in row.baudrates})
#: How far two clocks may be apart.
DRIFTS = (Fraction(0), Fraction(1, 50), Fraction(-1, 50))
#: All that probes ever send, in the order in which it is sent.
SENT = [
    data
    for row in FAMILIES.values()
    for probe in row.probes()
    for data in (*(ask.sends for ask in probe.asks), probe.closing, probe.parting)
    if data
]


def received(data: bytes, sent: int, heard: int, drift: Fraction, *, broken: bool) -> bytes:
    """8N1 sampled in the middle of each bit. `broken`: a byte without its stop bit is kept all the same."""
    bits = [bit for byte in data for bit in (0, *(byte >> place & 1 for place in range(8)), 1)]
    step = Fraction(sent, heard) * (1 + drift)

    def level(at: Fraction) -> int:
        place = int(at)
        return bits[place] if place < len(bits) else 1

    out = bytearray()
    place = 0
    while place < len(bits):
        if bits[place] or (place and not bits[place - 1]) or level(place + step / 2):
            place += 1  # no start bit
            continue
        byte = sum(level(place + step * Fraction(2 * number + 3, 2)) << number for number in range(8))
        end = place + step * Fraction(19, 2)
        if level(end) or broken:
            out.append(byte)
        place = ceil(end)
    return bytes(out)


def test_at_its_own_speed_a_byte_is_what_it_is() -> None:
    for data, drift in product(SENT, DRIFTS):
        assert received(data, 9600, 9600, drift, broken=False) == data


def test_at_another_speed_it_is_not() -> None:
    """U (55h) at half the speed: pairs of bits, and no stop bit behind the first eight."""
    assert received(b"U", 4800, 9600, Fraction(0), broken=True) == b"\x66\xe6"
    assert received(b"U", 4800, 9600, Fraction(0), broken=False) == b"\xe6"


@pytest.mark.parametrize("sent", SPEEDS)
def test_nothing_is_carried_out_whatever_speed_it_is_heard_at(sent: int) -> None:
    heard = 0
    for speed, drift, broken in product(SPEEDS, DRIFTS, (False, True)):
        if speed == sent:
            continue
        for data in SENT:  # the silence behind each ends what it began
            first, second = DeviceV1(), DeviceV2()
            pirit, old, new = DeviceStream(), exchange_v2.DeviceV2(), PacketReader()
            noise = received(data, sent, speed, drift, broken=broken)
            heard += len(noise)
            for device in (first, second, old):
                device.feed(noise)
                while (event := device.poll()) is not None:
                    assert not isinstance(event, Execute | exchange_v2.Execute)
            pirit.feed(noise)
            while (said := pirit.poll()) is not None:
                assert not isinstance(said, Request | Feed)
            assert not any(isinstance(one, Packet) for one in new.feed(noise))
    assert heard > 300
