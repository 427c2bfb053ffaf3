"""The register's side of the OFD: sends what waits in the drive, one document after another, and brings the answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from emulator.channels import Channel
from emulator.fiscal_drive import DriveError, FiscalDrive
from protocols.ffd.enums import FfdVersion
from protocols.ofd import session

log = structlog.get_logger(__name__)

#: Seconds an answer is waited for, and the pauses after failures in a row (the last one repeats).
ANSWER_TIMEOUT = 10.0
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)


class UplinkError(Exception):
    """The exchange failed; the text says how."""


async def uplink(
    drive: FiscalDrive,
    dial: Callable[[], Awaitable[Channel]],
    *,
    answer_timeout: float = ANSWER_TIMEOUT,
    pauses: tuple[float, ...] = PAUSES,
) -> None:
    """Send the drive's documents for ever, in order, one connection each; cancel it to stop.

    A new document wakes it at once while nothing waits. After a failure it pauses on the loop's clock and sends the
    same document again. `drive.connected` is true while an OFD answers.
    """
    news = asyncio.Event()
    unsubscribe = drive.subscribe(news.set)
    failures = 0
    try:
        while True:
            news.clear()
            message = drive.next_message()
            if message is None:
                await news.wait()
                continue
            try:
                drive.confirm(await _exchange(drive, dial, message, answer_timeout))
            except (OSError, UplinkError, DriveError) as error:
                drive.connected = False
                log.info("document not delivered", drive=drive.number, why=str(error), attempt=failures + 1)
                await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
                failures += 1
            else:
                failures = 0
    finally:
        drive.connected = False
        unsubscribe()


async def _exchange(
    drive: FiscalDrive, dial: Callable[[], Awaitable[Channel]], message: bytes, answer_timeout: float
) -> bytes:
    """The container the OFD answers with; OSError or UplinkError when none came."""
    registration = drive.registration
    version = session.P_VERSIONS[registration.ffd if registration else FfdVersion.V1_05]
    try:
        async with asyncio.timeout(answer_timeout):
            channel = await dial()
            with contextlib.closing(channel):
                drive.connected = True
                await channel.write(session.build(drive.number, message, version))
                return await _answer(channel)
    except TimeoutError as error:
        raise UplinkError(f"no answer within {answer_timeout} s") from error


async def _answer(channel: Channel) -> bytes:
    parser = session.Parser()
    while data := await channel.read():
        for event in parser.feed(data):
            if isinstance(event, session.Message):
                if not event.body:
                    raise UplinkError("the OFD answered without a confirmation")
                return event.body
    raise UplinkError("the OFD hung up without an answer")
