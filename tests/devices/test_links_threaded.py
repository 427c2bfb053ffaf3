"""A port whose calls block must not hold the loop, on which other registers live."""

from __future__ import annotations

import asyncio
import threading

import pytest

from devices.errors import LinkError
from devices.links.threaded import BlockingPort, ThreadedLink


class Stuck:
    """A port that takes bytes only when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.gone = threading.Event()
        self.taken: list[bytes] = []

    def read(self) -> bytes:
        self.gone.wait(0.01)
        return b""

    def write(self, data: bytes) -> None:
        if not self.let.wait(10):
            raise OSError("no room for more bytes")
        if self.gone.is_set():
            raise OSError("closed")
        self.taken.append(data)

    def interrupt(self) -> None:
        self.gone.set()

    def close(self) -> None:
        self.gone.set()


class StuckLink(ThreadedLink):
    def __init__(self, port: Stuck) -> None:
        super().__init__("stuck:")
        self.port = port

    def open_port(self) -> BlockingPort:
        return self.port


async def test_a_write_that_blocks_leaves_the_loop_to_others() -> None:
    port = Stuck()
    link = StuckLink(port)
    await link.open()
    writing = asyncio.ensure_future(link.write(b"\x05"))
    await asyncio.sleep(0)
    assert not writing.done()  # we are here: the loop goes on
    port.let.set()
    async with asyncio.timeout(5):
        await writing
    assert port.taken == [b"\x05"]
    await link.close()


async def test_a_write_under_way_hears_that_the_link_was_closed() -> None:
    port = Stuck()
    link = StuckLink(port)
    await link.open()
    writing = asyncio.ensure_future(link.write(b"\x05"))
    await asyncio.sleep(0)
    await link.close()
    port.let.set()
    async with asyncio.timeout(5):
        with pytest.raises(LinkError):
            await writing
    with pytest.raises(LinkError):
        await link.write(b"\x05")


async def test_closed_links_leave_no_threads() -> None:
    before = threading.active_count()
    for _ in range(5):
        port = Stuck()
        port.let.set()
        link = StuckLink(port)
        await link.open()
        await link.write(b"\x05")
        await link.close()
    async with asyncio.timeout(5):
        while threading.active_count() > before:  # noqa: ASYNC110 — threads end without telling
            await asyncio.sleep(0.001)


class Unforeseen(Exception):
    """As termios.error: no OSError, and pyserial lets it through."""


async def test_a_port_that_vanishes_while_it_is_opened_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes, seed 3058: the cable was pulled in the midst of an open, and a register stood still for good."""
    link = StuckLink(Stuck())

    def vanished() -> BlockingPort:
        raise Unforeseen("Input/output error")

    monkeypatch.setattr(link, "open_port", vanished)
    async with asyncio.timeout(5):
        with pytest.raises(LinkError) as caught:
            await link.open()
    assert caught.value.code == "link_open_failed"
    monkeypatch.undo()
    await link.open()
    await link.close()


@pytest.mark.parametrize("call", ["read", "write"])
async def test_whatever_a_port_raises_is_the_end_of_its_link(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    port = Stuck()
    port.let.set()

    def broken(*_: object) -> bytes:
        raise Unforeseen("Input/output error")

    monkeypatch.setattr(port, call, broken)
    link = StuckLink(port)
    await link.open()

    async def talk() -> None:
        await link.write(b"\x05")
        await link.read(5)

    async with asyncio.timeout(5):
        with pytest.raises(LinkError):
            await talk()
    await link.close()
