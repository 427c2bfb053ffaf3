"""The server's queue as one of its clients sees it: requests go in, what became of them is asked for.

Tasks run one after another in the order in which their requests came (atol_json.md §3.3), so whatever was in the queue
before a question is over when it is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from devices.errors import GatewayError, LinkError, NeedsOperator, Retryable
from devices.registers.atol_web.errors import CONFLICT, NOT_FOUND, blocked, http_error, not_an_answer, task_error
from devices.registers.atol_web.exchange import Exchange
from devices.registers.timing import Timeouts
from protocols.atol_web.commands import Request
from protocols.atol_web.errors import BUSY
from protocols.atol_web.queries import Answer, answer_of
from protocols.atol_web.results import NotAResult, QueueStatus, Status, Subtask, read, read_subtasks

A = TypeVar("A", bound=Answer)

Task = Mapping[str, Any]

#: Of the ids of requests.
SPACE: Final = UUID("6e0d8a3e-0c0b-5d3c-9f2b-6d3b7c1f5a10")
#: Seconds between two looks at a request: the first, and the most; and between two at the queue it waits in.
FIRST_LOOK, SELDOM, QUEUE_LOOK = 0.02, 0.3, 1.0
#: Minutes that the server must know a request for: a call that is still on its way must not outlive that.
SHORTEST_MEMORY: Final = 60
_OK: Final = 200
#: Ids that a question may find taken before something else is wrong.
_IDS: Final = 20


class Queue:
    """LinkError: what became of the call is not known; NeedsOperator, Retryable: the queue cannot be used now."""

    def __init__(self, exchange: Exchange, timeouts: Timeouts) -> None:
        self._exchange = exchange
        self._timeouts = timeouts
        self._asked = 0

    # --- requests

    async def post(self, uuid: str, *tasks: Task) -> bool:
        """Whether the server took it; False: it knew a request of this id, and nothing was done."""
        values = Request(uuid=uuid, tasks=tasks).json_values()
        answer = await self._exchange.call("POST", "requests", values=values)
        if 200 <= answer.status < 300:
            return True
        if answer.status == CONFLICT and await self.look(uuid) is not None:
            return False
        raise http_error("POST /requests", answer)

    async def look(self, uuid: str) -> list[Subtask] | None:
        """How it stands; None: the server knows no such request."""
        answer = await self._exchange.call("GET", "requests", uuid)
        if answer.status == NOT_FOUND:
            return None
        if answer.status != 200:
            raise http_error("GET /requests", answer)
        try:
            return read_subtasks(self._exchange.read(answer))
        except NotAResult as error:
            raise not_an_answer("GET /requests", error) from error

    async def ended(self, uuid: str, seconds: float) -> list[Subtask]:
        """What became of a request that the server has taken, once all of it is over."""
        loop = asyncio.get_running_loop()
        begun, pause, look_at = loop.time(), FIRST_LOOK, loop.time() + QUEUE_LOOK
        while True:
            found = await self.look(uuid)
            if found is None:
                raise LinkError(
                    f"the server took request {uuid} and does not know it any more",
                    hint="Веб-сервер АТОЛ забыл задание: программа проверит по накопителю, что с ним стало.",
                    code="request_forgotten",
                )
            if all(one.status.final for one in found):
                return found
            if loop.time() >= look_at or any(one.status is Status.BLOCKED for one in found):
                await self.check()
                look_at = loop.time() + QUEUE_LOOK
            if loop.time() - begun >= seconds:
                raise self._too_long(seconds)
            await asyncio.sleep(pause)
            pause = min(pause * 2, SELDOM)

    async def cancel(self, uuid: str) -> None:
        """Take it out if it has not begun, and if the server can be reached at all."""
        with suppress(GatewayError):
            await self._exchange.call("DELETE", "requests", uuid)

    async def check(self) -> None:
        """Nothing: tasks are being done. The error of a queue that stands still."""
        if self._exchange.v2:
            values = await self._exchange.json("GET", "getRequestsQueueStatus")
        else:
            values = _nested(await self._exchange.json("GET", "stat", "requests"))
        try:
            status = read(QueueStatus, values)
        except NotAResult as error:
            raise not_an_answer("the queue's status", error) from error
        if status.is_blocked:
            raise blocked(str(status.block_reason), status.blocked_uuid)

    async def check_memory(self) -> None:
        """NeedsOperator where the server forgets requests so soon that a late call could be taken a second time.

        What says nothing of it (v1, a poorer server) is believed to keep them for weeks.
        """
        if not self._exchange.v2:
            return
        answer = await self._exchange.call("GET", "settings")
        values = self._exchange.read(answer) if answer.status == _OK else None
        minutes = values.get("deleteRequestsAfter") if isinstance(values, Mapping) else None
        if isinstance(minutes, int) and minutes < SHORTEST_MEMORY:
            raise NeedsOperator(
                f"the server forgets requests after {minutes} minutes (deleteRequestsAfter); it must not before"
                f" {SHORTEST_MEMORY}",
                number=0,
                hint=f"Веб-сервер АТОЛ удаляет результаты заданий через {minutes} мин, и чек может пробиться дважды."
                " Поставьте в его настройках не меньше 60 минут (обычно 30 дней).",
                code="server_forgets",
            )

    # --- questions: they change nothing, so each goes under an id of its own

    async def ask(self, *tasks: Task, seconds: float | None = None) -> list[Any]:
        """Their results, in order; the error of the first that failed."""
        uuid = await self._posted(*tasks)
        try:
            found = await self.ended(uuid, self._timeouts.printing if seconds is None else seconds)
        except GatewayError as error:
            if not isinstance(error, LinkError) or error.code == "queue_blocked":
                await self.cancel(uuid)
            raise
        if len(found) != len(tasks):
            raise not_an_answer("GET /requests", ValueError(f"{len(found)} results of {len(tasks)} tasks"))
        for task, one in zip(tasks, found, strict=True):
            if one.status is not Status.READY:
                raise task_error(str(task["type"]), one)
        return [one.result for one in found]

    async def tell(self, *kinds: type[Answer]) -> Answers:
        """The answers of these tasks, which take no parameters."""
        results = await self.ask(*({"type": kind.TASK} for kind in kinds))
        return Answers(kinds, results)

    async def _posted(self, *tasks: Task) -> str:
        now = asyncio.get_running_loop().time()
        for _ in range(_IDS):
            self._asked += 1
            uuid = str(uuid5(SPACE, f"question {now!r} {self._asked}"))
            if await self.post(uuid, *tasks):
                return uuid
        raise not_an_answer("POST /requests", ValueError(f"{_IDS} ids in a row were taken"))

    def _too_long(self, seconds: float) -> Retryable:
        return Retryable(
            f"the server's queue has not come to our request within {seconds:g} s",
            number=BUSY,
            hint="Очередь веб-сервера АТОЛ занята другими заданиями.",
            code="queue_busy",
        )


class Answers:
    """Answers by their kind."""

    def __init__(self, kinds: Sequence[type[Answer]], results: Sequence[Any]) -> None:
        self._results = {kind.TASK: result for kind, result in zip(kinds, results, strict=True)}

    def __getitem__(self, kind: type[A]) -> A:
        """ProtocolError where the server answered something else."""
        return told(kind, self._results[kind.TASK])


def told(kind: type[A], result: Any) -> A:
    """The answer in a result; ProtocolError where it is none."""
    try:
        return answer_of(kind, result)
    except NotAResult as error:
        raise not_an_answer(kind.TASK, error) from error


def _nested(values: Any) -> Any:
    """`/stat/requests` in the words of v2."""
    if not isinstance(values, Mapping):
        return values
    return {"isBlocked": values.get("is_blocked", False), "blockedUUID": values.get("block_request_uuid") or ""}
