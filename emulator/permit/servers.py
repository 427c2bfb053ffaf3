"""The services of permit mode behind one call: a request in, an answer out. Field names as marking.md §4 and the public
clients named there have them.

`cdn` is the list of hosts, `cdn-1` … the hosts, `local` the local module ЛМ ЧЗ (API v1 and v2), `piot` ТС ПИоТ (v1-v3).
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

from emulator.marking.book import CodeBook
from emulator.permit import codes
from emulator.permit.faults import Fault, Kind

_REMEMBERED = 1000
#: Statuses of the local module in which it answers about codes, and the errors of the others.
NOT_READY: Final = {"not_configured": 4045, "initialization": 4045, "sync_error": 4050}
STALE: Final = timedelta(hours=72)
#: Seconds that ТС ПИоТ waits for the marking system.
PATIENCE: Final = 1.8
#: Seconds after which a silent service hangs up: no till waits so long.
SILENCE: Final = 10.0
#: The services, as settings and faults name them; hosts of the CDN have names of their own besides.
SERVICES: Final = ("cdn", "local", "piot")


@dataclass(frozen=True, slots=True)
class Reply:
    """`dropped`: the connection is closed instead."""

    status: int
    body: bytes
    dropped: bool = False

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Reply:
        return cls(status, json.dumps(value, ensure_ascii=False).encode())


@dataclass(slots=True)
class Module:
    """The local module's own state. `inst` and `version` go into tag 1265."""

    status: str = "ready"
    synchronised: timedelta = timedelta(minutes=5)  # so long ago
    inst: str = "4679b3db-da6a-44e0-a2e6-a684437bafb0"
    version: str = "1.5.2-2"
    user: str = "admin"
    password: str = "admin"  # noqa: S105 - the factory's own # nosec B105


@dataclass(slots=True)
class Settings:
    """What a tester may change. `key` None: any key does."""

    hosts: int = 3
    key: str | None = None
    inn: str = "7707083893"
    times: dict[str, int] = field(default_factory=dict)  # host -> avgTimeMs
    delays: dict[str, float] = field(default_factory=dict)  # server -> seconds of every answer
    local: Module = field(default_factory=Module)
    emergency: bool = False  # of ТС ПИоТ: HTTP 203
    recovered: bool = False  # its next answer is the first after an emergency: code 204
    offline: bool = False  # ТС ПИоТ does not reach the marking system and asks the local module
    silent: frozenset[str] = frozenset()  # services and hosts that give no answer; ТС ПИоТ says so itself: 514

    def as_json(self) -> dict[str, Any]:
        """As `GET /permit/settings` shows them."""
        module = {"status": self.local.status, "hours_since_sync": self.local.synchronised / timedelta(hours=1)}
        return {
            "hosts": self.hosts,
            "key": self.key,
            "times": self.times,
            "delays": self.delays,
            "emergency": self.emergency,
            "recovered": self.recovered,
            "offline": self.offline,
            "silent": sorted(self.silent),
            "local": module,
        }


class PermitServers:
    """`now` is the shop's clock. Belongs to one event loop; `answer` may be called any number of times at once."""

    def __init__(self, book: Callable[[], CodeBook], now: Callable[[], datetime]) -> None:
        self._book = book
        self._now = now
        self._count = 0
        self.clear()

    def clear(self) -> None:
        """As new: no faults, no fields of a tester's, no memory."""
        self.settings = Settings()
        self.own: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.requests: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    @property
    def names(self) -> list[str]:
        """Every server."""
        return ["cdn", *self.hosts, "local", "piot"]

    @property
    def hosts(self) -> list[str]:
        return [f"cdn-{number}" for number in range(1, self.settings.hosts + 1)]

    async def answer(
        self, server: str, method: str, path: str, headers: Mapping[str, str], body: bytes, root: str
    ) -> Reply:
        """One request. `path` with its query; `root` is the address under which the servers stand, each by its name."""
        known = {name.lower(): value for name, value in headers.items()}
        self.requests.append(
            {"server": server, "method": method, "path": path, "body": body.decode("utf-8", "replace")}
        )
        delay = self.settings.delays.get(server, 0.0)
        if delay:
            await asyncio.sleep(delay)
        if server != "piot" and self.settings.silent & {server, server.partition("-")[0]}:
            await asyncio.sleep(SILENCE)
            return Reply(0, b"", dropped=True)
        fault = self._fault(server, path)
        if fault is not None and fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind in _INSTEAD:
            return _INSTEAD[fault.kind](fault)
        reply = await self._served(server, method, path, known, body, root)
        return _spoilt(reply, fault)

    def _fault(self, server: str, path: str) -> Fault | None:
        fault = next((one for one in self.faults if one.strikes(server, path)), None)
        if fault is not None:
            fault.count -= 1
            if not fault.count:
                self.faults.remove(fault)
        return fault

    async def _served(
        self, server: str, method: str, path: str, headers: Mapping[str, str], body: bytes, root: str
    ) -> Reply:
        where, _, query = path.partition("?")
        if server == "local":
            return self._local(method, where, query, headers, body)
        if server == "piot":
            return await self._piot(method, where, body)
        return self._cdn(server, method, where, headers, body, root)

    # --- the CDN of the True API

    def _cdn(self, server: str, method: str, path: str, headers: Mapping[str, str], body: bytes, root: str) -> Reply:
        key = headers.get("x-api-key", "")
        if not key or self.settings.key not in {None, key}:
            return Reply.of({"code": 401, "description": "Unauthorized"}, 401)
        if server == "cdn" and (method, path) == ("GET", "/api/v4/true-api/cdn/info"):
            hosts = [{"host": f"{root}/{name}"} for name in self.hosts]
            return Reply.of({"code": 0, "description": "ok", "hosts": hosts})
        if (method, path) == ("GET", "/api/v4/true-api/cdn/health/check"):
            return Reply.of({"code": 0, "description": "ok", "avgTimeMs": self.settings.times.get(server, 30)})
        if (method, path) == ("POST", "/api/v4/true-api/codes/check"):
            asked = _list(body, "codes")
            if not asked or not all(isinstance(one, str) for one in asked):
                return Reply.of({"code": 400, "description": "codes must be a list of codes"}, 400)
            return Reply.of(self._checked([str(one) for one in asked]))
        return Reply.of({"code": 404, "description": "not found"}, 404)

    def _checked(self, asked: Sequence[str]) -> dict[str, Any]:
        entries = []
        for text in asked:
            code = codes.read(text)
            cis = text if code is None else code.cis
            entries.append(codes.online(text, code, self._book().facts(cis), self.own.get(cis, {}), self.settings.inn))
        return {"code": 0, "description": "ok", "codes": entries, **self._named()}

    def _named(self) -> dict[str, Any]:
        """A request's own id, always another one, and its moment."""
        self._count += 1
        moment = self._now()
        seed = blake2b(f"{self._count} {moment.isoformat()}".encode(), digest_size=16).digest()
        return {"reqId": str(UUID(bytes=seed, version=4)), "reqTimestamp": int(moment.timestamp() * 1000)}

    # --- the local module

    def _local(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        module = self.settings.local
        wanted = "Basic " + base64.b64encode(f"{module.user}:{module.password}".encode()).decode()
        if headers.get("authorization") != wanted:
            return Reply.of({"error": "unauthorized"}, 401)
        version, _, action = path.removeprefix("/api/").partition("/")
        if version not in {"v1", "v2"}:
            return Reply.of({"error": "not found"}, 404)
        if (method, action) == ("GET", "status"):
            return Reply.of(self._status())
        if (method, action) == ("POST", "init"):
            if not isinstance(_object(body).get("token"), str):
                return Reply.of({"error": "token"}, 400)
            module.status = "ready" if module.status == "not_configured" else module.status
            return Reply.of({})
        if action in {"cis/check", "cis/outCheck"}:
            return self._listed(version, method, action, query, body)
        return Reply.of({"error": "not found"}, 404)

    def _listed(self, version: str, method: str, action: str, query: str, body: bytes) -> Reply:
        error = NOT_READY.get(self._module_status())
        if error is not None:
            return Reply.of({"errorCode": error, "description": self._module_status()}, 400)
        if method == "GET" and version == "v1":
            asked: list[Any] = parse_qs(query).get("cis", [])
        else:
            asked = _list(body, "cis_list")
        names = _cises(asked, plain=version == "v1")
        if not names:
            return Reply.of({"code": 400, "description": "cis_list"}, 400)
        inner = self._black_list(names)
        return Reply.of(inner if action == "cis/check" else {"results": [inner]})

    def _black_list(self, asked: Sequence[str]) -> dict[str, Any]:
        module = self.settings.local
        entries = [
            codes.offline(text, codes.read(text), self._book().facts(text), self.own.get(text, {})) for text in asked
        ]
        told = {"inst": module.inst, "version": module.version}
        return {"code": 0, "description": "ok", "codes": entries, **self._named(), **told}

    def _module_status(self) -> str:
        module = self.settings.local
        return "sync_error" if module.status == "ready" and module.synchronised > STALE else module.status

    def _status(self) -> dict[str, Any]:
        module, now = self.settings.local, self._now()
        return {
            "version": module.version,
            "status": self._module_status(),
            "operationMode": "active",
            "lastSync": int((now - module.synchronised).timestamp() * 1000),
            "lastUpdate": int((now - module.synchronised).timestamp() * 1000),
            "inst": module.inst,
            "inn": self.settings.inn,
            "name": "regime",
            "dbVersion": "1",
            "serviceUrl": "",
            "requiresDownload": False,
        }

    # --- ТС ПИоТ

    async def _piot(self, method: str, path: str, body: bytes) -> Reply:
        version = path.removeprefix("/api/").partition("/")[0]
        if version not in {"v1", "v2", "v3"} or method != "POST" or not path.endswith("/codes/check"):
            return Reply.of({"code": 404, "message": "not found"}, 404)
        given = _object(body)
        client, asked = given.get("client_info"), _list(body, "codes")
        if not isinstance(client, dict) or not all(client.get(one) for one in ("name", "version", "id", "token")):
            return Reply.of({"code": 400, "message": "client_info"}, 400)
        if version == "v3":
            asked = [one.get("cis") if isinstance(one, dict) else None for one in asked]
        texts = [_unpacked(one) for one in asked]
        if not texts or any(text is None for text in texts):
            return Reply.of({"code": 400, "message": "codes must be Base64"}, 400)
        if self.settings.emergency:
            return Reply.of({"code": 203, "message": "emergency"}, 203)
        if "piot" in self.settings.silent:
            await asyncio.sleep(PATIENCE)
            return Reply.of({"code": 514, "message": "no answer within 1800 ms"}, 514)
        return Reply.of(_wrapped(version, await self._inner([text or "" for text in texts])))

    async def _inner(self, texts: Sequence[str]) -> dict[str, Any]:
        if self.settings.offline:
            await asyncio.sleep(PATIENCE)
            known = [codes.read(text) for text in texts]
            cises = [text if code is None else code.cis for text, code in zip(texts, known, strict=True)]
            inner = {**self._black_list(cises), "isCheckedOffline": True}
            return inner | {"reqTimestamp": str(inner["reqTimestamp"])}  # text, as one was seen
        inner = {**self._checked(texts), "isCheckedOffline": False}
        if self.settings.recovered:
            self.settings.recovered = False
            inner["code"] = 204
        return inner


def _wrapped(version: str, inner: dict[str, Any]) -> dict[str, Any]:
    wrapped = {"codesResponse": [inner]}
    return {"codesResponse": wrapped} if version == "v1" else wrapped


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _list(body: bytes, name: str) -> list[Any]:
    value = _object(body).get(name)
    return value if isinstance(value, list) else []


def _cises(asked: Sequence[Any], *, plain: bool) -> list[str]:
    """КИ of a list: words in v1, objects in v2; nothing for the other form."""
    names = [one if plain else one.get("cis") if isinstance(one, dict) else None for one in asked]
    return [name for name in names if isinstance(name, str)] if all(isinstance(one, str) for one in names) else []


def _unpacked(value: object) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode("latin-1") if isinstance(value, str) else None
    except ValueError:
        return None


_INSTEAD: Final[Mapping[Kind, Callable[[Fault], Reply]]] = {
    Kind.STATUS: lambda fault: Reply.of({"code": fault.status, "description": "error"}, fault.status),
    Kind.CODE: lambda fault: Reply.of({"code": fault.code, "description": "error"}, 500),
    Kind.INNER: lambda fault: Reply.of({"code": fault.code, "description": "error"}),
    Kind.GARBAGE: lambda fault: Reply(200, b"<html><body>Bad gateway</body></html>"),
    Kind.DROP: lambda fault: Reply(0, b"", dropped=True),
}


def _spoilt(reply: Reply, fault: Fault | None) -> Reply:
    if fault is None:
        return reply
    if fault.kind is Kind.TRUNCATED:
        return Reply(reply.status, reply.body[: len(reply.body) // 2])
    if fault.kind in {Kind.WRONG_CODES, Kind.NO_CODES}:
        return Reply(reply.status, _other(json.loads(reply.body), nothing=fault.kind is Kind.NO_CODES))
    return reply


def _other(value: Any, *, nothing: bool) -> bytes:
    """The answer with every entry about another code, or with none."""

    def changed(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                name: ([] if nothing else [_foreign(one) for one in inner]) if name == "codes" else changed(inner)
                for name, inner in part.items()
            }
        return [changed(one) for one in part] if isinstance(part, list) else part

    return json.dumps(changed(value), ensure_ascii=False).encode()


def _foreign(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "cis": "010460000000000821other", "printView": "010460000000000821other"}
