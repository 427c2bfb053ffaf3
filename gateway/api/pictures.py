"""Papers drawn away from the loop: a picture takes 5 to 130 ms, in which no other caller would be answered."""

from __future__ import annotations

import asyncio

from gateway.api import papers
from gateway.api.problems import Problem
from gateway.journal.executor import Executor
from protocols.paper.lines import Line

#: Pictures that may be wanted at once: they are drawn one after another, so the last one waits a second or two.
LIMIT = 16


class Pictures:
    """`executor` draws; in a simulation it does so in place."""

    def __init__(self, executor: Executor, *, limit: int = LIMIT) -> None:
        self._executor = executor
        self._limit = limit
        self._wanted = 0

    async def draw(self, paper: tuple[Line, ...], *, emulated: bool) -> bytes:
        """The PNG; too_many_pictures (503) when too many are wanted already."""
        if self._wanted >= self._limit:
            raise Problem("too_many_pictures", f"{self._limit} pictures are being drawn already", retry_after=1)
        loop = asyncio.get_running_loop()
        drawn: asyncio.Future[bytes] = loop.create_future()

        def finish(picture: bytes | None, failure: Exception | None) -> None:
            self._wanted -= 1  # here, not in the caller, who may be gone while the work is not
            if drawn.done():
                return
            if failure is not None:
                drawn.set_exception(failure)
            else:
                assert picture is not None
                drawn.set_result(picture)

        def work() -> None:
            picture, failure = None, None
            try:
                picture = papers.png(paper, emulated=emulated)
            except Exception as error:
                failure = error
            loop.call_soon_threadsafe(finish, picture, failure)

        self._wanted += 1
        self._executor.submit(work)
        return await drawn
