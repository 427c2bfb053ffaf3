"""Links as they are written in configuration and on the command line."""

from __future__ import annotations

from collections.abc import Callable

from devices.links.base import Link

LinkFactory = Callable[[], Link]


def parse_link(text: str) -> LinkFactory:
    """A factory of closed links for `serial:PORT[?baudrate=N]`, `tcp:HOST:PORT` or `usb:VID:PID`.

    RequestError names the part that is wrong.
    """
    raise NotImplementedError
