"""A pseudo-terminal as a register's serial port: clients open a path, one after another.

The master side stays open for good and nobody else holds the slave, so that a client's hang-up can be seen. Linux then
reports the master as hung up until the next client comes, for ever and level-triggered; an edge-triggered epoll inside
the loop's own tells only the changes, which costs nothing while nobody is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import termios
import tty
from pathlib import Path

from emulator.channels import Channel, Inbox, Listener, PtyAddress, Sessions

_CHUNK = 65536


class PtyChannel(Channel):
    """What one client of the terminal sends, from its first byte to its hang-up."""

    def __init__(self, name: str, master: int) -> None:
        self.name = name
        self.inbox = Inbox()
        self._master = master
        self._open = True

    async def read(self) -> bytes:
        return await self.inbox.get()

    async def write(self, data: bytes) -> None:
        if not self._open:
            return
        # A serial line without flow control loses what nobody takes (EAGAIN) and what nobody hears (EIO).
        with contextlib.suppress(OSError):
            os.write(self._master, data)

    def close(self) -> None:
        self._open = False
        self.inbox.discard()

    @property
    def closed(self) -> bool:
        return self.inbox.eof


class PtyListener(Listener):
    """Serves `pty:PATH`; PATH is a symbolic link to the slave terminal, replaced if it is one already."""

    def __init__(self, address: PtyAddress, sessions: Sessions) -> None:
        self.address = address
        self.sessions = sessions
        self._link = Path(address.path)
        self._master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self._slave_path = os.ttyname(slave)
            os.set_blocking(self._master, False)
            self._publish()
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self._channel: PtyChannel | None = None
        self._edges = select.epoll()
        self._edges.register(self._master, select.EPOLLIN | select.EPOLLHUP | select.EPOLLET)
        asyncio.get_running_loop().add_reader(self._edges.fileno(), self._changed)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._edges.fileno())
        self._edges.close()
        await self.sessions.close()
        os.close(self._master)
        if self._points_here():
            self._link.unlink()

    def silent(self) -> Channel | None:
        poll = select.poll()
        poll.register(self._master, 0)
        nobody = any(event & select.POLLHUP for _, event in poll.poll(0))
        return None if nobody or self._channel is not None else PtyChannel(f"{self.address}", self._master)

    def _publish(self) -> None:
        """Put the link in place in one step, so that a client that waits for it never sees half of it."""
        if self._link.exists() and not self._link.is_symlink():
            raise FileExistsError(errno.EEXIST, "in the way of the terminal's link", str(self._link))
        fresh = self._link.with_name(f".{self._link.name}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(self._slave_path)
        fresh.replace(self._link)

    def _points_here(self) -> bool:
        return self._link.is_symlink() and str(self._link.readlink()) == self._slave_path

    def _changed(self) -> None:
        self._edges.poll(0)
        while True:
            try:
                data = os.read(self._master, _CHUNK)
            except BlockingIOError:
                return
            except OSError:  # EIO: no client has the terminal open
                self._hung_up()
                return
            if not data:
                return
            self._current().inbox.feed(data)

    def _current(self) -> PtyChannel:
        if self._channel is None or self._channel.closed:
            self._channel = PtyChannel(f"{self.address}", self._master)
            self.sessions.accept(self._channel)
        return self._channel

    def _hung_up(self) -> None:
        if self._channel is None:
            return
        self._channel.inbox.feed_eof()
        self._channel = None
        # Answers nobody took would wait in the terminal for the next client.
        with contextlib.suppress(OSError):
            slave = os.open(self._slave_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflush(slave, termios.TCIFLUSH)
            finally:
                os.close(slave)
