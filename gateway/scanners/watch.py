"""One scanner's task: open, read, and when it is gone try again and again, telling nobody but who asks.

A device that is plugged in later, or comes back under its by-id path, is found by the next try.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from devices.errors import GatewayError
from devices.scanners.base import Kind, Reading, Scanner
from gateway.scanners.model import Counts, Fault, Now, State

log = structlog.get_logger(__name__)

#: Seconds between tries, doubled from the first to the last: a look at a path that is not there costs microseconds.
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0
#: More readings a second than any hand makes are noise; they are slowed down to this, so that receipts do not notice.
RATE = 50


class Watch:
    """The task and what it knows. `make` makes a closed scanner; `take` is given every reading."""

    def __init__(self, name: str, make: Callable[[], Scanner], take: Callable[[Reading, Kind], None], now: Now) -> None:
        self._name = name
        self._make = make
        self._take = take
        self._now = now
        self._lately: deque[float] = deque(maxlen=RATE)
        self._pause = FIRST_PAUSE
        self.counts = Counts()
        self.state = State.CONNECTING
        self.since = now()
        self.error: Fault | None = None
        self.kind: Kind | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._session()
            except GatewayError as error:
                self._away(Fault.of(error))
            except Exception as error:  # a scanner's bug stays the scanner's: receipts go on
                log.exception("a scanner failed", scanner=self._name)
                self._away(
                    Fault(
                        code="scanner_failed",
                        detail=f"reading it failed: {type(error).__name__}: {error}",
                        hint="Сбой чтения сканера. Переподключите его; повторится — соберите fiscal-gateway support.",
                    )
                )
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _session(self) -> None:
        scanner = self._make()
        self.kind = scanner.kind
        try:
            await scanner.open()
            self._connected()
            while True:
                reading = await scanner.read()
                self._pause = FIRST_PAUSE
                self._take(reading, scanner.kind)
                await self._calm()
        finally:
            with suppress(Exception):  # it is gone either way
                await scanner.close()

    async def _calm(self) -> None:
        """Let others work, and wait where the scanner speaks faster than RATE."""
        moment = asyncio.get_running_loop().time()
        early = self._lately[0] + 1.0 - moment if len(self._lately) == RATE else 0.0
        self._lately.append(moment)
        await asyncio.sleep(max(early, 0.0))

    def _connected(self) -> None:
        self.counts.connections += 1
        self._become(State.CONNECTED, None)
        log.info("scanner connected", scanner=self._name)

    def _away(self, error: Fault) -> None:
        # One line for one cause, not one for every try.
        if self.error is None or self.error.code != error.code:
            log.warning("scanner away", scanner=self._name, code=error.code, detail=error.detail)
        self._become(State.AWAY, error)

    def _become(self, state: State, error: Fault | None) -> None:
        if state is not self.state:
            self.since = self._now()
        self.state = state
        self.error = error
