"""The line of the Пирит driver: whose answer is heard, what is asked again, and what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from virtual_loop import virtual

from devices.errors import LinkError, NeedsOperator, ProtocolError, Rejected
from devices.links.pair import PairLink
from devices.registers.line_faults import ATTEMPTS
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.options import Options
from devices.registers.timing import Timeouts
from protocols.pirit.commands.drive import LastDocument, ReadTlv
from protocols.pirit.commands.receipts import CloseDocument, Subtotal
from protocols.pirit.commands.state import Status
from protocols.pirit.framing import DeviceStream, Reply, Request, encode_reply

STATUS, CLOSE, SUBTOTAL = 0x00, 0x31, 0x44
FINE = b"0\x1c0\x1c0\x1c"

Says = Callable[[Request, int], "list[bytes] | bytes | None"]


def reply(request: Request, data: bytes = b"", error: int = 0) -> bytes:
    return encode_reply(Reply(request.id, request.command, error, data))


class Device:
    """Answers 00; everything else as `says` does, which is told the how-manieth such command it is."""

    def __init__(self, says: Says | None = None) -> None:
        self.says = says or (lambda request, count: reply(request))
        self.heard: list[Request] = []
        self.out: asyncio.Queue[bytes] = asyncio.Queue()
        self._stream = DeviceStream()

    async def write(self, data: bytes) -> None:
        self._stream.feed(data)
        while isinstance(request := self._stream.poll(), Request):
            self.heard.append(request)
            if request.command == STATUS:
                self.out.put_nowait(reply(request, FINE))
                continue
            said = self.says(request, sum(one.command == request.command for one in self.heard))
            for chunk in [said] if isinstance(said, bytes) else said or []:
                self.out.put_nowait(chunk)

    async def read(self) -> bytes:
        return await self.out.get()

    def close(self) -> None:
        self.out.put_nowait(b"")

    def count(self, command: int) -> int:
        return sum(one.command == command for one in self.heard)


async def opened(device: Any, **more: Any) -> Exchange:
    exchange = Exchange(PairLink(lambda: device), Timeouts(), Options(**more))
    await exchange.open()
    return exchange


def elapsed() -> float:
    return asyncio.get_running_loop().time()


@virtual
async def test_answers_of_older_requests_and_noise_are_passed_over() -> None:
    def says(request: Request, count: int) -> list[bytes]:
        late = encode_reply(Reply(request.id - 1, request.command, 0, b"3\x1c99\x1c"))
        other = encode_reply(Reply(request.id, SUBTOTAL, 0, b""))
        own = reply(request, b"3\x1c7\x1c")
        return [b"\x06noise", late, other, own[:4], own[4:]]

    exchange = await opened(Device(says))
    assert (await exchange.ask(LastDocument())).value == 7
    assert elapsed() < 0.5
    await exchange.close()


@virtual
async def test_a_question_is_asked_again_and_a_command_is_not() -> None:
    device = Device(lambda request, count: None if count == 1 else reply(request, b"3\x1c7\x1c"))
    exchange = await opened(device)
    assert (await exchange.ask(LastDocument())).value == 7
    assert device.count(0x78) == 2
    started = elapsed()
    with pytest.raises(LinkError) as lost:
        await exchange.ask(CloseDocument(0))
    # A question behind it was answered, so its own answer will never come: no need to wait as long as the table says.
    assert lost.value.code == "answer_lost"
    assert elapsed() - started < 1.5
    assert device.count(CLOSE) == 1
    with pytest.raises(LinkError) as closed:
        await exchange.ask(Status())
    assert closed.value.code == "link_closed"


@virtual
async def test_what_moves_a_reading_position_is_not_asked_again() -> None:
    device = Device(lambda request, count: None)
    exchange = await opened(device)
    with pytest.raises(LinkError):
        await exchange.ask(ReadTlv())
    assert device.count(0x78) == 1


@virtual
async def test_a_slow_command_is_waited_for() -> None:
    def says(request: Request, count: int) -> None:
        asyncio.get_running_loop().call_later(6, late, request)

    def late(request: Request) -> None:
        device.out.put_nowait(reply(request, b"1\x1cA\x1c"))
        busy.clear()

    device = Device(says)
    busy = [True]
    write = device.write

    async def sequential(data: bytes) -> None:
        """While it works it answers nothing."""
        if not (busy and device.count(CLOSE)):
            await write(data)

    device.write = sequential  # type: ignore[method-assign]
    exchange = await opened(device)
    assert (await exchange.ask(CloseDocument(0))).number == 1
    assert 5 < elapsed() < 7


@pytest.mark.parametrize("error", [0x05, 0x07])
@virtual
async def test_a_frame_that_was_not_read_is_sent_again(error: int) -> None:
    device = Device(lambda request, count: reply(request, error=error) if count < 3 else reply(request))
    exchange = await opened(device)
    await exchange.ask(Subtotal())
    assert [one.command for one in device.heard] == [STATUS, *[SUBTOTAL] * 3]
    assert len({one.id for one in device.heard}) == 4
    device.says = lambda request, count: reply(request, error=error)
    with pytest.raises(ProtocolError) as noisy:
        await exchange.ask(Subtotal())
    assert noisy.value.code == "line_noise"
    assert device.count(SUBTOTAL) == 3 + ATTEMPTS


@virtual
async def test_a_spoilt_answer_is_asked_for_again_or_lost_at_once() -> None:
    def spoilt(request: Request, count: int) -> bytes:
        whole = reply(request, b"3\x1c7\x1c")
        return whole if count > 1 else whole[:-2] + b"00"

    exchange = await opened(Device(spoilt))
    assert (await exchange.ask(LastDocument())).value == 7
    with pytest.raises(LinkError) as lost:
        await exchange.ask(CloseDocument(0))
    assert lost.value.code == "answer_lost"
    assert elapsed() < 0.2


@virtual
async def test_a_refusal_is_told_with_its_cause() -> None:
    def says(request: Request, count: int) -> bytes:
        if request.command == 0x06:
            return reply(request, b"1\x1c20\x1c")
        return reply(request, error=0x01)

    exchange = await opened(Device(says))
    with pytest.raises(Rejected) as refused:
        await exchange.ask(Subtotal())
    assert (refused.value.code, refused.value.number) == ("shift_closed", 1)
    assert refused.value.hint == "Смена не открыта. Откройте смену."


@virtual
async def test_the_printer_is_asked_what_it_wants() -> None:
    """Some firmware tells the mask of 04 as the data of a refusal (papyrussolution/OpenPapyrus)."""
    masks = [b""]

    def says(request: Request, count: int) -> bytes:
        return reply(request, masks[-1] if request.command == 0x04 else b"", error=0x09)

    exchange = await opened(Device(says))
    for mask, code in (
        (b"4", "cover_open"),
        (b"2", "paper_out"),
        (b"8", "printer_not_ready"),
        (b"", "printer_not_ready"),
    ):
        masks.append(mask)
        with pytest.raises(NeedsOperator) as held:
            await exchange.ask(Subtotal())
        assert held.value.code == code


class Silent(Device):
    async def write(self, data: bytes) -> None:
        self.heard.append(Request(0, 0, data))


@virtual
async def test_nobody_answers() -> None:
    exchange = Exchange(PairLink(Silent), Timeouts(), Options())
    with pytest.raises(LinkError) as silent:
        await exchange.open()
    assert silent.value.code == "register_silent"
    assert elapsed() <= 3.6


class Babbling(Device):
    async def write(self, data: bytes) -> None:
        self.out.put_nowait(b"\x15\x15")


@virtual
async def test_somebody_else_answers() -> None:
    exchange = Exchange(PairLink(Babbling), Timeouts(), Options())
    with pytest.raises(ProtocolError) as strange:
        await exchange.open()
    assert strange.value.code == "answer_malformed"


class Locked(Device):
    async def write(self, data: bytes) -> None:
        self._stream.feed(data)
        while isinstance(request := self._stream.poll(), Request):
            wrong = request.password != b"OPEN"
            self.out.put_nowait(reply(request, b"" if wrong else FINE, 0x06 if wrong else 0))


@virtual
async def test_a_password_is_the_operators_affair() -> None:
    exchange = Exchange(PairLink(Locked), Timeouts(), Options())
    with pytest.raises(NeedsOperator) as wrong:
        await exchange.open()
    assert wrong.value.code == "wrong_password"
    await (await opened(Locked(), password=b"OPEN")).close()


@virtual
async def test_ids_go_on_in_the_next_connection() -> None:
    devices: list[Device] = []

    def dial() -> Device:
        devices.append(Device())
        return devices[-1]

    exchange = Exchange(PairLink(dial), Timeouts(), Options())
    for _ in range(3):
        await exchange.open()
        await exchange.ask(Subtotal())
        await exchange.close()
    ids = [one.id for device in devices for one in device.heard]
    assert len(set(ids)) == len(ids) == 6
