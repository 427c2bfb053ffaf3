"""The HTTP application: `create_app` puts gate, table and handlers together.

There is no stack of middlewares: one function stands before the handlers, because the durable accept must stay
within 200 microseconds of one core.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import structlog
from aiohttp import web

from devices.errors import GatewayError
from gateway.api import openapi, problems
from gateway.api.answers import json_answer
from gateway.api.context import Context, TraceSource
from gateway.api.gate import Hosts, Origins, Router, authorise, check_scope, chosen, is_public
from gateway.api.pictures import Pictures
from gateway.api.problems import Problem
from gateway.api.server import MAX_CONNECTIONS, Connection, Server
from gateway.api.table import Route, routes
from gateway.api.tokens import GRANTED, Tokens
from gateway.journal.executor import Executor, InlineExecutor
from gateway.marking.decode import Decoder
from gateway.orders.service import Orders
from gateway.scanners import Hub
from gateway.shop import Shop

log = structlog.get_logger("gateway.api")

#: Counted for requests whose caller did not stay for the answer (nginx's number for them); never sent.
CLIENT_GONE = 499


class Api:
    """The application: `handle` answers one request, `runner` serves it on sockets."""

    def __init__(
        self,
        context_of: Callable[[Api], Context],
        *,
        hosts: Collection[str],
        origins: Collection[str],
        metrics_open: bool,
        max_connections: int,
    ) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self._hosts = Hosts(hosts)
        self.origins = Origins(origins)
        self.context = context_of(self)
        self._table = routes(metrics_open=metrics_open)
        self._table.append(self._description())
        self._router = Router(self._table)
        self._max_connections = max_connections

    def runner(self) -> web.ServerRunner:
        """To be set up and given sites (`web.TCPSite(runner, host, port)`)."""
        self.server = Server(self.handle, limit=self._max_connections)
        return web.ServerRunner(self.server)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; raises nothing but cancellation, and ConnectionError when the caller went away."""
        place = "-"
        try:
            if isinstance(request.protocol, Connection):
                request.protocol.head_arrived()
            place, response = await self._answer(request)
        except GatewayError as error:
            response = problems.answer(error)
            if response.status == 500:
                log.warning("request refused", status=response.status, code=error.code, detail=error.detail)
        except Exception as error:
            if isinstance(error, ConnectionError) and request.transport is None:
                # The caller went away. What it asked for stands; only nobody hears the answer.
                self.counts[place, CLIENT_GONE] += 1
                raise
            log.exception("request failed", method=request.method, path=request.raw_path.partition("?")[0][:200])
            response = problems.answer(Problem("internal_error", "the gateway failed; the log knows why"))
        self.counts[place, response.status] += 1
        if not response.prepared:
            for name, value in self.origins.headers(request).items():
                response.headers[name] = value
        return response

    async def _answer(self, request: web.BaseRequest) -> tuple[str, web.StreamResponse]:
        self._hosts.check(request)
        self.origins.check(request)
        if request.method == "OPTIONS":
            return "preflight", self.origins.preflight(request)
        methods, parameters = self._router.find(request.raw_path.partition("?")[0])
        granted = None if is_public(methods) else await authorise(self.context.tokens, request)
        route = chosen(methods, request.method)
        if granted is not None:
            if isinstance(request.protocol, Connection):
                request.protocol.token_shown()
            check_scope(route, granted.scopes)
            request[GRANTED] = granted
        return route.path, await route.handler(self.context, request, *parameters)

    def _description(self) -> Route:
        listed = list(self._table)

        async def describe(context: Context, request: web.BaseRequest) -> web.StreamResponse:
            return json_answer(openapi.document([*listed, own], context.version))

        own = Route(
            method="GET",
            path="/openapi.json",
            handler=describe,
            summary="This document",
            scope=None,
            answers={200: ""},
        )
        return own


def create_app(
    shop: Shop,
    *,
    tokens: Tokens,
    now: Callable[[], datetime],
    rng: random.Random,
    traces: TraceSource | None = None,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    metrics_open: bool = False,
    max_connections: int = MAX_CONNECTIONS,
    drawing: Executor | None = None,
    scanners: Hub | None = None,
    decoder: Decoder | None = None,
    orders: Orders | None = None,
) -> Api:
    """The API over a shop. `hosts` and `origins` are allow-lists besides loopback and none.

    `drawing` is where pictures of papers are drawn: in place when none is given. `decoder` reads pictures of codes; who
    gives one closes it.
    """
    pictures = Pictures(drawing or InlineExecutor())

    def context_of(api: Api) -> Context:
        return Context(
            shop=shop,
            orders=orders or Orders(shop, now=now),
            scanners=scanners or Hub({}, now=now),
            tokens=tokens,
            traces=traces,
            pictures=pictures,
            decoder=decoder or Decoder(),
            now=now,
            rng=rng,
            version=program_version(),
            metrics_open=metrics_open,
            cors=api.origins.headers,
            counts=api.counts,
        )

    return Api(context_of, hosts=hosts, origins=origins, metrics_open=metrics_open, max_connections=max_connections)


def program_version() -> str:
    """Of the installed distribution."""
    try:
        return version("fiscal-gateway")
    except PackageNotFoundError:
        return "0+unknown"
