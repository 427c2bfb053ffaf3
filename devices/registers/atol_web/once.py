"""Tasks that change something, each at most once.

The server carries a task out later and keeps the ids of requests for weeks, so a call that was not answered proves
nothing by itself: it may be in the queue, or come to the server after the next one. Hence a task's id is not by chance
but follows from where the drive stands (number of the drive, of its last document) and how many tasks went out since.
Whoever does not know what became of one sends a question under the same id. Taken: the task never came, and the id is
gone, so it never can. Known: it is there, and its end is waited for. Either way it is over. A process that was started
anew finds the id by counting from the first one that the server does not know.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid5

from devices.errors import DeviceError, LinkError
from devices.registers.atol_web.errors import not_an_answer
from devices.registers.atol_web.queue import SPACE, Queue, Task
from devices.registers.timing import Timeouts
from protocols.atol_web.queries import FnStatus
from protocols.atol_web.results import Subtask

#: Goes out under an id that must not be anything else's: it asks, and changes nothing.
_QUESTION: Final = {"type": FnStatus.TASK}


def task_id(fn: str, document: int, attempt: int) -> str:
    """Of the task number `attempt` since the drive's `document`."""
    return str(uuid5(SPACE, f"{fn} {document} {attempt}"))


class Once:
    """Remembers across connections where it stands, and the task of which it is not known what became of it."""

    def __init__(self, queue: Queue, timeouts: Timeouts) -> None:
        self._queue = queue
        self._timeouts = timeouts
        self._doubt: str | None = None
        self._drive = ""
        self._since = 0  # the document at which this process began with this drive: older ids are an older one's
        self._document = 0
        self._attempt: int | None = None  # None: not known which ids are taken
        self._fenced: set[int] = set()  # older documents, since which nothing can come any more

    async def act(self, task: Task) -> Subtask:
        """What the task came to, over for good. LinkError while that is not known: `resolve` finds it out."""
        await self.resolve()
        if self._attempt is None:
            raise _unknown("the register was not asked yet where it stands")
        uuid = task_id(self._drive, self._document, self._attempt)
        self._attempt += 1
        self._doubt = uuid
        if not await self._queue.post(uuid, task):
            self._attempt = None
            raise _unknown(f"request {uuid} was there before")
        try:
            found = await self._queue.ended(uuid, self._timeouts.longest)
        except DeviceError as error:  # a queue that stands still or is busy says nothing of the task
            raise LinkError(error.detail, hint=error.hint, code=error.code) from error
        if len(found) != 1:
            raise not_an_answer("GET /requests", ValueError(f"{len(found)} results of one task"))
        self._doubt = None
        return found[0]

    async def resolve(self) -> None:
        """The task in doubt is over: nothing of it can still come."""
        if self._doubt is not None:
            await self._over(self._doubt)
            self._doubt = None

    async def stand(self, fn: str, document: int) -> None:
        """Where the drive stands now. What an earlier process left on its way is over when it returns."""
        if fn != self._drive:
            self._drive, self._since, self._attempt = fn, document, None
            self._fenced.clear()
        if self._attempt is None:
            self._document, self._attempt = document, await self._first_free(document)
        elif document != self._document:
            self._document, self._attempt = document, 0

    def made(self, document: int) -> None:
        """A task of ours made this document."""
        if document > self._document:
            self._document, self._attempt = document, 0

    async def fence(self, fn: str, document: int) -> None:
        """Nothing that was sent while the drive stood there is still on its way."""
        if fn == self._drive and document < self._since and document not in self._fenced:
            await self._first_free(document)
            self._fenced.add(document)

    async def _first_free(self, document: int) -> int:
        """The attempt after all that were ever made there, and after the one that might still come: all are over."""
        attempt = await self._count(document)
        while True:
            if attempt:
                await self._ended(task_id(self._drive, document, attempt - 1))
            if await self._over(task_id(self._drive, document, attempt)):
                return attempt + 1
            attempt += 1

    async def _count(self, document: int) -> int:
        """How many ids the server knows: they are taken in order."""

        async def known(attempt: int) -> bool:
            return await self._queue.look(task_id(self._drive, document, attempt)) is not None

        if not await known(0):
            return 0
        low, high = 0, 1
        while await known(high):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if await known(middle) else (low, middle)
        return high

    async def _over(self, uuid: str) -> bool:
        """Whether the id was still free; whatever bears it now is over."""
        free = await self._queue.post(uuid, _QUESTION)
        await self._ended(uuid)
        return free

    async def _ended(self, uuid: str) -> None:
        await self._queue.ended(uuid, self._timeouts.printing)


def _unknown(detail: str) -> LinkError:
    return LinkError(
        detail,
        hint="Программа проверит по накопителю, что сделано, и повторит.",
        code="request_in_doubt",
    )
