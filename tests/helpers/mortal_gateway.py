"""`fiscal-gateway` that meets a misfortune at a named step of its journal: `mortal_gateway.py WHAT:STEP:COUNT serve …`.

WHAT is `before` (killed while the step is not on disk yet), `after` (killed when it is, and nobody has heard of it), a
trouble of the disk from this step on (`TROUBLES`), or `clock` (the wall clock is set back by an hour). STEP is `accept`
or the state a job goes to; COUNT says at the how-manieth time. What follows is the ordinary command line.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple

from gateway import rim
from gateway.cli.main import main
from gateway.journal import Journal


class Trouble(NamedTuple):
    """What a disk says to which statement; `kept`: it does what it says it has not done."""

    statement: str
    says: str
    kept: bool = False


TROUBLES: Final[Mapping[str, Trouble]] = {
    "read_only": Trouble("BEGIN", "attempt to write a readonly database"),
    "fsync": Trouble("COMMIT", "disk I/O error"),
    "fsync_kept": Trouble("COMMIT", "disk I/O error", kept=True),
}
SET_BACK: Final = timedelta(hours=1)


class Connection(sqlite3.Connection):
    """To the file of a journal whose disk may fail."""

    trouble: ClassVar[Trouble | None] = None

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # type: ignore[override]
        trouble = Connection.trouble
        if trouble is None or not sql.startswith(trouble.statement):
            return super().execute(sql, *parameters)
        if trouble.kept:
            super().execute(sql, *parameters)
        raise sqlite3.OperationalError(trouble.says)


class Clock:
    """The wall clock."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._now = rim.now

    def now(self) -> datetime:
        return self._now() + self.offset


def strike_at(text: str) -> None:
    """Have it happen."""
    what, step, count = text.split(":")
    left = int(count)
    clock = Clock()
    rim.now = clock.now
    sqlite3.connect = partial(sqlite3.connect, factory=Connection)

    def struck(write: Callable[..., Awaitable[Any]], named: Callable[..., str]) -> Callable[..., Awaitable[Any]]:
        async def writing(*arguments: Any, **changes: Any) -> Any:
            nonlocal left
            here = named(*arguments) == step
            left -= here
            now = here and left == 0
            if now and what == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            if now and what == "clock":
                clock.offset = -SET_BACK
            if now and what in TROUBLES:
                Connection.trouble = TROUBLES[what]
            answer = await write(*arguments, **changes)
            if now and what == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return writing

    Journal.accept = struck(Journal.accept, lambda *_: "accept")  # type: ignore[method-assign]
    Journal.transition = struck(  # type: ignore[method-assign]
        Journal.transition, lambda journal, job_id, state, **_: str(state)
    )


if __name__ == "__main__":
    strike_at(sys.argv.pop(1))
    main()
