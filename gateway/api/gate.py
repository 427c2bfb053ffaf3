"""The one gate before every handler: Host, Origin, token, address, scope — in this order, nothing read before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote

from aiohttp import web

from gateway.api.problems import Problem
from gateway.api.table import Route
from gateway.api.tokens import Granted, Tokens, may

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: Spellings of Host that are remembered as judged; further ones are judged each time.
MAX_SEEN = 1000
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]\s/]+)(?::(?P<port>[0-9]{1,5}))?").fullmatch
_PARAMETER = re.compile(r"\{[a-z]+\}")
_SEGMENT = r"([^/]+)"


def is_secure(request: web.BaseRequest) -> bool:
    """Whether the request came over TLS."""
    transport = request.transport
    return transport is not None and transport.get_extra_info("sslcontext") is not None


class Hosts:
    """Which Host headers are ours: loopback names and the called address with its port, configured names with any."""

    def __init__(self, names: Iterable[str]) -> None:
        given = [name.lower() for name in names]
        # Headers have IPv6 addresses in brackets, configurations may leave them out.
        self._names = frozenset([*given, *(f"[{name}]" for name in given if name.count(":") > 1 and name[0] != "[")])
        self._seen: set[tuple[str, object]] = set()

    def check(self, request: web.BaseRequest) -> None:
        """421 for a foreign one: this is what stops DNS rebinding."""
        given = request.headers.getall("Host", ())
        host = given[0] if len(given) == 1 else ""
        transport = request.transport
        address = transport.get_extra_info("sockname") if transport is not None else None
        if (host, address) in self._seen:
            return
        if not self._ours(host, address, 443 if is_secure(request) else 80):
            raise Problem("host_refused", f"the Host header says {host!r}, which is no name of this gateway")
        if len(self._seen) < MAX_SEEN:
            self._seen.add((host, address))

    def _ours(self, host: str, address: object, default_port: int) -> bool:
        match = _HOST(host)
        if match is None:
            return False
        name, given = match["name"].lower(), match["port"]
        if name in self._names or host.lower() in self._names:
            return True
        if not isinstance(address, tuple) or len(address) < 2 or int(given or default_port) != address[1]:
            return False
        # An address is no name that could be bound anew: the one that was called is ours.
        return name in LOOPBACK or name.strip("[]") == address[0]


class Origins:
    """Which web pages may call: an exact list, and the gateway's own documentation page."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(allowed)

    def check(self, request: web.BaseRequest) -> None:
        """403 for a page that is not on the list."""
        origin = request.headers.get("Origin")
        if origin is not None:
            if not self._may(origin, request):
                raise Problem("origin_refused", f"pages of {origin!r} may not call this gateway")
        elif request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and not _is_navigation(request):
            raise Problem("origin_refused", "a page of another site may not call this gateway")

    def headers(self, request: web.BaseRequest) -> Mapping[str, str]:
        """CORS headers of an answer."""
        origin = request.headers.get("Origin")
        if origin is None or origin not in self._allowed:
            return {"Vary": "Origin"} if self._allowed else {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Location, Retry-After",
            "Vary": "Origin",
        }

    def preflight(self, request: web.BaseRequest) -> web.Response:
        """The answer to an allowed page's OPTIONS."""
        headers = {
            **self.headers(request),
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer",
            "Access-Control-Max-Age": "600",
        }
        # Chromium before 142 asks this way; newer ones ask the person (linux_service.md 4).
        if request.headers.get("Access-Control-Request-Private-Network") == "true" and self._listed(request):
            headers["Access-Control-Allow-Private-Network"] = "true"
        return web.Response(status=204, headers=headers if self._listed(request) else {"Vary": "Origin"})

    def _listed(self, request: web.BaseRequest) -> bool:
        return request.headers.get("Origin") in self._allowed

    def _may(self, origin: str, request: web.BaseRequest) -> bool:
        # Host was checked before, so a page of this very address is the documentation.
        scheme = "https" if is_secure(request) else "http"
        return origin in self._allowed or origin == f"{scheme}://{request.headers.get('Host', '')}"


def _is_navigation(request: web.BaseRequest) -> bool:
    return request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"


class Router:
    """Finds the table's row of an address."""

    def __init__(self, table: Iterable[Route]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        patterns: dict[str, dict[str, Route]] = {}
        for route in table:
            place = patterns if "{" in route.path else self._plain
            place.setdefault(route.path, {})[route.method] = route
        self._patterns = [
            (re.compile(_PARAMETER.sub(_SEGMENT, re.sub(r"\.(?=[a-z])", r"\\.", path))).fullmatch, methods)
            for path, methods in patterns.items()
        ]

    def find(self, path: str) -> tuple[Mapping[str, Route], tuple[str, ...]]:
        """Routes by method (none for an unknown address), and the path's parameters."""
        methods = self._plain.get(path)
        if methods is not None:
            return methods, ()
        for match_of, methods in self._patterns:
            match = match_of(path)
            if match is not None:
                return methods, tuple(unquote(part) for part in match.groups())
        return {}, ()


def chosen(methods: Mapping[str, Route], method: str) -> Route:
    """The route of a method (HEAD is GET); 405 names what the address knows."""
    route = methods.get("GET" if method == "HEAD" else method)
    if route is None:
        if not methods:
            raise Problem("not_found", "no call has this address; /openapi.json lists all of them")
        allowed = ", ".join(sorted(methods))
        raise Problem(
            "method_not_allowed", f"{method} is not known here; there is {allowed}", headers={"Allow": allowed}
        )
    return route


def is_public(methods: Mapping[str, Route]) -> bool:
    """Whether an address asks for no token; an unknown one does."""
    for route in methods.values():
        return route.scope is None
    return False


async def authorise(tokens: Tokens, request: web.BaseRequest) -> Granted:
    """Whose token the request has; 401 for none, and after a pause for a wrong one."""
    header = request.headers.get("Authorization", "")
    kind, _, secret = header.partition(" ")
    if not header:
        raise Problem("token_missing", "send Authorization: Bearer with a token of this gateway")
    granted = tokens.granted(secret.strip()) if kind.lower() == "bearer" else None
    if granted is None:
        await tokens.wrong()
        raise Problem("token_invalid", "the token is not known here or was revoked")
    return granted


def check_scope(route: Route, scopes: frozenset[str]) -> None:
    """403 when the token may not do this."""
    if route.scope is not None and not may(scopes, route.scope):
        raise Problem(
            "scope_missing", f"this needs the scope {route.scope!r}, the token has {' '.join(sorted(scopes))}"
        )
