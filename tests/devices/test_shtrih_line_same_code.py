"""Two commands of one code in a row: the answer to the first is never taken for the second's."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_loop import run_virtual
from wire_peers import BadLine, Station

from devices.errors import LinkError, ProtocolError
from devices.links.pair import PairLink
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts
from protocols.shtrih.commands.tables import ReadTable, WriteTable
from protocols.shtrih.framing import DeviceV1, DeviceV2


class Settings:
    """Answers to writes are all alike; a read answers the number of its field."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def __call__(self, message: bytes) -> bytes:
        if message[0] == 0x1E:
            self.written.append(message[-1])
            return b"\x1e\0"
        return b"\x1f\0" + message[-1:]


class AcknowledgementAndFrameLost:
    """Loses the host's ACK to the first answer and the frame behind it."""

    def __init__(self) -> None:
        self._frames = 0
        self._lost = 0

    def __call__(self, to_host: bool, data: bytes) -> Sequence[tuple[float, bytes]]:
        if not to_host and data[:1] == b"\x02":
            self._frames += 1
        after_first = self._frames == 1 and data == b"\x06"
        if not to_host and self._lost < 2 and (after_first or self._frames == 2):
            self._lost += 1
            return []
        return [(0.0, data)]


def exchange_with(station: Station) -> Exchange:
    return Exchange(PairLink(lambda: station), Timeouts(), Options(protocol="1"))


def test_a_second_read_is_asked_again() -> None:
    async def reading() -> None:
        exchange = exchange_with(Station(Settings(), spoil=AcknowledgementAndFrameLost()))
        await exchange.open()
        for field in (1, 2):
            assert (await exchange.ask(ReadTable(30, 1, 1, field))).value == bytes([field])

    run_virtual(reading())


def test_a_second_write_is_made_rather_than_believed() -> None:
    async def writing() -> None:
        register = Settings()
        exchange = exchange_with(Station(register, spoil=AcknowledgementAndFrameLost()))
        await exchange.open()
        await exchange.ask(WriteTable(30, 1, 1, 7, b"\x01"))
        await exchange.ask(WriteTable(30, 1, 1, 7, b"\x02"))
        assert register.written == [1, 2]

    run_virtual(writing())


class AcknowledgementLost:
    """Loses the host's ACK to the first answer."""

    def __init__(self) -> None:
        self._answered = self._lost = False

    def __call__(self, to_host: bool, data: bytes) -> Sequence[tuple[float, bytes]]:
        self._answered |= to_host and data[-2:] == b"\0\x1c"
        if not to_host and data == b"\x06" and self._answered and not self._lost:
            self._lost = True
            return []
        return [(0.0, data)]


def test_an_enquiry_byte_within_a_frame_brings_no_older_answer() -> None:
    """A device that waits for its ACK takes the 05h of the next frame for ENQ and sends the stored answer again."""

    async def writing() -> None:
        register, spoil = Settings(), AcknowledgementLost()
        exchange = exchange_with(Station(register, spoil=spoil))
        await exchange.open()
        await exchange.ask(WriteTable(30, 1, 1, 7, b"\x01"))
        await exchange.ask(WriteTable(30, 1, 1, 7, b"\x05"))
        assert (register.written, spoil._lost) == ([1, 5], True)

    run_virtual(writing())


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.integers(1, 6))
@pytest.mark.parametrize("protocol", ["1", "2"])
def test_what_was_answered_was_executed(protocol: str, seed: int, faults: int) -> None:
    async def working() -> None:
        register = Settings()
        device = DeviceV1() if protocol == "1" else DeviceV2()
        station = Station(register, device=device, spoil=BadLine(Random(seed), most=faults))
        exchange = Exchange(PairLink(lambda: station), Timeouts(), Options(protocol=protocol))
        sent: list[int] = []
        try:
            await exchange.open()
            for value in range(1, 6):
                sent.append(value)
                await exchange.ask(WriteTable(30, 1, 1, 7, bytes([value])))
                assert register.written == sent
            for field in range(1, 6):
                assert (await exchange.ask(ReadTable(30, 1, 1, field))).value == bytes([field])
        except (LinkError, ProtocolError):
            assert register.written in (sent, sent[:-1])

    run_virtual(working())
