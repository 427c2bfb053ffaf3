"""What systemd is told: ready, stopping, alive (sd_notify protocol). Nothing where no systemd listens."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable


class Notifier:
    """Speaks to the service manager named by NOTIFY_SOCKET, if any."""

    def __init__(self) -> None:
        self._notify: Callable[[str], None] = lambda _: None
        if os.environ.get("NOTIFY_SOCKET"):
            from sdnotify import SystemdNotifier

            self._notify = SystemdNotifier().notify

    def ready(self, status: str) -> None:
        self._notify(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        self._notify(f"STATUS={text}")

    def stopping(self) -> None:
        self._notify("STOPPING=1")

    @contextlib.asynccontextmanager
    async def watchdog(self, alive: Callable[[], bool]) -> AsyncIterator[None]:
        """While inside, says WATCHDOG=1 twice per period as long as the loop turns and `alive()` holds.

        `alive` must not ask for a device to be online: a register without paper must not restart the daemon.
        """
        task = asyncio.create_task(self._beat(alive)) if os.environ.get("WATCHDOG_USEC") else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()

    async def _beat(self, alive: Callable[[], bool]) -> None:
        period = int(os.environ["WATCHDOG_USEC"]) / 1_000_000 / 2
        while True:
            if alive():
                self._notify("WATCHDOG=1")
            await asyncio.sleep(period)
