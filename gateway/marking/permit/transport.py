"""One HTTP exchange as the clients of permit mode see it: a request, an answer, or nobody there."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

#: An answer about one code has some kilobytes; about a receipt's worth of codes some hundred.
LONGEST = 4 * 1024 * 1024


class Unreachable(Exception):
    """No connection, or it broke before the whole answer was there. `late`: there was none in time."""

    def __init__(self, why: str, *, late: bool = False) -> None:
        super().__init__(why)
        self.late = late


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `headers` may hold keys: they are never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)  # JSON

    @property
    def text(self) -> str:
        """The body as it is sent and kept."""
        return "" if self.body is None else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes


class Transport(Protocol):
    """Sends calls, any number at once."""

    async def send(self, call: Call, seconds: float) -> Reply:
        """Unreachable when the whole answer did not come within `seconds`."""

    async def close(self) -> None: ...


class HttpTransport:
    """Over real sockets. Redirects are not followed: a key is meant for the address it was given for."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, proxied: bool = False) -> None:
        """`proxied`: by the machine's own proxy settings; a service on this machine is called directly."""
        self._tls = tls
        self._proxied = proxied
        self._session: aiohttp.ClientSession | None = None

    async def send(self, call: Call, seconds: float) -> Reply:
        try:
            async with asyncio.timeout(seconds):
                return await self._sent(call)
        except TimeoutError:
            raise Unreachable(f"no answer within {seconds:.2f} s", late=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:200]) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _sent(self, call: Call) -> Reply:
        if self._session is None:  # needs the running loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, ssl=self._tls if self._tls is not None else True, ttl_dns_cache=300
                ),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=self._proxied,
            )
        headers = {"Content-Type": "application/json", "Accept": "application/json", **call.headers}
        data = call.text.encode("utf-8") if call.body is not None else None
        async with self._session.request(
            call.method, call.url, headers=headers, data=data, allow_redirects=False
        ) as response:
            body = await response.content.read(LONGEST + 1)
            parts = [body]
            size = len(body)
            while size <= LONGEST and (more := await response.content.read(LONGEST + 1 - size)):
                parts.append(more)
                size += len(more)
            if size > LONGEST:
                raise Unreachable("the answer is too long")
            return Reply(response.status, b"".join(parts))
