"""A register on the network: `tcp:HOST:PORT`; behind a web server: `http://HOST:PORT`."""

from __future__ import annotations

import asyncio
import socket

from devices.errors import LinkError
from devices.links.base import Link
from devices.links.inbox import Inbox

#: Seconds (idle, interval) and count of keepalive probes, so that a register switched off overnight is noticed.
KEEPALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3))

#: Milliseconds a sent byte may stay unacknowledged by the other side's TCP (Linux). A busy device acknowledges bytes
#: that it has not read yet, a cut cable does not: this is what tells the two apart within 1.5 s (design.md, rule 4).
USER_TIMEOUT_MS = 1500

#: Seconds for a connection to be made. Short, because a cable that is back is noticed by the next attempt only.
CONNECT_TIMEOUT = 2.0


class TcpLink(Link):
    """A TCP connection without Nagle's delay (asyncio switches it off by itself)."""

    reliable = True

    def __init__(self, host: str, port: int, *, connect_timeout: float = CONNECT_TIMEOUT, web: bool = False) -> None:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.name = f"http://{place}" if web else f"tcp:{place}"
        self.web = web
        self._host = host
        self._port = port
        self._connect_timeout = connect_timeout
        self._receiver: _Receiver | None = None
        self._transport: asyncio.Transport | None = None

    async def open(self) -> None:
        await self.close()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout):
                transport, receiver = await loop.create_connection(lambda: _Receiver(self.name), self._host, self._port)
        except TimeoutError:
            raise LinkError(
                f"{self.name}: no connection within {self._connect_timeout:g} s",
                hint="Касса не отвечает по сети. Проверьте питание, кабель и адрес кассы.",
                code="link_timeout",
            ) from None
        except socket.gaierror as error:
            raise LinkError(
                f"{self.name}: the host name is not known ({error.strerror})",
                hint="Имя кассы в сети не найдено. Проверьте адрес кассы в настройках.",
                code="link_host_unknown",
            ) from error
        except ConnectionRefusedError as error:
            raise LinkError(
                f"{self.name}: connection refused; nothing listens on this port",
                hint="По этому адресу касса не принимает соединений. Проверьте порт и включён ли в кассе сервер TCP.",
                code="link_refused",
            ) from error
        except OSError as error:
            raise LinkError(
                f"{self.name}: cannot connect ({error.strerror or error})",
                hint="Касса недоступна по сети. Проверьте кабель, адрес и маску сети.",
                code="link_unreachable",
            ) from error
        _tune(transport.get_extra_info("socket"))
        self._transport, self._receiver = transport, receiver

    async def close(self) -> None:
        transport, receiver = self._transport, self._receiver
        self._transport = self._receiver = None
        if transport is None or receiver is None:
            return
        transport.abort()
        await receiver.lost.wait()

    async def write(self, data: bytes) -> None:
        if self._transport is None or self._receiver is None:
            raise _not_open(self.name)
        self._receiver.inbox.raise_if_broken()
        self._transport.write(data)

    async def read(self, timeout: float) -> bytes:
        if self._receiver is None:
            raise _not_open(self.name)
        return await self._receiver.inbox.get(timeout)


class _Receiver(asyncio.Protocol):
    def __init__(self, name: str) -> None:
        self.inbox = Inbox()
        self.lost = asyncio.Event()
        self._name = name

    def data_received(self, data: bytes) -> None:
        self.inbox.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        cause = f"the connection broke ({exc})" if exc else "the device closed the connection"
        self.inbox.fail(
            LinkError(
                f"{self._name}: {cause}",
                hint="Связь с кассой оборвалась. Проверьте кабель и питание кассы.",
                code="link_closed",
            )
        )
        self.lost.set()


def _tune(sock: socket.socket | None) -> None:
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (*KEEPALIVE, ("TCP_USER_TIMEOUT", USER_TIMEOUT_MS)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _not_open(name: str) -> LinkError:
    return LinkError(f"{name}: the link is not open", hint="Связь с кассой не установлена.", code="link_closed")
