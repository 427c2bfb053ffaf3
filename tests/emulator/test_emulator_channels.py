"""Channels: the in-process pipe, TCP and the pseudo-terminal behave alike, and nothing a client does ends a server."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from emulator.channels import (
    Channel,
    PtyAddress,
    Sessions,
    TcpAddress,
    dial,
    parse_listen,
    pipe,
)
from emulator.listening import listen, listen_all


async def echo(channel: Channel) -> None:
    while data := await channel.read():
        await channel.write(b"<" + data + b">")


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 — the condition is another party's
            await asyncio.sleep(0.005)


# --- pipe


@given(st.lists(st.binary(min_size=1), max_size=20))
def test_a_pipe_carries_every_byte_in_order(chunks: list[bytes]) -> None:
    async def run() -> bytes:
        host, device = pipe()
        for chunk in chunks:
            await host.write(chunk)
        host.close()
        got = b""
        while data := await device.read():
            got += data
        return got

    assert asyncio.run(run()) == b"".join(chunks)


async def test_a_closed_end_throws_away_what_it_has_not_read() -> None:
    host, device = pipe()
    await host.write(b"late")
    device.close()
    assert await device.read() == b""
    assert host.closed
    await host.write(b"nobody")  # no error on a cut cable
    assert await host.read() == b""


async def test_a_silent_pipe_times_out_without_ending() -> None:
    host, device = pipe()
    assert await host.read(timeout=0.01) == b""
    assert not host.closed
    await device.write(b"x")
    assert await host.read(timeout=5) == b"x"


async def test_a_cancelled_read_loses_nothing() -> None:
    host, device = pipe()
    reader = asyncio.ensure_future(host.read())
    await asyncio.sleep(0)
    reader.cancel()
    await device.write(b"x")
    assert await host.read() == b"x"


# --- sessions


async def test_the_newest_connection_wins_and_the_old_bytes_are_thrown_away() -> None:
    seen: list[bytes] = []
    gate = asyncio.Event()

    async def slow(channel: Channel) -> None:
        await gate.wait()
        while data := await channel.read():
            seen.append(data)

    sessions = Sessions(slow)
    (old, old_device), (new, new_device) = pipe("old"), pipe("new")
    sessions.accept(old_device)
    await old.write(b"old")
    sessions.accept(new_device)
    await new.write(b"new")
    gate.set()
    await until(lambda: seen)
    await sessions.close()
    assert seen == [b"new"]
    assert old.closed


async def test_shared_sessions_keep_every_connection() -> None:
    sessions = Sessions(echo, exclusive=False)
    ends = [pipe() for _ in range(3)]
    for _, device in ends:
        sessions.accept(device)
    for host, _ in ends:
        await host.write(b"x")
        assert await host.read(timeout=5) == b"<x>"
    await sessions.close()


async def test_a_failing_handler_hangs_up_and_the_next_client_is_served() -> None:
    async def fragile(channel: Channel) -> None:
        data = await channel.read()
        await channel.write(data)
        if data == b"bad":
            raise ZeroDivisionError

    sessions = Sessions(fragile)
    for word in (b"bad", b"good"):
        host, device = pipe()
        sessions.accept(device)
        await host.write(word)
        assert await host.read(timeout=5) == word
        assert await host.read(timeout=5) == b""
        assert host.closed
    await sessions.close()


# --- TCP


async def test_tcp_reports_the_real_port_and_serves() -> None:
    listener = await listen("tcp:127.0.0.1:0", echo)
    assert isinstance(listener.address, TcpAddress)
    assert listener.address.port
    client = await dial(listener.address.host, listener.address.port)
    await client.write(b"hello")
    assert await client.read() == b"<hello>"
    client.close()
    await listener.close()


async def test_a_new_tcp_connection_closes_the_old_one() -> None:
    listener = await listen("tcp:127.0.0.1:0", echo)
    first = await dial("127.0.0.1", listener.address.port)
    await first.write(b"1")
    assert await first.read() == b"<1>"
    second = await dial("127.0.0.1", listener.address.port)
    assert await asyncio.wait_for(first.read(), 5) == b""
    await second.write(b"2")
    assert await second.read() == b"<2>"
    second.close()
    await listener.close()


async def test_a_half_closed_client_still_gets_its_answer() -> None:
    async def thoughtful(channel: Channel) -> None:
        data = await channel.read()
        await until(lambda: channel.closed)
        await channel.write(b"<" + data + b">")

    listener = await listen("tcp:127.0.0.1:0", thoughtful)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.address.port)
    writer.write(b"last")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b"<last>"
    writer.close()
    await listener.close()


async def test_small_packets_are_acknowledged_at_once() -> None:
    """A host with Nagle's algorithm on that sends its ACK and the next request separately waits 40 ms otherwise."""

    async def answer_requests(channel: Channel) -> None:
        while data := await channel.read():
            await channel.write(b"!" * data.count(b"?"))

    listener = await listen("tcp:127.0.0.1:0", answer_requests)

    def rounds() -> float:
        with socket.create_connection(("127.0.0.1", listener.address.port)) as host:
            began = time.monotonic()
            for _ in range(50):
                host.sendall(b"+")
                host.sendall(b"?")
                assert host.recv(1) == b"!"
            return time.monotonic() - began

    assert await asyncio.to_thread(rounds) < 1.0
    await listener.close()


async def test_a_flood_that_nobody_reads_is_held_back() -> None:
    gate = asyncio.Event()
    got = 0

    async def lazy(channel: Channel) -> None:
        nonlocal got
        await gate.wait()
        while data := await channel.read():
            got += len(data)

    listener = await listen("tcp:127.0.0.1:0", lazy)
    _, writer = await asyncio.open_connection("127.0.0.1", listener.address.port)
    total = 16 << 20
    writer.write(b"\xff" * total)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.drain(), 0.3)
    gate.set()
    await asyncio.wait_for(writer.drain(), 10)
    writer.close()
    await until(lambda: got == total)
    await listener.close()


async def test_a_taken_port_is_refused_and_nothing_stays_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = await listen("tcp:127.0.0.1:0", echo)
        port = free.address.port
        await free.close()
        with pytest.raises(OSError, match="in use"):
            await listen_all([f"tcp:127.0.0.1:{port}", f"tcp:127.0.0.1:{taken.getsockname()[1]}"], echo)
        again = await listen(f"tcp:127.0.0.1:{port}", echo)
        await again.close()


# --- pseudo-terminal


def ask(path: Path, word: bytes) -> bytes:
    with serial.Serial(str(path), 115200, timeout=5) as port:
        port.write(word)
        return port.read(len(word) + 2)


async def test_many_clients_open_the_terminal_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    ended = 0

    async def counting(channel: Channel) -> None:
        nonlocal ended
        await echo(channel)
        ended += 1

    listener = await listen(PtyAddress(str(path)), counting)
    for number in range(5):
        word = b"\x05\x11\x13%d" % number  # XON/XOFF and ENQ pass: the terminal is raw
        assert await asyncio.to_thread(ask, path, word) == b"<" + word + b">"
        await until(lambda n=number: ended == n + 1)
    await listener.close()
    assert not path.is_symlink()


async def test_an_idle_terminal_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    listener = await listen(f"pty:{path}", echo)
    assert await asyncio.to_thread(ask, path, b"x") == b"<x>"
    before = time.process_time()
    await asyncio.sleep(0.5)
    assert time.process_time() - before < 0.1
    await listener.close()


async def test_answers_left_in_the_terminal_are_not_for_the_next_client(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    ended = asyncio.Event()

    async def talkative(channel: Channel) -> None:
        await channel.read()
        await channel.write(b"answer nobody takes")
        await channel.read()
        ended.set()

    listener = await listen(f"pty:{path}", talkative)
    first = os.open(path, os.O_RDWR | os.O_NOCTTY)
    os.write(first, b"x")
    await asyncio.sleep(0.05)
    os.close(first)
    await asyncio.wait_for(ended.wait(), 5)
    second = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        with pytest.raises(BlockingIOError):
            os.read(second, 100)
    finally:
        os.close(second)
    await listener.close()


async def test_a_stale_link_is_replaced_and_a_file_in_the_way_is_not(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    path.symlink_to("/dev/pts/99999")
    listener = await listen(f"pty:{path}", echo)
    assert await asyncio.to_thread(ask, path, b"x") == b"<x>"
    await listener.close()
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        await listen(f"pty:{path}", echo)
    assert path.read_text() == "precious"


# --- addresses


def test_addresses_read_back_as_written() -> None:
    for text in ("tcp:127.0.0.1:7778", "tcp:[::1]:0", "tcp:kkt.local:65535", "pty:/tmp/kkt"):
        assert str(parse_listen(text)) == text


@pytest.mark.parametrize("text", ["", "tcp", "tcp:", "tcp:host", "tcp::1", "tcp:h:x", "tcp:h:70000", "pty:", "udp:h:1"])
def test_a_malformed_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_listen(text)
