"""Telling whoever waits for a job that the register waits for the marking server, when that takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from devices.registers.base import Warn

Tell = Callable[[Warn], Awaitable[None]]

WAITING = Warn(
    code="marking_waiting",
    detail="the register waits for the marking server's answer",
    hint="Касса ждёт ответа «Честного знака». Ничего не нажимайте: чек пробьётся сам, с ответом или без него.",
)

#: Seconds without an answer after which whoever asks for the job is told what it waits for.
NOTICED = 2.0


@asynccontextmanager
async def noticed(tell: Tell) -> AsyncIterator[None]:
    """Tells that the server is waited for when that takes longer than usual."""

    async def after_a_while() -> None:
        await asyncio.sleep(NOTICED)
        await tell(WAITING)

    telling = asyncio.create_task(after_a_while(), name="marking wait")
    try:
        yield
    finally:
        # What is being written down keeps its place before whatever the job writes next. It is not waited for: a job
        # that was told to stop would wait for a disk that never answers.
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
