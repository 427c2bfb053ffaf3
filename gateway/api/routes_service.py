"""Version, health, metrics, OpenAPI and its browser."""

from __future__ import annotations

import html
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from gateway.api import answers, metrics, problems
from gateway.api.context import Context
from gateway.api.problems import Problem
from gateway.api.query import no_query

#: Files of the package that the page needs, with their types; nothing else is served.
ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


async def version(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The program's version, and whether every register of the shop is emulated."""
    no_query(request)
    snapshots = [handle.snapshot for handle in context.shop.registers.values()]
    return answers.json_answer(
        {
            "name": "fiscal-gateway",
            "version": context.version,
            "api": "v1",
            "emulated": any(snapshot.emulated for snapshot in snapshots),
        }
    )


async def live(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The process answers."""
    return answers.json_answer({"status": "live"})


async def ready(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The journal takes receipts. Registers may be away: what is accepted waits for them."""
    if context.shop.draining:
        raise Problem("stopping", "the gateway is stopping and takes no new work")
    registers = {
        name: "connected" if handle.snapshot.connected else "disconnected"
        for name, handle in context.shop.registers.items()
    }
    journal = "attention" if context.shop.journal.needs_a_look else "ok"
    return answers.json_answer({"status": "ready", "registers": registers, "journal": journal})


async def get_metrics(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Prometheus text."""
    return web.Response(
        body=metrics.exposition(context.shop, context.scanners, context.counts, context.version),
        headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"},
    )


async def docs(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The browsable documentation; everything it loads comes from here."""
    return _static(_PAGE.format(title=html.escape(f"fiscal-gateway {context.version}")).encode(), "text/html")


async def asset(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
    """A file of the documentation."""
    if name == "start.js":
        return _static(_START.encode(), "text/javascript")
    if name == "errors":
        return _static(problems.markdown().encode(), "text/plain")
    if name not in ASSETS:
        raise Problem("not_found", f"no file {name!r}")
    return _static(_bundled(name), ASSETS[name])


@cache
def _bundled(name: str) -> bytes:
    # The package (swagger-ui-py) is found, not imported: its files are all we want of it.
    package = find_spec("swagger_ui")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "static" / name).read_bytes()


def _static(body: bytes, kind: str) -> web.Response:
    charset = "" if kind.startswith("image/") else "; charset=utf-8"
    return web.Response(
        body=body,
        headers={
            "Content-Type": kind + charset,
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        },
    )
