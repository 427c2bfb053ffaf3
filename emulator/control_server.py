"""What every control server of an emulated device is: HTTP on one address, JSON both ways, errors as JSON."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)
#: aiohttp writes a traceback for every line that is no HTTP; what handlers fail with is logged by `errors_as_json`.
_quiet = logging.getLogger("emulator.control.connections")
_quiet.setLevel(logging.CRITICAL)

MAX_BODY = 1 << 16


class ControlError(Exception):
    """What the caller asked is not possible: status, stable code, English detail."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def json_answer(value: object, status: int = 200) -> web.Response:
    """An answer with this value."""
    return web.json_response(value, status=status, dumps=_dumps)


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ControlError as error:
        return json_answer({"error": {"code": error.code, "detail": str(error)}}, error.status)
    except web.HTTPException as error:
        code = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}.get(error.status, "http_error")
        return json_answer(
            {"error": {"code": code, "detail": f"{request.method} {request.path}: {error.reason}"}}, error.status
        )
    except Exception:
        log.exception("control request failed", path=request.path)
        return json_answer({"error": {"code": "internal", "detail": "the emulator failed; see its log"}}, 500)


async def json_body(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; ControlError 400 for anything else."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ControlError(400, "broken_json", f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ControlError(400, "broken_json", "the body must be a JSON object")
    return body


class ControlServer(ABC):
    """Made closed; `routes` says what it answers."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    async def start(self, host: str, port: int) -> str:
        """Serve; answers the URL, real port known. OSError where the address is refused."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5, logger=_quiet)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        real = self._runner.addresses[0][1]
        return f"http://[{host}]:{real}" if ":" in host else f"http://{host}:{real}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[errors_as_json], client_max_size=MAX_BODY)
        app.add_routes(self.routes())
        return app
