"""The local module ЛМ ЧЗ: a black list on the shop's own machine, asked by the КИ (marking.md §4.4)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from gateway.marking.permit import facts
from gateway.marking.permit.facts import Answer, BadAnswer, Json
from gateway.marking.permit.model import Asked, Source
from gateway.marking.permit.sources import Heard, Service, heard, left, unheard
from gateway.marking.permit.transport import Call, Transport, Unreachable

log = structlog.get_logger(__name__)

READY, NOT_CONFIGURED = "ready", "not_configured"
#: A module that has not heard from its server for so long must not be believed, whatever its status says.
STALE: Final = timedelta(hours=72)
#: Seconds for which a status that was read counts.
STATUS_COUNTS: Final = 10.0
#: Seconds between two looks in the background.
LOOK: Final = 60.0
#: A look in the background is in no hurry.
LOOK_SECONDS: Final = 5.0

_STALE_HINT: Final = "Локальный модуль ЛМ ЧЗ давно не обновлялся: проверьте интернет на его компьютере и сам модуль."
_START_HINT: Final = "Локальный модуль ЛМ ЧЗ ещё загружает данные: повторите через несколько минут."
_SILENT_HINT: Final = (
    "Локальный модуль ЛМ ЧЗ не отвечает: проверьте, что он запущен, и его адрес и пароль в настройках."
)
#: What the module says of itself -> what to do about it.
HINTS: Final[Mapping[str, str]] = {
    "sync_error": _STALE_HINT,
    READY: _STALE_HINT,  # and is not to be believed
    "initialization": _START_HINT,
    NOT_CONFIGURED: "Локальный модуль ЛМ ЧЗ не инициализирован: задайте ему токен.",
}
#: `errorCode` of a refused check (HTTP 400) -> the status behind it, and what to do.
NOT_READY: Final[Mapping[int, tuple[str, str]]] = {
    4045: ("not configured or initialising", _START_HINT),
    4050: ("without synchronisation for 72 h", _STALE_HINT),
}


class NotReady(BadAnswer):
    """A refused check that says why; `hint` is what to do."""

    def __init__(self, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """As the module tells it; `sync` is its last synchronisation."""

    status: str
    sync: datetime | None
    instance: str
    version: str
    read_at: float  # loop time


class LocalModule(Service):
    """`version` is the API's: 1 or 2. `token` is what the module is initialised with, None: somebody else's affair."""

    source = Source.LOCAL

    def __init__(
        self,
        address: str,
        user: str,
        password: str,
        transport: Transport,
        *,
        version: int,
        token: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._root = f"{address.rstrip('/')}/api/v{version}"
        self._authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._transport = transport
        self._version = version
        self._token = token
        self._now = now
        self._status: Status | None = None
        self._problem = "it was not asked yet"

    async def keep(self) -> None:
        while True:
            status = await self._look(LOOK_SECONDS, "")
            if status is not None and status.status == NOT_CONFIGURED and self._token is not None:
                await self._initialise(self._token)
            await asyncio.sleep(LOOK)

    async def ask(self, asked: Sequence[Asked], fn: str, until: float, *, last_resort: bool = False) -> list[Heard]:
        status = self._status
        if status is None or asyncio.get_running_loop().time() - status.read_at > STATUS_COUNTS:
            status = await self._look(left(until), fn)
        if status is None or self._problem:
            hint = _SILENT_HINT if status is None else HINTS.get(status.status, _SILENT_HINT)
            return [unheard(f"ЛМ ЧЗ: {self._problem}", hint=hint)] * len(asked)
        call = self._call("POST", "/cis/outCheck", fn, {"cis_list": [self._entry(one) for one in asked]})
        try:
            reply = await self._transport.send(call, max(0.0, left(until)))
        except Unreachable as error:
            self._status = None
            return [unheard(f"ЛМ ЧЗ: {error}", call.text, hint=_SILENT_HINT)] * len(asked)
        try:
            answers = self._read(reply.status, reply.body, status)
        except BadAnswer as error:
            self._status = None
            hint = error.hint if isinstance(error, NotReady) else _SILENT_HINT
            return [unheard(f"ЛМ ЧЗ: {error}", call.text, reply.body, hint=hint)] * len(asked)
        return [self._found(one, answers, fn) for one in asked]

    def _entry(self, asked: Asked) -> Any:
        if self._version == 1:
            return asked.code.cis
        return {"cis": asked.code.cis} if asked.group is None else {"cis": asked.code.cis, "pg": asked.group}

    def _found(self, asked: Asked, answers: Sequence[Answer], fn: str) -> Heard:
        request = self._call("POST", "", fn, {"cis_list": [self._entry(asked)]}).text
        for answer in answers:
            entry = answer.about(asked.code)
            if entry is not None:
                return heard(answer, entry, request)
        return unheard("ЛМ ЧЗ: the answer is about other codes", request)

    def _read(self, status: int, body: bytes, module: Status) -> list[Answer]:
        loaded = facts.loaded(body)
        if status != 200:
            number = loaded.get("errorCode")
            if isinstance(number, int) and number in NOT_READY:
                why, hint = NOT_READY[number]
                raise NotReady(f"HTTP {status}, error {number}: {why}", hint)
            raise BadAnswer(f"HTTP {status}")
        answers = []
        for inner in facts.results(loaded):
            if facts.inner_code(inner) != 0:
                raise BadAnswer(f"code {inner.get('code')}: {inner.get('description')}"[:200])
            answers.append(facts.checked(inner, offline=True, instance=module.instance, version=module.version))
        return answers

    # --- its state

    async def _look(self, seconds: float, fn: str) -> Status | None:
        """Ask for the status; None when there is none. `_problem` says why the module must not be used."""
        loop = asyncio.get_running_loop()
        try:
            reply = await self._transport.send(self._call("GET", "/status", fn), max(0.0, seconds))
            body = facts.loaded(reply.body)
            if reply.status != 200:
                raise BadAnswer(f"HTTP {reply.status}")
        except (Unreachable, BadAnswer) as error:
            self._say(str(error))
            self._status = None
            return None
        self._status = status = Status(
            status=str(body.get("status")).lower(),
            sync=_sync(body.get("lastSync")),
            instance=str(body.get("inst", "")),
            version=str(body.get("version", "")),
            read_at=loop.time(),
        )
        self._say(self._unfit(status))
        return status

    def _unfit(self, status: Status) -> str:
        if status.status != READY:
            return f"its status is {status.status!r}, not {READY!r}"
        if status.sync is not None and self._now() - status.sync > STALE:
            return f"it was synchronised last at {status.sync.isoformat(timespec='minutes')}, over 72 hours ago"
        return ""

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            log.log(30 if problem else 20, "permit mode: local module", ready=not problem, why=problem)
        self._problem = problem

    async def _initialise(self, token: str) -> None:
        try:
            reply = await self._transport.send(self._call("POST", "/init", "", {"token": token}), LOOK_SECONDS)
        except Unreachable as error:
            log.warning("permit mode: the local module could not be initialised", why=str(error))
        else:
            log.info("permit mode: local module initialised", status=reply.status)

    def _call(self, method: str, path: str, fn: str, body: Json | None = None) -> Call:
        headers = {"Authorization": self._authorization}
        if fn:
            headers["X-ClientId"] = fn
        return Call(method=method, url=self._root + path, headers=headers, body=body)

    def state(self) -> Mapping[str, Any]:
        status = self._status
        return {
            "address": self._root,
            "status": None if status is None else status.status,
            "last_sync": None if status is None or status.sync is None else status.sync.isoformat(timespec="seconds"),
            "problem": self._problem or None,
        }

    async def close(self) -> None:
        await self._transport.close()


def _sync(value: object) -> datetime | None:
    """Milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 43:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
