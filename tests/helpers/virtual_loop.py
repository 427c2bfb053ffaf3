"""An event loop whose clock jumps to the next timer as soon as nothing else can happen.

Hours of waiting (answer time-outs, paper out, the 24 h rule) pass in no time and always in the same order. For code in
one process only: bytes in a real socket or a thread would lose the race against the jumping clock.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 and moves only by jumps."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.elapsed


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("virtual time stands still: every task waits and no timer is set")
        self._loop.elapsed += timeout
        return ready


def run_virtual(main: Coroutine[Any, Any, Any]) -> Any:
    """asyncio.run in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Decorator: an async test that runs in virtual time (its fixtures must not be async)."""

    @functools.wraps(test)
    def in_virtual_time(*args: Any, **kwargs: Any) -> None:
        run_virtual(test(*args, **kwargs))

    return in_virtual_time
