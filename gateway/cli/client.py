"""The command line's way to the running daemon: its HTTP API, with the admin token of the data directory."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from devices.errors import GatewayError
from gateway.config import ADDRESS_FILE, ADMIN_TOKEN_FILE
from gateway.tls_authority import ca_file

#: How a server is known: by a context's authorities, by its certificate's fingerprint, or as the system does (True).
Known = ssl.SSLContext | aiohttp.Fingerprint | bool

_JSON = "application/json"


class NoDaemon(GatewayError):
    """Nothing answers at the daemon's address."""

    code = "daemon_unreachable"


class Refused(GatewayError):
    """The daemon answered with a problem (RFC 9457); `body` is the whole of it, `errors` its faults by pointer."""

    code = "refused"

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        detail = str(body.get("detail") or body.get("title") or f"HTTP {status}")
        super().__init__(detail, hint=str(body.get("hint", "")), code=str(body.get("code", "refused")))
        self.status = status
        self.body = body
        self.errors: list[dict[str, Any]] = body.get("errors") or []


def connect(data_dir: Path, url: str | None = None) -> Client:
    """A client of the daemon that owns `data_dir`, or of the one at `url` with the token of `data_dir`.

    Our own daemon is known by the fingerprint it wrote down; another one by the system's authorities, and by the local
    authority of `data_dir` where there is one.
    """
    if url is None:
        url, fingerprint = find_address(data_dir)
        known: Known = aiohttp.Fingerprint(bytes.fromhex(fingerprint)) if fingerprint else True
    else:
        known = ssl.create_default_context()
        authority = ca_file(data_dir)
        if authority.is_file():
            known.load_verify_locations(authority)
    return Client(url, find_token(data_dir), known)


def find_address(data_dir: Path) -> tuple[str, str]:
    """What the daemon that owns `data_dir` wrote when it began to accept: its URL, its certificate's SHA-256 or ""."""
    try:
        url, fingerprint, *_ = [*(data_dir / ADDRESS_FILE).read_text(encoding="ascii").split(), "", ""]
    except OSError as error:
        raise NoDaemon(
            f"no gateway is running on {data_dir} (no {ADDRESS_FILE} file); start `fiscal-gateway serve` or give --url",
            hint="Шлюз не запущен: запустите службу fiscal-gateway или укажите --url и --data-dir.",
        ) from error
    return url, fingerprint


def find_token(data_dir: Path) -> str:
    """The admin token of the data directory."""
    try:
        return (data_dir / ADMIN_TOKEN_FILE).read_text(encoding="ascii").strip()
    except OSError as error:
        raise NoDaemon(
            f"cannot read {data_dir / ADMIN_TOKEN_FILE}: {error.strerror}; run as its user or give --data-dir",
            hint="Нет доступа к токену шлюза: запустите от его пользователя (sudo -u fiscal-gateway).",
        ) from error


class Client:
    """`async with Client(url, token) as gateway: await gateway.get("/api/v1/registers")`."""

    def __init__(self, url: str, token: str, known: Known = True) -> None:
        """`known` is how a server that speaks TLS proves itself; True: by the system's authorities."""
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._known = known
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=aiohttp.ClientTimeout(total=None, sock_connect=5)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str) -> Any:
        """JSON of a GET."""
        return json.loads(await self._call("GET", path, None, query))

    async def text(self, path: str, **query: str) -> str:
        """Text of a GET."""
        return (await self._call("GET", path, None, query)).decode()

    async def post(self, path: str, body: object | None = None, **query: str) -> Any:
        """JSON of a POST; `body` is an object, or JSON text sent as it is."""
        return json.loads(await self._call("POST", path, body if body is not None else {}, query))

    async def put(self, path: str, body: object) -> Any:
        """JSON of a PUT."""
        return json.loads(await self._call("PUT", path, body, {}))

    async def upload(self, path: str, content: bytes, media: str) -> Any:
        """JSON of a POST of a file's bytes."""
        return json.loads(await self._call("POST", path, content, {}, media))

    async def delete(self, path: str) -> Any:
        """JSON of a DELETE."""
        return json.loads(await self._call("DELETE", path, None, {}))

    async def events(self, path: str, **query: str) -> AsyncIterator[tuple[str, str]]:
        """Server-Sent Events as (kind, data), until the daemon ends the stream; first ("open", "")."""
        async with self._request("GET", path, None, query) as answer:
            yield "open", ""
            kind, data = "message", ""
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data += value
                elif not name and data:
                    yield kind, data
                    kind, data = "message", ""

    async def _call(
        self, method: str, path: str, body: object | None, query: dict[str, str], media: str = _JSON
    ) -> bytes:
        async with self._request(method, path, body, query, media) as answer:
            return await answer.read()

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, body: object | None, query: dict[str, str], media: str = _JSON
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that is no refusal; NoDaemon where none comes."""
        if self._session is None:
            raise RuntimeError("use `async with Client(…)`")
        ready = body is None or isinstance(body, (str, bytes))
        data = body if ready else json.dumps(body, ensure_ascii=False)
        headers = {"Content-Type": media} if data is not None else {}
        try:
            async with self._session.request(
                method, self.url + path, data=data, params=query, headers=headers, ssl=self._known
            ) as answer:
                if answer.status >= 400:
                    raise Refused(answer.status, _problem(await answer.read()))
                yield answer
        except aiohttp.ClientSSLError as error:
            raise NoDaemon(
                f"{self.url} does not prove that it is the gateway: {error}; see `fiscal-gateway trust`, correct --url",
                hint="Сертификат шлюза не признан: выполните fiscal-gateway trust или исправьте --url.",
                code="daemon_not_trusted",
            ) from error
        except aiohttp.ClientConnectionError as error:
            raise NoDaemon(
                f"no gateway answers at {self.url}: {error}; start it or correct --url",
                hint="Шлюз не отвечает: проверьте, запущена ли служба fiscal-gateway.",
            ) from error


def _problem(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {"detail": content.decode(errors="replace")[:500]}
    return body if isinstance(body, dict) else {"detail": str(body)}
