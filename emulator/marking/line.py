"""The register's side of the marking system: asks about codes, and brings notifications in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from emulator.channels import Channel
from emulator.fiscal_drive import DriveError, FiscalDrive
from protocols.ofd import session

log = structlog.get_logger(__name__)

#: Seconds a notification's receipt is waited for, and the pauses after failures in a row (the last one repeats).
ANSWER_TIMEOUT = 10.0
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)


class LineError(Exception):
    """The exchange failed; the text says how."""


class OismLine:
    """One register's way to the marking system. One exchange at a time, a connection each.

    A notification of a sale that was just made goes before a question: the marking system knows of the sale when it
    is asked about the code again.
    """

    def __init__(self, dial: Callable[[], Awaitable[Channel]]) -> None:
        self._dial = dial
        self._turn = asyncio.Lock()

    async def ask(self, fn: str, message: bytes, timeout: float) -> bytes | None:
        """The answering container; None when none came within `timeout` seconds, whatever the reason."""
        try:
            return await self._exchange(fn, message, timeout)
        except (OSError, LineError) as error:
            log.info("the marking system does not answer", drive=fn, why=str(error))
            return None

    async def deliver(self, drive: FiscalDrive, *, pauses: tuple[float, ...] = PAUSES) -> None:
        """Send the drive's notifications for ever, in order; cancel it to stop.

        A new one wakes it at once while nothing waits. After a failure it pauses on the loop's clock and sends the same
        one again.
        """
        news = asyncio.Event()
        unsubscribe = drive.subscribe(news.set)
        failures = 0
        try:
            while True:
                news.clear()
                message = drive.marking.next_message()
                if message is None or drive.offline:
                    await news.wait()
                    continue
                try:
                    drive.marking.confirm(await self._exchange(drive.number, message, ANSWER_TIMEOUT))
                except (OSError, LineError, DriveError) as error:
                    log.info("notification not delivered", drive=drive.number, why=str(error), attempt=failures + 1)
                    await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
                    failures += 1
                else:
                    failures = 0
        finally:
            unsubscribe()

    async def _exchange(self, fn: str, message: bytes, timeout: float) -> bytes:
        async with self._turn:
            try:
                async with asyncio.timeout(timeout):
                    channel = await self._dial()
                    with contextlib.closing(channel):
                        await channel.write(session.build(fn, message, session.MARKING_P_VERSION, marking=True))
                        return await _answer(channel, fn)
            except TimeoutError as error:
                raise LineError(f"no answer within {timeout} s") from error


async def _answer(channel: Channel, fn: str) -> bytes:
    parser = session.Parser()
    while data := await channel.read():
        for event in parser.feed(data):
            if isinstance(event, session.Message):
                if (event.header.signature, event.header.fn) != (session.MARKING_SIGNATURE, fn):
                    raise LineError(f"an answer for {event.header.fn}, signature {event.header.signature.hex()}")
                if not event.body:
                    raise LineError("the marking system answered without a document")
                return event.body
    raise LineError("the marking system hung up without an answer")
