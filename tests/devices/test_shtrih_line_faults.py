"""Whatever a line does to bytes, a command is executed at most once, and an answer is the command's own."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_loop import run_virtual, virtual
from wire_peers import BadLine, Recorded, Station

from devices.errors import LinkError, ProtocolError
from devices.links.pair import PairLink
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands.tables import ReadTable, WriteTable
from protocols.shtrih.framing import DeviceV1, DeviceV2, encode_v1


class Register:
    """A settings field: writes are kept in order, a read answers the last one."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def __call__(self, message: bytes) -> bytes:
        if message[0] == 0x1E:
            self.written.append(int.from_bytes(message[-2:], "little"))
            return b"\x1e\0"
        return b"\x1f\0" + (self.written[-1] if self.written else 0).to_bytes(2, "little")


async def write_and_read(protocol: str, seed: int, faults: int) -> None:
    register = Register()
    device = DeviceV1() if protocol == "1" else DeviceV2()
    station = Station(register, device=device, spoil=BadLine(Random(seed), most=faults))
    exchange = Exchange(PairLink(lambda: station), Timeouts(), Options(protocol=protocol))
    sent: list[int] = []
    try:
        await exchange.open()
        for value in range(1, 8):
            sent.append(value)
            await exchange.ask(WriteTable(30, 17, 1, 7, value.to_bytes(2, "little")))
            assert register.written[-1] == value
            answer = await exchange.ask(ReadTable(30, 17, 1, 7))
            assert int.from_bytes(answer.value, "little") == value
    except (LinkError, ProtocolError):
        # Lost, and said so: the last write may or may not have happened, the others did, each once.
        assert register.written in (sent, sent[:-1])
    else:
        assert register.written == sent


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.integers(0, 6))
@pytest.mark.parametrize("protocol", ["1", "2"])
def test_at_most_once_on_a_bad_line(protocol: str, seed: int, faults: int) -> None:
    run_virtual(write_and_read(protocol, seed, faults))


@virtual
async def test_most_single_faults_are_healed_without_reconnecting() -> None:
    healed = 0
    for seed in range(100):
        register = Register()
        station = Station(register, spoil=BadLine(Random(seed), most=1))
        exchange = Exchange(PairLink(lambda station=station: station), Timeouts(), Options())
        try:
            await exchange.open()
            for value in range(5):
                await exchange.ask(WriteTable(30, 17, 1, 7, value.to_bytes(2, "little")))
            healed += 1
        except (LinkError, ProtocolError):
            pass
    assert healed >= 80


@virtual
async def test_v2_is_found_where_v1_is_not_answered() -> None:
    register = Register()
    station = Station(register, device=DeviceV2())
    exchange = Exchange(PairLink(lambda: station), Timeouts(), Options())
    await exchange.open()
    assert exchange.protocol == "2"
    for value in (5, 0x8F9F):  # marker and escape inside a packet
        await exchange.ask(WriteTable(30, 17, 1, 7, value.to_bytes(2, "little")))
    assert register.written == [5, 0x8F9F]


@virtual
async def test_v2_says_when_the_device_was_restarted() -> None:
    register = Register()
    station = Station(register, device=DeviceV2())
    exchange = Exchange(PairLink(lambda: station), Timeouts(), Options(protocol="2"))
    await exchange.open()
    for value in range(3):
        await exchange.ask(WriteTable(30, 17, 1, 7, value.to_bytes(2, "little")))
    station.device = DeviceV2()
    with pytest.raises(LinkError) as restarted:
        await exchange.ask(WriteTable(30, 17, 1, 7, b"\x07\0"))
    assert restarted.value.code == "answer_lost"
    assert register.written == [0, 1, 2]


@virtual
async def test_v1_does_not_send_again_what_only_seemed_repelled() -> None:
    """Two NAKs that were answers to older enquiries; then the device says that it has an answer: it took the frame."""
    frame = encode_v1(encode_request(WriteTable(30, 17, 1, 7, b"\1\0"))).hex()
    answer = "06" + encode_v1(b"\x1e\0").hex()
    dialogue = [("05", "15"), (frame, "15"), ("05", "15"), ("05", answer), ("06", ""), ("05", "15")]
    recorded = Recorded(dialogue)
    exchange = Exchange(PairLink(lambda: recorded), Timeouts(), Options(protocol="1"))
    await exchange.open()
    with pytest.raises(LinkError) as lost:
        await exchange.ask(WriteTable(30, 17, 1, 7, b"\1\0"))
    assert lost.value.code == "answer_lost"
    assert recorded.left == []
