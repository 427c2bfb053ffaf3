"""HTTP on a connection of the shop, whatever it is made of: aiohttp's server fed from a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp.web_protocol import RequestHandler

from emulator.channels import Channel


class ChannelTransport(asyncio.Transport):
    """What aiohttp writes to."""

    def __init__(self, channel: Channel) -> None:
        super().__init__({"peername": None})
        self._channel = channel
        self._waiting = bytearray()
        self._closing = False
        self._news = asyncio.Event()

    async def pump(self) -> None:
        """Bring what was written to the channel until it is closed from either side."""
        while not self._channel.closed:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                data = bytes(self._waiting)
                self._waiting.clear()
                await self._channel.write(data)
            if self._closing:
                self._channel.close()

    def write(self, data: Any) -> None:
        self._waiting += data
        self._news.set()

    def close(self) -> None:
        """What was written still goes out."""
        self._closing = True
        self._news.set()

    def abort(self) -> None:
        self._closing = True
        self._waiting.clear()
        self._channel.close()

    def is_closing(self) -> bool:
        return self._closing or self._channel.closed

    def get_protocol(self) -> asyncio.BaseProtocol:
        raise NotImplementedError("the channel has none")

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        return None

    def pause_reading(self) -> None:
        """A channel buffers what is not read."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""


async def serve(channel: Channel, make: Callable[[], RequestHandler]) -> None:
    """Answer the requests of one connection until its end."""
    loop = asyncio.get_running_loop()
    protocol, transport = make(), ChannelTransport(channel)
    protocol.connection_made(transport)
    pump = loop.create_task(transport.pump())
    try:
        while data := await channel.read():
            protocol.data_received(data)
    finally:
        pump.cancel()
        # aiohttp takes a request up in a task of its own and relies, as with sockets, on hearing of the end in a later
        # round of the loop: the one after next, for nothing says which of a round's tasks runs first.
        loop.call_soon(loop.call_soon, protocol.connection_lost, None)
