"""The serial link against a pseudo-terminal, and what it says about ports that do not open."""

import asyncio
import errno
import os
import pty
import tty
from collections.abc import Iterator

import pytest
import serial

from devices.errors import LinkError
from devices.links.serial import SerialLink, _open_error


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """Our end's descriptor and the name of the device's end."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for end in (master, slave):
        try:
            os.close(end)
        except OSError as error:
            assert error.errno == errno.EBADF  # noqa: PT017 — a test closed it itself


async def test_bytes_go_both_ways(terminal: tuple[int, str]) -> None:
    master, name = terminal
    link = SerialLink(name)
    assert not link.reliable
    await link.open()
    await link.write(b"\x05\x00\xff\x8f")
    assert os.read(master, 16) == b"\x05\x00\xff\x8f"
    os.write(master, bytes(range(256)))
    got = b""
    while len(got) < 256:
        got += await link.read(5)
    assert got == bytes(range(256))
    await link.close()


async def test_silence_and_reopening(terminal: tuple[int, str]) -> None:
    master, name = terminal
    link = SerialLink(name, baudrate=4800)
    for _ in range(2):
        await link.open()
        assert await link.read(0.01) == b""
        os.write(master, b"\x15")
        assert await link.read(5) == b"\x15"
        await link.close()
    with pytest.raises(LinkError, match="not open"):
        await link.write(b"\x05")


async def test_a_port_that_vanishes_is_noticed(terminal: tuple[int, str]) -> None:
    master, name = terminal
    link = SerialLink(name)
    await link.open()
    os.close(master)
    with pytest.raises(LinkError) as lost:
        await link.read(5)
    assert lost.value.code == "link_closed"
    await link.close()


async def test_a_port_that_vanishes_while_it_is_opened_is_noticed(
    terminal: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cable is pulled between two calls of pyserial's: what the last one raises is a termios.error."""
    master, name = terminal
    # A terminal has neither of these lines; pyserial sets them last but one, and then empties the port.
    monkeypatch.setattr(serial.Serial, "_update_dtr_state", lambda self: os.close(master))
    monkeypatch.setattr(serial.Serial, "_update_rts_state", lambda self: None)
    async with asyncio.timeout(5):
        with pytest.raises(LinkError) as caught:
            await SerialLink(name).open()
    assert caught.value.code == "link_open_failed"


async def test_a_port_has_one_owner(terminal: tuple[int, str]) -> None:
    _, name = terminal
    first, second = SerialLink(name), SerialLink(name)
    await first.open()
    with pytest.raises(LinkError) as busy:
        await second.open()
    assert busy.value.code == "link_busy"
    assert "занят" in busy.value.hint
    await first.close()
    await second.open()
    await second.close()


async def test_a_missing_port_is_named() -> None:
    with pytest.raises(LinkError) as missing:
        await SerialLink("/dev/no-such-port").open()
    assert missing.value.code == "link_no_port"
    assert "/dev/no-such-port" in missing.value.detail


def test_missing_rights_are_named() -> None:
    denied = serial.SerialException(errno.EACCES, "could not open port")
    assert _open_error("serial:x", "x", denied).code == "link_no_rights"
    other = serial.SerialException("Could not configure port")
    assert _open_error("serial:x", "x", other).code == "link_open_failed"


async def test_many_reads_in_a_row_lose_nothing(terminal: tuple[int, str]) -> None:
    master, name = terminal
    link = SerialLink(name)
    await link.open()
    sent = bytes(number % 251 for number in range(20_000))
    received = bytearray()

    async def feed() -> None:
        for start in range(0, len(sent), 100):
            os.write(master, sent[start : start + 100])
            await asyncio.sleep(0)

    feeder = asyncio.create_task(feed())
    while len(received) < len(sent):
        chunk = await link.read(5)
        assert chunk, f"silence after {len(received)} bytes"
        received += chunk
    await feeder
    assert bytes(received) == sent
    await link.close()
