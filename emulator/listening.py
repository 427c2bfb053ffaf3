"""Where an emulated device accepts connections: TCP ports and pseudo-terminals."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable

from emulator.channels import (
    Address,
    Handler,
    Listener,
    PtyAddress,
    Sessions,
    TcpAddress,
    TcpChannel,
    TcpListener,
    parse_listen,
)


async def listen(address: Address | str, sessions: Sessions | Handler) -> Listener:
    """Start serving one address; several may share their sessions. A bare handler: the newest connection wins.

    ValueError for a malformed address; OSError where the system refuses it (port in use, no right, path taken).
    """
    if isinstance(address, str):
        address = parse_listen(address)
    if not isinstance(sessions, Sessions):
        sessions = Sessions(sessions)
    if isinstance(address, PtyAddress):
        if sys.platform != "linux":
            raise OSError("pseudo-terminals are served on Linux only; use tcp:HOST:PORT")
        from emulator.terminal import PtyListener  # needs POSIX

        return PtyListener(address, sessions)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: TcpChannel(sessions.accept), address.host, address.port)
    port = server.sockets[0].getsockname()[1]
    return TcpListener(server, TcpAddress(address.host, port), sessions)


async def listen_all(addresses: Iterable[Address | str], sessions: Sessions | Handler) -> list[Listener]:
    """`listen` on each, for one device; when one fails those before it are closed again."""
    if not isinstance(sessions, Sessions):
        sessions = Sessions(sessions)
    listeners: list[Listener] = []
    try:
        for address in addresses:
            listeners.append(await listen(address, sessions))  # noqa: PERF401 — closed on failure
    except BaseException:
        for listener in listeners:
            await listener.close()
        raise
    return listeners
