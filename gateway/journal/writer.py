"""Group commit: all writes queued while a commit is in progress go into the next transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.journal.errors import JournalFailed
from gateway.journal.executor import Executor

T = TypeVar("T")

#: A write: runs inside the writer's transaction; its answer is handed on after the commit. A `GatewayError` it raises
#: before writing anything refuses this write alone; anything else fails the whole journal.
Write = Callable[[sqlite3.Connection], Any]

#: Called on the loop with each answer after its commit, in commit order, before the caller's future resolves.
Committed = Callable[[Any], None]

#: One transaction holds at most this many writes, so that a flood cannot make the first caller wait for the last.
BATCH = 512


class Writer:
    """Owns the writing connection. Used on one event loop; the connection is touched by the executor alone."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        executor: Executor,
        *,
        on_fatal: Callable[[BaseException], None],
        refusals: type[Exception],
    ) -> None:
        self._connection = connection
        self._executor = executor
        self._on_fatal = on_fatal
        self._refusals = refusals
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Write, asyncio.Future[Any], Committed | None]] = []
        self._busy = False
        self._failed: JournalFailed | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.commits = 0

    @property
    def failed(self) -> JournalFailed | None:
        """Set once a commit failed; from then on every write is refused."""
        return self._failed

    def write(self, write: Callable[[sqlite3.Connection], T], committed: Committed | None = None) -> asyncio.Future[T]:
        """Queue a write; the future resolves with its answer once it is on disk."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._failed is not None:
            future.set_exception(self._failed)
            return future
        self._waiting.append((write, future, committed))
        if not self._busy:
            self._busy = True
            self._idle.clear()
            # Not at once: callers that become ready in this round of the loop share the commit.
            self._loop.call_soon(self._hand_over)
        return future

    async def flush(self) -> None:
        """Wait until everything queued is on disk (or the journal failed)."""
        await self._idle.wait()

    def _hand_over(self) -> None:
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if not batch:
            self._busy = False
            self._idle.set()
            return
        self._executor.submit(lambda: self._commit(batch))

    def _commit(self, batch: list[tuple[Write, asyncio.Future[Any], Committed | None]]) -> None:
        answers: list[tuple[bool, Any]] = []
        failure: BaseException | None = None
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for write, _, _ in batch:
                try:
                    answers.append((True, write(connection)))
                except self._refusals as refusal:
                    answers.append((False, refusal))
            connection.execute("COMMIT")
        except BaseException as error:  # whatever it was, the disk's state is unknown now
            failure = error
        self._loop.call_soon_threadsafe(self._finish, batch, answers, failure)

    def _finish(
        self,
        batch: list[tuple[Write, asyncio.Future[Any], Committed | None]],
        answers: list[tuple[bool, Any]],
        failure: BaseException | None,
    ) -> None:
        if failure is not None:
            self._fail(batch, failure)
            return
        self.commits += 1
        for (_, future, committed), (fine, answer) in zip(batch, answers, strict=True):
            if fine and committed is not None:
                committed(answer)
            if future.done():  # the caller went away; what it asked for is on disk all the same
                continue
            if fine:
                future.set_result(answer)
            else:
                future.set_exception(answer)
        # After the callers have run, so that what they write next shares one commit.
        self._loop.call_soon(self._hand_over)

    def _fail(self, batch: list[tuple[Write, asyncio.Future[Any], Committed | None]], failure: BaseException) -> None:
        # A commit that failed is never retried: after a failed fsync the kernel may have dropped the pages, and a
        # second fsync would answer "fine" about data that is gone.
        self._failed = JournalFailed(
            f"the journal could not be written ({failure}); check the disk and start the gateway again",
            hint="Журнал не записывается на диск: проверьте место и исправность диска, затем перезапустите шлюз.",
        )
        batch, self._waiting = batch + self._waiting, []
        for _, future, _ in batch:
            if not future.done():
                future.set_exception(self._failed)
                future.exception()  # a caller that went away must not cause a complaint
        self._busy = False
        self._idle.set()
        self._on_fatal(self._failed)
