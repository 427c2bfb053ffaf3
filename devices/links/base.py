"""A link to a device: four awaitable calls, whatever the wire.

A link moves bytes and knows nothing of protocols. Deadlines are relative seconds on the running loop's clock, so a
virtual-time loop drives real code unchanged.
"""

from __future__ import annotations

from abc import ABC, abstractmethod


class Link(ABC):
    """A byte stream to one device, owned by one worker at a time.

    Calls raise `devices.errors.LinkError` (cause and next step named) when the line cannot be opened, breaks or is
    closed by the other side.
    """

    #: How the link is written in configuration, for messages: "tcp:192.168.1.50:7778".
    name: str

    #: True where a silent device can be noticed fast (TCP, in-process), False for slow serial lines.
    reliable: bool = True

    #: True where the device is spoken to by HTTP: the bytes of no other protocol are for it.
    web: bool = False

    #: True for a line whose speed nobody stated: `tune` may try others.
    tunable: bool = False

    def tune(self, baudrate: int) -> None:
        """The speed from the next `open` on; only a `tunable` link has one to change."""
        raise ValueError(f"{self.name} has no speed to be tuned")

    @abstractmethod
    async def open(self) -> None:
        """Open the line; exclusive where the system allows it."""

    @abstractmethod
    async def close(self) -> None:
        """Close the line; never raises; a closed link may be opened again."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Hand bytes to the line."""

    @abstractmethod
    async def read(self, timeout: float) -> bytes:
        """At least one byte, as many as are there; `b""` when `timeout` seconds passed in silence."""
