"""One loop for the servers that drives talk to: the OFD and the marking system share a session protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from emulator.channels import Channel
from protocols.ofd import session

log = structlog.get_logger(__name__)


async def answered(channel: Channel, answer: Callable[[session.Message, Channel], Awaitable[bool]]) -> None:
    """Have every message of a connection answered until its end, or until `answer` says that it is to be closed."""
    parser = session.Parser()
    while data := await channel.read():
        for event in parser.feed(data):
            if isinstance(event, session.Noise):
                log.info("bytes thrown away", connection=channel.name, count=len(event.data), why=event.reason)
            elif not await answer(event, channel):
                return
