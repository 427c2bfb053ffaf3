"""The server's HTTP: what both versions of its API share, and v1 (§1.2). A slash at the end does not matter."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from emulator.faults import Fault, FaultKind, FaultPoint, Faults
from emulator.registers.atol_web.devices import Devices, NoDevice
from emulator.registers.atol_web.queue import Duplicate, Entry, Queue, State
from protocols.atol_web import commands, results, text
from protocols.atol_web.commands import BadRequest, Request, parse_request
from protocols.atol_web.receipts import TaskFaults
from protocols.atol_web.text import NotJson

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Names and codes of calls, as faults call them; tasks have the codes below.
CALLS: Final = {"http_add": 0x101, "http_result": 0x102, "http_cancel": 0x103, "http_queue": 0x104, "http_now": 0x105}
#: Quirk `auth`.
USER, PASSWORD = "atol", "atol"  # of an emulator # nosec B105
_LETTER: Final = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_UNAUTHORISED: Final = 401
_OPEN: Final = ("/api/v2/serverInfo", "/api/v2/utils")
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}
_HANGS_UP: Final = frozenset(
    {
        FaultKind.LOSE_COMMAND,
        FaultKind.CUT_BEFORE,
        FaultKind.CUT_REQUEST,
        FaultKind.STALL_REQUEST,
        FaultKind.DROP_ANSWER,
        FaultKind.CUT,
        FaultKind.LATE_ANSWER,
        FaultKind.STALL,
    }
)
#: Receipts of a thousand lines with pictures fit.
MAX_BODY: Final = 4 << 20


class Refused(Exception):
    """The call is refused: HTTP status and Russian text, `code` of the error object."""

    def __init__(self, status: int, description: str, code: int = results.HttpError().code) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


def answer(values: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=text.write(values), content_type="application/json", charset="utf-8")


async def body_of(request: web.Request) -> Any:
    """Refused 400 for what is no JSON."""
    try:
        return text.read(await request.read())
    except NotJson:
        raise Refused(400, "Ошибка разбора JSON") from None


class Api:
    """What both versions do with requests. `fail` cuts the power."""

    def __init__(
        self,
        queue: Queue,
        devices: Devices,
        faults: Faults,
        wake: Callable[[], None],
        fail: Callable[[float], None],
        quirks: frozenset[str],
    ) -> None:
        self.queue = queue
        self.devices = devices
        self.fail = fail
        self.wake = wake
        self._faults = faults
        self._quirks = quirks

    async def accept(self, request: web.Request) -> tuple[Request, str]:
        """Queue the request of a body: it and its device. Refused."""
        body = await body_of(request)
        try:
            given = parse_request(body)
        except BadRequest as error:
            raise Refused(400, f"Некорректное значение или тип поля '{error.field}': {error}") from None
        if "array-only" in self._quirks and not isinstance(body["request"], list):
            raise Refused(400, "Некорректное значение или тип поля 'request'")
        settings = self.devices.settings
        if settings.validate_requests_on_add:
            _validate(given)
        device = self.device_of(request, given.device)
        try:
            self.queue.add(given, device, keep_minutes=settings.delete_requests_after)
        except Duplicate:
            raise Refused(
                409, f"Не удалось добавить задание с UUID [{given.uuid}], задание с таким UUID уже есть"
            ) from None
        self.wake()
        return given, device

    def device_of(self, request: web.Request, given: str | None = None) -> str:
        """The id of the device that is meant. Refused 404."""
        name = request.query.get("deviceID") or given
        try:
            return self.devices.get(name).id
        except NoDevice:
            raise Refused(404, f"Устройство [{name}] не найдено") from None

    def entry(self, request: web.Request) -> Entry:
        """Refused 404."""
        entry = self.queue.get(request.match_info["uuid"])
        if entry is None:
            raise Refused(404, f"Задание с UUID [{request.match_info['uuid']}] не найдено")
        return entry

    def cancel(self, request: web.Request, late: int) -> None:
        """Refused 404, or with the status `late` when it has begun."""
        entry = self.entry(request)
        if entry.state is not State.WAITING:
            raise Refused(late, f"Задание с UUID [{entry.uuid}] уже выполняется или выполнено")
        self.queue.cancel(entry)

    def call(self, name: str, handler: Handler) -> Handler:
        """The handler with the faults that strike its HTTP."""
        code = CALLS[name]

        async def called(request: web.Request) -> web.StreamResponse:
            before = self._faults.take(code, FaultPoint.COMMAND, named=True)
            if before is not None:
                await self._strike(before, request)
            response = await handler(request)
            after = self._faults.take(code, FaultPoint.ANSWER, named=True)
            if after is not None:
                await self._strike(after, request)
            return response

        return called

    async def _strike(self, fault: Fault, request: web.Request) -> None:
        if fault.kind in {FaultKind.RESTART, FaultKind.RESTART_AFTER}:
            self.fail(fault.seconds)
        else:
            await asyncio.sleep(fault.seconds)
        if fault.kind in _HANGS_UP | {FaultKind.RESTART, FaultKind.RESTART_AFTER} and request.transport is not None:
            request.transport.abort()
            raise ConnectionResetError("a fault hung up")


def _validate(given: Request) -> None:
    for task in given.tasks:
        try:
            commands.parse_task(task)
        except TaskFaults as faults:
            raise Refused(400, f"Ошибка парсинга запроса: {faults}", 501) from None


def middleware(quirks: frozenset[str]) -> Any:
    """CORS for everybody, who may call, errors as each version says them."""

    def wants_letter(request: web.Request) -> bool:
        path = request.path
        return "auth" in quirks and path.startswith("/api/v2") and not path.startswith(_OPEN)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(headers=_CORS)
        v2 = request.path.startswith("/api/v2")
        try:
            if wants_letter(request) and request.headers.get("Authorization") != _LETTER:
                raise Refused(_UNAUTHORISED, "Требуется авторизация")
            response = await handler(request)
        except Refused as refused:
            response = _refusal(refused, v2=v2)
        except web.HTTPException as error:
            response = _refusal(Refused(error.status, error.reason), v2=v2)
        response.headers.update(_CORS)
        if response.status == _UNAUTHORISED:
            response.headers["WWW-Authenticate"] = 'Basic realm="atol"'
        return response

    return guard


def _refusal(refused: Refused, *, v2: bool) -> web.StreamResponse:
    if v2:
        return answer(results.HttpError(code=refused.code, description=str(refused)).body(), refused.status)
    return web.Response(status=refused.status, text=str(refused))


def both(method: str, path: str, handler: Handler) -> list[web.RouteDef]:
    """With and without a slash at the end."""
    return [web.route(method, path, handler), web.route(method, f"{path}/", handler)]


def v1_routes(api: Api) -> list[web.RouteDef]:
    """`/requests`, `/stat/requests`: the default device, errors as text."""

    async def add(request: web.Request) -> web.Response:
        await api.accept(request)
        return web.Response(status=201)

    async def result(request: web.Request) -> web.Response:
        return answer({"results": [step.subtask.both() for step in api.entry(request).steps]})

    async def cancel(request: web.Request) -> web.Response:
        api.cancel(request, 405)
        return web.Response()

    async def stat(request: web.Request) -> web.Response:
        return answer(api.queue.status(api.device_of(request)).flat())

    async def root(request: web.Request) -> web.Response:
        return web.Response(text="АТОЛ Web-сервер (эмулятор)")

    return [
        web.get("/", root),
        *both("POST", "/requests", api.call("http_add", add)),
        *both("GET", "/requests/{uuid}", api.call("http_result", result)),
        *both("DELETE", "/requests/{uuid}", api.call("http_cancel", cancel)),
        *both("GET", "/stat/requests", api.call("http_queue", stat)),
    ]
