"""Hanging up network connections on which nothing is said."""

from __future__ import annotations

import asyncio

from emulator.channels import Channel


class IdleWatch:
    """Hangs up a connection that has been silent. One timer a connection, not one a byte."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self._channel = channel
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(seconds, self._look)

    def heard(self) -> None:
        self._last = self._loop.time()

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._last + self._seconds - self._loop.time()
        if left <= 0:
            self._channel.close()
        else:
            self._timer = self._loop.call_later(left, self._look)
