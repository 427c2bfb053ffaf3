"""The listening socket: plain on loopback, TLS where configured; and where the daemon says how it is reached."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from gateway.config import ADDRESS_FILE, WILDCARDS, ServerSettings, is_loopback

if TYPE_CHECKING:
    from gateway.tls import Certificate

log = structlog.get_logger(__name__)


class Site(web.BaseSite):
    """A site with a deadline for TLS handshakes, which aiohttp's own has not."""

    def __init__(self, runner: web.ServerRunner, host: str, port: int, certificate: Certificate | None) -> None:
        super().__init__(runner)
        self._host, self._port = host, port
        self._certificate = certificate

    @property
    def name(self) -> str:
        return f"{self._host}:{self._port}"

    async def start(self) -> None:
        await super().start()
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        if self._certificate is None:
            self._server = await loop.create_server(self._runner.server, self._host, self._port, backlog=self._backlog)
        else:
            from gateway.tls import HANDSHAKE_SECONDS

            self._server = await loop.create_server(
                self._runner.server,
                self._host,
                self._port,
                backlog=self._backlog,
                ssl=self._certificate.context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=HANDSHAKE_SECONDS,
            )


def _certificate(settings: ServerSettings, data_dir: Path, now: Callable[[], datetime]) -> Certificate:
    # Only who serves TLS pays for it: a fifth of a second of the start, and five megabytes.
    from gateway.tls import Certificate

    return Certificate(settings, data_dir, now)


@contextlib.asynccontextmanager
async def listening(
    runner: web.ServerRunner,
    settings: ServerSettings,
    data_dir: Path,
    *,
    now: Callable[[], datetime],
    reload: asyncio.Event,
) -> AsyncIterator[str]:
    """While inside, `runner` (set up) is served; yields the URL by which this machine reaches it.

    `now` is the real clock: callers judge certificates by it. `reload` set: look at the certificate at once.
    CertificateUnusable, OSError.
    """
    certificate = None if settings.tls == "off" else _certificate(settings, data_dir, now)
    if certificate is None and not is_loopback(settings.host):
        log.warning(
            "insecure_plain_http: tokens and buyers' data cross the network unprotected",
            host=settings.host,
            next_step='set [server] tls = "local"',
        )
    async with contextlib.AsyncExitStack() as stack:
        await Site(runner, settings.host, settings.port, certificate).start()
        url = _url(settings, *runner.addresses[0][:2])
        write = partial(_write_address, data_dir / ADDRESS_FILE, url, certificate)
        if certificate is not None:
            await stack.enter_async_context(certificate.watched(write, reload))
        write()
        stack.callback((data_dir / ADDRESS_FILE).unlink, missing_ok=True)
        yield url


def _url(settings: ServerSettings, host: str, port: int) -> str:
    if settings.host in WILDCARDS:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"{settings.scheme}://[{host}]:{port}" if ":" in host else f"{settings.scheme}://{host}:{port}"


def _write_address(path: Path, url: str, certificate: Certificate | None) -> None:
    """The URL, and on a second line the fingerprint by which the command line knows this daemon's certificate."""
    lines = [url] if certificate is None else [url, certificate.fingerprint]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
