"""What must not be misheard, on lines whose frames are summed up in one byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from devices.errors import ProtocolError

T = TypeVar("T")

#: How often it is read in one connection until it is heard alike twice.
READINGS: Final = 4


async def heard_alike(read: Callable[[], Awaitable[T]], before: T | None) -> T:
    """What was heard alike twice in a row, `before` being the last time.

    One spoilt answer in 256 passes such a sum; settings shape every document until the gateway is started anew, and
    what a drive holds decides whether one is made again.
    """
    again = before is not None  # a None that was heard is as good as any other answer
    for _ in range(READINGS):
        heard = await read()
        if again and heard == before:
            return heard
        before, again = heard, True
    raise ProtocolError(
        f"the same was read of the register {READINGS} times and never alike twice",
        hint="Связь с кассой идёт с помехами. Проверьте кабель, скорость порта и другие программы на этом порту.",
        code="line_noise",
    )
