"""The servers of permit mode on sockets, and the tester's hand on them.

A service stands under its own name: `http://HOST:PORT/cdn`, `/cdn-1` …, `/local`, `/piot`. Under `/permit`:
`PUT /permit/codes/{cis}` fields of the answers about a code (null leaves a field out), `GET/PUT /permit/settings`,
`POST/GET/DELETE /permit/faults`, `GET /permit/requests`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from emulator.control_server import ControlError, json_answer, json_body
from emulator.permit import codes
from emulator.permit.faults import parsed
from emulator.permit.servers import SERVICES, PermitServers

_FLAGS: Final = frozenset({"emergency", "recovered", "offline"})
_STATUSES: Final = frozenset({"ready", "not_configured", "initialization", "sync_error"})


class PermitControl:
    """Routes for one set of servers."""

    def __init__(self, servers: PermitServers) -> None:
        self._servers = servers

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/permit/codes", self.codes),
            web.put("/permit/codes/{cis:.+}", self.put_code),
            web.delete("/permit/codes/{cis:.+}", self.forget_code),
            web.get("/permit/faults", self.faults),
            web.post("/permit/faults", self.add_fault),
            web.delete("/permit/faults", self.clear_faults),
            web.get("/permit/requests", self.requests),
            web.get("/permit/settings", self.settings),
            web.put("/permit/settings", self.put_settings),
            web.route("*", r"/{server:cdn|cdn-\d+|local|piot}/{path:api/.*}", self.serve),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A request to one of the services."""
        server = request.match_info["server"]
        if server not in self._servers.names:
            raise ControlError(404, "unknown_server", f"there is no {server}; known: {', '.join(self._servers.names)}")
        path = request.raw_path.removeprefix(f"/{server}")
        root = f"{request.scheme}://{request.host}"
        reply = await self._servers.answer(server, request.method, path, request.headers, await request.read(), root)
        if reply.dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)  # nobody hears it
        return web.Response(status=reply.status, body=reply.body, content_type="application/json")

    async def codes(self, request: web.Request) -> web.Response:
        return json_answer(self._servers.own)

    async def put_code(self, request: web.Request) -> web.Response:
        """`{"eliminationState": 1, "realizable": null}`: these fields of the answers about the code."""
        cis = _cis(request)
        self._servers.own[cis] = {**self._servers.own.get(cis, {}), **await json_body(request)}
        return json_answer(self._servers.own[cis])

    async def forget_code(self, request: web.Request) -> web.Response:
        self._servers.own.pop(_cis(request), None)
        return json_answer({})

    async def faults(self, request: web.Request) -> web.Response:
        return json_answer([fault.as_json() for fault in self._servers.faults])

    async def add_fault(self, request: web.Request) -> web.Response:
        """`{"kind", "server"?, "path"?, "count"?, "seconds"?, "status"?, "code"?}`."""
        try:
            fault = parsed(await json_body(request), self._servers.names)
        except ValueError as error:
            raise ControlError(400, "invalid_fault", str(error)) from None
        self._servers.faults.append(fault)
        return json_answer(fault.as_json(), 201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._servers.faults.clear()
        return json_answer([])

    async def requests(self, request: web.Request) -> web.Response:
        """What came to the servers lately, oldest first."""
        return json_answer([*self._servers.requests])

    async def settings(self, request: web.Request) -> web.Response:
        return json_answer(self._servers.settings.as_json())

    async def put_settings(self, request: web.Request) -> web.Response:
        """`{"hosts": 3, "key": …, "times": {"cdn-1": ms}, "delays": {server: seconds}, "emergency", "recovered",
        "offline", "silent": true or names, "local": {"status", "hours_since_sync"}}`: what is given changes."""
        try:
            apply(self._servers, await json_body(request))
        except ValueError as error:
            raise ControlError(400, "invalid_settings", str(error)) from None
        return json_answer(self._servers.settings.as_json())


def apply(servers: PermitServers, given: Mapping[str, Any]) -> None:
    """Change settings; ValueError names what is wrong, and what stands before it is changed."""
    settings = servers.settings
    for name, value in given.items():
        if name in _FLAGS and isinstance(value, bool):
            setattr(settings, name, value)
        elif name == "hosts" and type(value) is int and 0 <= value <= 20:
            settings.hosts = value
        elif name == "key" and isinstance(value, str | None):
            settings.key = value
        elif name == "times" and _numbers(value, servers.names):
            settings.times = {host: int(time) for host, time in value.items()}
        elif name == "delays" and _numbers(value, servers.names):
            settings.delays = {server: float(seconds) for server, seconds in value.items()}
        elif name == "local" and isinstance(value, dict):
            _module(servers, value)
        elif name == "silent":
            settings.silent = _silent(value, servers.names)
        else:
            raise ValueError(f"{name} cannot be {value!r}; servers are {', '.join(servers.names)}")


def _silent(value: object, names: Sequence[str]) -> frozenset[str]:
    """Which of the servers: true is every service."""
    if isinstance(value, bool):
        return frozenset(SERVICES if value else ())
    if not isinstance(value, list) or not all(isinstance(one, str) and one in names for one in value):
        raise ValueError(f"silent is true, false or some of {', '.join(names)}, not {value!r}")
    return frozenset(value)


def _numbers(value: object, names: Sequence[str]) -> bool:
    return isinstance(value, dict) and all(
        name in names and isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 86_400
        for name, one in value.items()
    )


def _module(servers: PermitServers, given: Mapping[str, Any]) -> None:
    module = servers.settings.local
    for name, value in given.items():
        if name == "status" and value in _STATUSES:
            module.status = value
        elif name == "hours_since_sync" and isinstance(value, int | float) and 0 <= value <= 10_000:
            module.synchronised = timedelta(hours=value)
        else:
            raise ValueError(f"local.{name} cannot be {value!r}")


def _cis(request: web.Request) -> str:
    text = request.match_info["cis"]
    code = codes.read(text)
    return text if code is None else code.cis
