"""Where the journal's writes run: a thread in the daemon, in place in a simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Executor(Protocol):
    """Runs pieces of work strictly one after another, in the order handed in."""

    def submit(self, work: Callable[[], None]) -> None: ...

    def close(self) -> None:
        """Returns when everything handed in has run."""


class InlineExecutor:
    """Runs the work at once in the caller: no threads, so virtual time stays exact."""

    def submit(self, work: Callable[[], None]) -> None:
        work()

    def close(self) -> None:
        return
