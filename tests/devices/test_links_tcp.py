"""The TCP link against real sockets on loopback."""

import asyncio
import socket

import pytest

from devices.errors import LinkError
from devices.links.tcp import TcpLink


class Server:
    """Takes connections and shows them to the test."""

    def __init__(self) -> None:
        self.accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def start(self) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.accepted.put_nowait((reader, writer))

        self._server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_bytes_go_both_ways_without_nagle() -> None:
    server = Server()
    link = TcpLink("127.0.0.1", await server.start())
    await link.open()
    reader, writer = await server.accepted.get()
    await link.write(b"\x05")
    assert await reader.readexactly(1) == b"\x05"
    writer.write(b"\x15")
    assert await link.read(5) == b"\x15"
    assert link._transport is not None
    assert link._transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await link.close()
    assert await reader.read() == b""
    writer.close()


async def test_silence_is_an_empty_read() -> None:
    server = Server()
    link = TcpLink("127.0.0.1", await server.start())
    await link.open()
    assert await link.read(0.01) == b""
    assert await link.read(0) == b""
    await link.close()


async def test_what_came_before_the_hang_up_is_read_first() -> None:
    server = Server()
    link = TcpLink("127.0.0.1", await server.start())
    await link.open()
    _, writer = await server.accepted.get()
    writer.write(b"\x06")
    writer.close()
    assert await link.read(5) == b"\x06"
    with pytest.raises(LinkError) as lost:
        await link.read(5)
    assert lost.value.code == "link_closed"
    with pytest.raises(LinkError):
        await link.write(b"\x05")
    await link.close()


async def test_a_closed_link_opens_again() -> None:
    server = Server()
    link = TcpLink("127.0.0.1", await server.start())
    for _ in range(2):
        await link.open()
        _, writer = await server.accepted.get()
        writer.write(b"\x15")
        assert await link.read(5) == b"\x15"
        await link.close()
        await link.close()
    with pytest.raises(LinkError, match="not open"):
        await link.read(1)


async def test_a_closed_port_is_named() -> None:
    with pytest.raises(LinkError) as refused:
        await TcpLink("127.0.0.1", free_port()).open()
    assert refused.value.code == "link_refused"
    assert "refused" in refused.value.detail
    assert refused.value.hint


async def test_an_unknown_host_is_named() -> None:
    with pytest.raises(LinkError) as unknown:
        await TcpLink("no-such-host.invalid", 7778).open()
    assert unknown.value.code == "link_host_unknown"


async def test_a_silent_address_gives_up_in_time() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)  # its queue of one is filled below, further SYNs are dropped
    address = listener.getsockname()
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:
        filler.settimeout(0)
        filler.connect_ex(address)
    started = asyncio.get_running_loop().time()
    with pytest.raises(LinkError) as late:
        await TcpLink("127.0.0.1", address[1], connect_timeout=0.2).open()
    assert late.value.code == "link_timeout"
    assert asyncio.get_running_loop().time() - started < 2
    for one in (*fillers, listener):
        one.close()
