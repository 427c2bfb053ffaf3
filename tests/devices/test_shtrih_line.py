"""Protocol v1 from the host's side: recorded dialogues, lost answers, noise.

Frames are those of the vendor's protocol 1.17 as worked out byte by byte (password 30 = 1E 00 00 00).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import pytest
from virtual_loop import virtual
from wire_peers import Recorded, Station

from devices.errors import LinkError, ProtocolError, Rejected
from devices.links.pair import PairLink
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts
from protocols.shtrih.commands.drive import DriveStatus, SendTlv, ShiftParameters
from protocols.shtrih.commands.operations import CloseReceiptV2, OperationV2
from protocols.shtrih.commands.receipts import OpenReceipt, OpenShift
from protocols.shtrih.commands.state import ShortStatus
from protocols.shtrih.commands.tables import ReadTable, WriteTable
from protocols.shtrih.framing import DeviceV1, encode_v1

SHORT_STATUS = ("02 05 10 1E 00 00 00 0B", "06 02 11 10 00 1E 92 02 04 00 00 80 D8 00 00 00 00 00 00 00 D3")
IDLE = ("05", "15")
CONFIRM = ("06", "")


def dialogue(*exchanges: tuple[str, str]) -> list[tuple[str, str]]:
    """ENQ and NAK once, then every exchange with the host's ACK behind it."""
    steps = [IDLE]
    for one in exchanges:
        steps += [one, CONFIRM]
    return steps


async def connected(pipe: Recorded | Station, timeouts: Timeouts | None = None, **options: str) -> Exchange:
    exchange = Exchange(PairLink(lambda: pipe), timeouts or Timeouts(), Options.of(options))
    await exchange.open()
    return exchange


@virtual
async def test_the_worked_receipt_byte_for_byte() -> None:
    peer = Recorded(
        dialogue(
            SHORT_STATUS,
            (
                "02 06 FF 01 1E 00 00 00 E6",
                (
                    "06 02 21 FF 01 00 03 00 00 00 00 1A 03 02 09 0F 39 39 39 39 30 37 38 39 30 30 30 30 31 32 33 34 "
                    "4C 00 00 00 8F"
                ),
            ),
            ("02 05 E0 1E 00 00 00 FB", "06 02 03 E0 00 1E FD"),
            ("02 06 FF 40 1E 00 00 00 A7", "06 02 08 FF 40 00 01 0C 00 00 00 BA"),
            ("02 06 8D 1E 00 00 00 00 95", "06 02 03 8D 00 1E 90"),
            (
                (
                    "02 29 FF 46 1E 00 00 00 01 80 84 1E 00 00 00 10 27 00 00 00 FF FF FF FF FF FF FF FF FF FF "
                    "02 01 04 01 CC EE EB EE EA EE 20 31 EB 7D"
                ),
                "06 02 03 FF 46 00 BA",
            ),
            (
                "02 16 FF 0C 1E 00 00 00 F0 03 0C 00 2B 37 39 39 39 30 30 30 31 31 32 32 11",
                "06 02 03 FF 0C 00 F0",
            ),
            (
                "02 76 FF 45 1E 00 00 00 30 75 [00×109] 01 96",
                "06 02 15 FF 45 00 10 27 00 00 00 4E 00 00 00 64 B0 05 A2 1A 03 02 09 11 A6",
            ),
        )
    )
    exchange = await connected(peer)
    status = await exchange.ask(ShortStatus(30))
    assert (status.flags, status.mode, status.submode, status.print_result) == (0x0292, 4, 0, 0)
    drive = await exchange.ask(DriveStatus(30))
    assert (drive.fn, drive.last_document, drive.phase) == ("9999078900001234", 76, 3)
    await exchange.act(OpenShift(30))
    shift = await exchange.ask(ShiftParameters(30))
    assert (shift.open, shift.shift, shift.receipt) == (1, 12, 0)
    await exchange.act(OpenReceipt(30, 0))
    await exchange.act(OperationV2(30, 1, Decimal(2), 10000, None, None, 2, 1, 4, 1, "Молоко 1л"))
    await exchange.act(SendTlv(30, bytes.fromhex("F0030C00") + b"+79990001122"))
    closed = await exchange.act(CloseReceiptV2(30, (30000,) + (0,) * 15, 0, (0,) * 6, 1))
    assert (closed.change, closed.document, closed.sign) == (10000, 78, 2718281828)
    assert closed.made_at == datetime(2026, 3, 2, 9, 17)
    assert not peer.left


@virtual
async def test_a_lost_answer_is_asked_for_again_and_not_executed_twice() -> None:
    # §9.3: the frame is confirmed, the answer drops; ENQ brings ACK and the same answer.
    peer = Recorded(
        [
            IDLE,
            ("02 06 8D 1E 00 00 00 00 95", "06"),
            ("05", "06 02 03 8D 00 1E 90"),
            CONFIRM,
        ]
    )
    exchange = await connected(peer)
    started = asyncio.get_running_loop().time()
    reply = await exchange.act(OpenReceipt(30, 0))
    assert reply.operator == 30
    assert asyncio.get_running_loop().time() - started <= 1.5
    assert not peer.left


@virtual
async def test_after_a_power_cycle_the_answer_is_lost_and_the_command_is_not_repeated() -> None:
    peer = Recorded([IDLE, ("02 06 8D 1E 00 00 00 00 95", "06"), IDLE])
    exchange = await connected(peer)
    with pytest.raises(LinkError) as lost:
        await exchange.act(OpenReceipt(30, 0))
    assert lost.value.code == "answer_lost"
    assert not peer.left
    with pytest.raises(LinkError, match="not connected"):
        await exchange.ask(ShortStatus(30))


@virtual
async def test_a_command_that_never_arrived_is_repeated_only_if_it_changes_nothing() -> None:
    question = ("02 09 1F 1E 00 00 00 11 01 00 07 1F", "")
    answer = (question[0], "06 02 03 1F 00 00 1C")
    peer = Recorded([IDLE, question, IDLE, ("05", "15"), answer, CONFIRM])
    exchange = await connected(peer)
    assert (await exchange.ask(ReadTable(30, 17, 1, 7))).value == b"\0"
    assert not peer.left

    peer = Recorded([IDLE, ("02 06 8D 1E 00 00 00 00 95", ""), IDLE])
    exchange = await connected(peer)
    with pytest.raises(LinkError) as lost:
        await exchange.act(OpenReceipt(30, 0))
    assert lost.value.code == "answer_lost"


@virtual
async def test_a_refused_frame_is_sent_again() -> None:
    frame, answer = SHORT_STATUS
    peer = Recorded([IDLE, (frame, "15"), ("05", "15"), ("05", "15"), (frame, answer), CONFIRM])
    exchange = await connected(peer)
    assert (await exchange.ask(ShortStatus(30))).mode == 4
    assert not peer.left


@virtual
async def test_a_damaged_answer_is_asked_for_again() -> None:
    # one byte of the answer changed: NAK, ENQ, ACK, the answer once more (§2.2 step 3)
    frame, answer = SHORT_STATUS
    peer = Recorded([IDLE, (frame, answer.replace("92 02", "93 02")), ("15 05", answer), CONFIRM])
    exchange = await connected(peer)
    assert (await exchange.ask(ShortStatus(30))).flags == 0x0292
    assert not peer.left


@virtual
async def test_the_stray_ff_of_tcp_devices_is_ignored() -> None:
    frame, answer = SHORT_STATUS
    peer = Recorded(
        [
            IDLE,
            (frame, answer),
            ("06", "FF"),
            IDLE,
            (frame, answer),
            ("06", "FF"),
            IDLE,
            (frame, "FF" + answer),
            CONFIRM,
        ]
    )
    exchange = await connected(peer)
    for _ in range(3):
        assert (await exchange.ask(ShortStatus(30))).mode == 4
    assert not peer.left


@virtual
async def test_an_answer_of_the_last_connection_is_taken_and_thrown_away() -> None:
    # the answer to somebody's FF45 is still stored: ENQ brings ACK and the answer, the next ENQ finds rest
    peer = Recorded(
        [
            ("05", "06 02 10 FF 45 00 00 00 00 00 00 4F 00 00 00 4D E6 40 BB B5"),
            CONFIRM,
            IDLE,
            SHORT_STATUS,
            CONFIRM,
        ]
    )
    exchange = await connected(peer)
    assert (await exchange.ask(ShortStatus(30))).mode == 4
    assert not peer.left


@virtual
async def test_an_error_is_translated() -> None:
    peer = Recorded(dialogue(("02 06 8D 1E 00 00 00 00 95", "06 02 02 8D 4A C5")))
    exchange = await connected(peer)
    with pytest.raises(Rejected) as refused:
        await exchange.act(OpenReceipt(30, 0))
    assert (refused.value.number, refused.value.code) == (0x4A, "receipt_open")
    assert "Открыт чек" in refused.value.hint


@virtual
async def test_a_busy_printer_is_waited_for_and_an_interrupted_print_continued() -> None:
    idle = encode_v1(bytes.fromhex("10001E92020400008 0D800000000000000".replace(" ", ""))).hex(" ")
    waiting = encode_v1(bytes.fromhex("10001E920204030080D800000000000000")).hex(" ")
    peer = Recorded(
        dialogue(
            ("02 06 8D 1E 00 00 00 00 95", "06" + encode_v1(b"\x8d\x50").hex()),
            (SHORT_STATUS[0], "06" + idle),
            ("02 06 8D 1E 00 00 00 00 95", "06" + encode_v1(b"\x8d\x58").hex()),
            (SHORT_STATUS[0], "06" + waiting),
            ("02 05 B0 1E 00 00 00 AB", "06" + encode_v1(b"\xb0\0\x1e").hex()),
            (SHORT_STATUS[0], "06" + idle),
            ("02 06 8D 1E 00 00 00 00 95", "06 02 03 8D 00 1E 90"),
        )
    )
    exchange = await connected(peer)
    assert (await exchange.act(OpenReceipt(30, 0))).operator == 30
    assert not peer.left


def echo(message: bytes) -> bytes:
    """Every command succeeds; table reads answer the field's number, so that answers can be told apart."""
    if message[0] == 0xFF:
        return message[:2] + b"\0"
    if message[0] == 0x1F:
        return b"\x1f\0" + message[-1:]
    return message[:1] + (b"\0" if message[0] == 0x1E else b"\0\x1e")


@virtual
async def test_a_silent_device_is_noticed_within_one_and_a_half_seconds() -> None:
    silent = False

    def spoil(to_host: bool, data: bytes) -> Sequence[tuple[float, bytes]]:
        return [] if silent else [(0.0, data)]

    exchange = await connected(Station(echo, spoil=spoil))
    silent = True
    started = asyncio.get_running_loop().time()
    with pytest.raises(LinkError) as gone:
        await exchange.ask(ReadTable(30, 17, 1, 7))
    assert gone.value.code == "register_silent"
    assert asyncio.get_running_loop().time() - started == pytest.approx(1.5)


@virtual
async def test_a_device_busy_with_a_long_command_stays_connected() -> None:
    station = Station(echo, busy=70.0)
    exchange = await connected(station)
    reply = await exchange.act(OpenShift(30))  # the table gives it 120 s
    assert reply.operator == 30
    station.busy = 0.0
    assert (await exchange.ask(ReadTable(30, 17, 1, 9))).value == b"\x09"
    assert [message[0] for message in station.executed] == [0xE0, 0x1F]


@virtual
async def test_a_doubled_answer_is_not_taken_for_the_next_one() -> None:
    def double_first(to_host: bool, data: bytes) -> Sequence[tuple[float, bytes]]:
        is_answer = to_host and data[:1] == b"\x02"
        return [(0.0, data), (0.0, data)] if is_answer and station.executed[-1:] == [first] else [(0.0, data)]

    first = b"\x1f\x1e\0\0\0\x11\x01\0\x01"
    station = Station(echo, spoil=double_first)
    exchange = await connected(station)
    for field in (1, 2, 3):
        assert (await exchange.ask(ReadTable(30, 17, 1, field))).value == bytes((field,))
    assert len(station.executed) == 3


@virtual
async def test_enquiry_before_every_command_on_request() -> None:
    peer = Recorded([IDLE, IDLE, SHORT_STATUS, CONFIRM, IDLE, SHORT_STATUS, CONFIRM])
    exchange = await connected(peer, enq="always")
    for _ in range(2):
        await exchange.ask(ShortStatus(30))
    assert not peer.left


class Endless:
    """A device that sends one byte for ever."""

    def __init__(self, byte: bytes) -> None:
        self._byte = byte

    async def read(self) -> bytes:
        await asyncio.sleep(0.001)
        return self._byte * 512

    async def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("byte", [b"\xff", b"\0", b"A", b"\x15", b"\x02", b"\x06"])
def test_endless_noise_ends_in_an_error(byte: bytes) -> None:
    @virtual
    async def look() -> None:
        exchange = Exchange(PairLink(lambda: Endless(byte)), Timeouts(), Options(protocol="1"))
        with pytest.raises((ProtocolError, LinkError)) as noise:
            await exchange.open()
        assert noise.value.hint

    look()


@virtual
async def test_a_silent_device_is_not_connected_to() -> None:
    exchange = Exchange(PairLink(lambda: Station(echo, spoil=lambda to_host, data: [])), Timeouts(), Options())
    with pytest.raises(LinkError) as gone:
        await exchange.open()
    assert gone.value.code == "register_silent"


@pytest.mark.parametrize("make", [DeviceV1, lambda: DeviceV1(stray_ff=True), lambda: DeviceV1(ignore_zeros=True)])
def test_writes_reach_every_kind_of_device_once(make: Callable[[], DeviceV1]) -> None:
    @virtual
    async def write() -> None:
        station = Station(echo, device=make())
        exchange = await connected(station)
        for value in range(20):
            await exchange.ask(WriteTable(30, 17, 1, 7, bytes((value,))))
        assert [message[-1] for message in station.executed] == list(range(20))

    write()


class LateNak:
    """Answers the first frame with the NAK to an earlier enquiry; the frame's own ACK and answer come behind it."""

    def __init__(self) -> None:
        self.frames = 0
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        return await self._answers.get()

    async def write(self, data: bytes) -> None:
        if data == b"\x05":
            self._answers.put_nowait(b"\x15")
        elif data[:1] == b"\x02":
            self.frames += 1
            self._answers.put_nowait(b"\x15")
            answer = b"\x06" + encode_v1(b"\x8d\0\x1e")
            asyncio.get_running_loop().call_later(0.2, self._answers.put_nowait, answer)

    def close(self) -> None:
        pass


@virtual
async def test_a_late_nak_is_not_a_refusal() -> None:
    peer = LateNak()
    exchange = await connected(peer)  # type: ignore[arg-type]
    assert (await exchange.act(OpenReceipt(30, 0))).operator == 30
    assert peer.frames == 1


@virtual
async def test_a_question_survives_a_power_cycle() -> None:
    frame, answer = SHORT_STATUS
    peer = Recorded([IDLE, (frame, "06"), IDLE, IDLE, (frame, answer), CONFIRM])
    exchange = await connected(peer)
    assert (await exchange.ask(ShortStatus(30))).mode == 4
    assert not peer.left
