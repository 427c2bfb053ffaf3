"""The server's worker: requests one after another, and what it does when nobody knows what became of one (§3).

Before each fiscal task it reads the number of the drive's last document and keeps it with the task. A task that fails
in a way that proves nothing stops the queue; when the register answers again the number decides: it grew, the task is
`ready` with what `getLastFiscalParams` says; it did not, the task is the `error` it was. A server that was killed in a
fiscal task finds it in its store and does the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from emulator.faults import PowerLoss
from emulator.registers.atol_web.line import RegisterLine
from emulator.registers.atol_web.queue import Entry, Queue, State, Step
from protocols.atol_web import errors, results
from protocols.atol_web.commands import TASKS, row_of
from protocols.atol_web.errors import BlockReason
from protocols.atol_web.results import Made, Status, Subtask, read
from protocols.atol_web.server import ServerSettings
from protocols.rows import Effect

#: Seconds between probes of a register that does not answer (one independent server).
PROBE: Final = 5.0


class Worker:
    """`run` serves the queue of the active device until it is cancelled; `wake` tells it that there is something new.

    `settings` answers the server's, `active` the id of the device whose register this is, None while there is none.
    """

    def __init__(
        self,
        queue: Queue,
        line: RegisterLine,
        settings: Callable[[], ServerSettings],
        active: Callable[[], str | None],
        fail: Callable[[float], None],
    ) -> None:
        self._queue = queue
        self._line = line
        self._core = line.register.core
        self._settings = settings
        self._active = active
        self._fail = fail
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        try:
            self._find_what_was_under_way()
            while True:
                self._news.clear()
                if not await self._work():
                    await self._news.wait()
        except PowerLoss as loss:
            self._fail(loss.seconds)

    async def _work(self) -> bool:
        """Do the next thing; False when there is nothing to do."""
        device = self._active()
        if device is None:
            return False
        if self._core.memory.block is not None:
            if not await self._recover():
                await asyncio.sleep(PROBE)
            return True
        entry = self._queue.begun() or self._queue.next(device)
        if entry is None:
            return False
        await self._run(replace(entry, state=State.RUNNING))
        return True

    def _find_what_was_under_way(self) -> None:
        """The server was killed while a task ran: a fiscal one is not known to have failed."""
        entry = self._queue.begun()
        if entry is None or self._core.memory.block is not None:
            return
        for index, step in enumerate(entry.steps):
            if step.subtask.status is Status.IN_PROGRESS:
                failed = results.ended(errors.NO_CONNECTION)
                self._settled(entry, index, step, failed)
                return

    async def _run(self, entry: Entry) -> None:
        """Whatever of it still waits."""
        for index, (task, step) in enumerate(zip(entry.tasks, entry.steps, strict=True)):
            if step.subtask.status is not Status.WAIT:
                continue
            row = row_of(task)
            last = None
            if row is not None and row.fiscal:
                told = await self._line.do({"type": "getFnStatus"})
                if told.status is not Status.READY:
                    self._failed(entry, index, told)  # nothing was begun
                    return
                last = told.result["fnStatus"]["fiscalDocumentNumber"]
            step = Step(Subtask(status=Status.IN_PROGRESS), last)
            entry = entry.with_step(index, step)
            self._queue.put(entry)
            entry = self._settled(entry, index, step, await self._line.do(task))
            if entry.steps[index].subtask.status is not Status.READY:
                return
        self._queue.put(replace(entry, state=State.OVER))

    def _settled(self, entry: Entry, index: int, step: Step, ended: Subtask) -> Entry:
        """Keep how a task ended, or that nobody knows it."""
        reason = self._why_blocked(step, ended)
        if reason is not None:
            entry = entry.with_step(index, replace(step, subtask=ended.model_copy(update={"status": Status.BLOCKED})))
            self._block({"uuid": entry.uuid, "subtask": index, "reason": str(reason)}, entry)
            return entry
        if ended.status is Status.READY:
            entry = entry.with_step(index, replace(step, subtask=ended))
            self._queue.put(entry)
            return entry
        return self._failed(entry, index, ended)

    def _why_blocked(self, step: Step, ended: Subtask) -> BlockReason | None:
        if step.last_document is None:
            return None
        on_print_errors = self._settings().block_queue_on_print_errors
        if ended.status is Status.READY:
            made = read(Made, ended.result)
            unprinted = made.warnings is not None and made.warnings.not_printed
            return BlockReason.PAPER if unprinted and on_print_errors else None
        reason = errors.error(ended.code).blocks
        return None if reason is BlockReason.PAPER and not on_print_errors else reason

    def _block(self, block: dict[str, Any] | None, entry: Entry) -> None:
        with self._core.storage.transaction():
            self._queue.put(entry)
            self._core.memory.block = block
            self._core.save()

    def _failed(self, entry: Entry, index: int, ended: Subtask) -> Entry:
        """A task failed for good: those behind it are not run."""
        interrupted = Step(results.ended(errors.INTERRUPTED, status=Status.INTERRUPTED))
        entry = entry.with_step(index, replace(entry.steps[index], subtask=ended))
        rest = [interrupted] * (len(entry.steps) - index - 1)
        entry = replace(entry, state=State.OVER, steps=(*entry.steps[: index + 1], *rest))
        self._block(None, entry)
        return entry

    async def _recover(self) -> bool:
        """Ask the register what became of the blocked task; False when it does not answer."""
        block = self._core.memory.block
        assert block is not None
        entry, index = self._queue.get(block["uuid"]), block["subtask"]
        assert entry is not None
        step = entry.steps[index]
        told = await self._line.do({"type": "getFnStatus"})
        if told.status is not Status.READY:
            return False
        grew = told.result["fnStatus"]["fiscalDocumentNumber"] > (step.last_document or 0)
        if block["reason"] == BlockReason.PAPER and not await self._printed():
            return False
        if not grew:
            self._failed(entry, index, step.subtask.model_copy(update={"status": Status.ERROR}))
            return True
        params = await self._line.do({"type": "getLastFiscalParams", "forReceipt": _settles(entry.tasks[index])})
        if params.status is not Status.READY:
            return False
        await self._printed()
        self._block(None, entry.with_step(index, replace(step, subtask=results.ready(params.result))))
        return True

    async def _printed(self) -> bool:
        """What broke off is on paper now."""
        return (await self._line.do({"type": "continuePrint"})).status is Status.READY


def _settles(task: Any) -> bool:
    row = row_of(task)
    return row is not None and row.effect is Effect.FISCAL and row.model is TASKS["sell"].model
