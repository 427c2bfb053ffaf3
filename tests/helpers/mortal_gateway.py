"""`fiscal-gateway` that kills itself at a named step of its journal: `mortal_gateway.py WHEN:STEP:COUNT serve …`.

WHEN is `before` (the step is not on disk yet) or `after` (it is, and nobody has heard of it); STEP is `accept` or the
state a job goes to; COUNT says at the how-manieth time. What follows is the ordinary command line.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.cli.main import main
from gateway.journal import Journal


def die_at(text: str) -> None:
    """Have the journal end this process as a power cut would."""
    when, step, count = text.split(":")
    left = int(count)

    def mortal(write: Callable[..., Awaitable[Any]], named: Callable[..., str]) -> Callable[..., Awaitable[Any]]:
        async def writing(*arguments: Any, **changes: Any) -> Any:
            nonlocal left
            here = named(*arguments) == step
            left -= here
            if here and left == 0 and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            answer = await write(*arguments, **changes)
            if here and left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return writing

    Journal.accept = mortal(Journal.accept, lambda *_: "accept")  # type: ignore[method-assign]
    Journal.transition = mortal(  # type: ignore[method-assign]
        Journal.transition, lambda journal, job_id, state, **_: str(state)
    )


if __name__ == "__main__":
    die_at(sys.argv.pop(1))
    main()
