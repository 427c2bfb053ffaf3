"""The server's store of requests: one for both versions of its API, on disk before anybody hears of it (§3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from emulator.registers.atol_web.memory import AtolWebMemory
from emulator.storage import Storage
from protocols.atol_web import text
from protocols.atol_web.commands import Request
from protocols.atol_web.results import QueueStatus, Status, Subtask, read

_TABLE: Final = """
create table if not exists web_requests (
    number integer primary key, uuid text not null unique, device text not null, at real not null, state text not null,
    tasks text not null, subtasks text not null)
"""
_COLUMNS: Final = "uuid, device, state, tasks, subtasks"
_SECONDS_PER_MINUTE: Final = 60


class State(StrEnum):
    """Of a whole request."""

    WAITING = "waiting"
    RUNNING = "running"  # begun, and not over while one of its tasks is blocked
    OVER = "over"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a request: what became of it, and the drive's last document before it ran (fiscal ones)."""

    subtask: Subtask
    last_document: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request as it is kept."""

    uuid: str
    device: str
    state: State
    tasks: tuple[Mapping[str, Any], ...]
    steps: tuple[Step, ...]

    def with_step(self, index: int, step: Step) -> Entry:
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))


class Duplicate(Exception):
    """There is a request with this uuid."""


class Queue:
    """Requests of every device. `now` is the server's clock."""

    def __init__(self, storage: Storage, memory: AtolWebMemory, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._memory = memory
        self._now = now
        storage.execute(_TABLE)

    def add(self, request: Request, device: str, *, keep_minutes: int) -> None:
        """Kept when it returns; Duplicate. What is over for longer than `keep_minutes` is forgotten first (§3.2)."""
        at = self._now().timestamp()
        with self._storage.transaction():
            self._storage.execute(
                "delete from web_requests where state in (?, ?) and at < ?",
                (State.OVER, State.CANCELED, at - keep_minutes * _SECONDS_PER_MINUTE),
            )
            if self.get(request.uuid) is not None:
                raise Duplicate(request.uuid)
            waiting = _dumped([Step(Subtask(status=Status.WAIT))] * len(request.tasks))
            self._storage.execute(
                f"insert into web_requests (at, {_COLUMNS}) values (?, ?, ?, ?, ?, ?)",  # noqa: S608 # nosec B608
                (at, request.uuid, device, State.WAITING, text.write(list(request.tasks)).decode(), waiting),
            )

    def get(self, uuid: str) -> Entry | None:
        return self._first("uuid = ?", (uuid,))

    def begun(self) -> Entry | None:
        """The request that was under way, if any."""
        return self._first("state = ?", (State.RUNNING,))

    def next(self, device: str) -> Entry | None:
        """The oldest that waits."""
        return self._first("state = ? and device = ?", (State.WAITING, device))

    def put(self, entry: Entry) -> None:
        """Keep what became of it."""
        self._storage.execute(
            "update web_requests set state = ?, subtasks = ? where uuid = ?",
            (entry.state, _dumped(entry.steps), entry.uuid),
        )

    def cancel(self, entry: Entry) -> None:
        canceled = [Step(Subtask(status=Status.CANCELED))] * len(entry.steps)
        self.put(replace(entry, state=State.CANCELED, steps=tuple(canceled)))

    def status(self, device: str) -> QueueStatus:
        counted = dict(
            self._storage.rows("select state, count(*) from web_requests where device = ? group by state", (device,))
        )
        block = self._memory.block
        return QueueStatus(
            number=counted.get(State.WAITING, 0) + counted.get(State.RUNNING, 0),
            ready=counted.get(State.OVER, 0),
            canceled=counted.get(State.CANCELED, 0),
            is_blocked=block is not None,
            blocked_uuid="" if block is None else block["uuid"],
            block_reason="" if block is None else block["reason"],
        )

    def _first(self, where: str, parameters: Sequence[Any]) -> Entry | None:
        rows = self._storage.rows(
            f"select {_COLUMNS} from web_requests where {where} order by number limit 1",  # noqa: S608 # nosec B608
            parameters,
        )
        if not rows:
            return None
        uuid, device, state, tasks, subtasks = rows[0]
        return Entry(
            uuid=uuid,
            device=device,
            state=State(state),
            tasks=tuple(text.read(tasks.encode())),
            steps=tuple(_loaded(one) for one in text.read(subtasks.encode())),
        )


def _dumped(steps: Sequence[Step]) -> str:
    return text.write([one.subtask.nested() | {"lastDocument": one.last_document} for one in steps]).decode()


def _loaded(given: Mapping[str, Any]) -> Step:
    error = given["error"]
    values = {"status": given["status"], "result": given["result"], **error}
    return Step(read(Subtask, values), given["lastDocument"])
