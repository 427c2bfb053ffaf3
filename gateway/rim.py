"""The gateway's rim: the only place where real time, chance and threads enter (design.md, rule 8)."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import random
import signal
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

#: Open files where the system sets no limit that matters here.
UNLIMITED = 1_048_576


def now() -> datetime:
    """The wall clock, aware, in the machine's own zone (the shop's local time)."""
    return datetime.now(UTC).astimezone()


def system_random() -> random.Random:
    """Chance from the operating system; also good for secrets."""
    return random.SystemRandom()


def new_id() -> str:
    """A fresh unique id for what the gateway itself names."""
    return str(uuid.uuid4())


class ThreadExecutor:
    """Runs work one piece after another on a thread of its own (`gateway.journal.executor.Executor`)."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], None]) -> None:
        self._work.put(work)

    def close(self) -> None:
        """Waits for the work handed in before."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def descriptors() -> int:
    """How many files this process may have open; on POSIX its soft limit is raised to the hard one first.

    Services and shells start with 1 024, of which a thousand connections would leave nothing for the registers.
    """
    try:
        import resource
    except ImportError:  # Windows counts no sockets
        return UNLIMITED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = UNLIMITED if hard == resource.RLIM_INFINITY else min(hard, UNLIMITED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft


def reload_signal() -> asyncio.Event:
    """Is set at every SIGHUP (`systemctl reload`); call it on the running loop. Windows has no such signal."""
    asked = asyncio.Event()
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None:
        with contextlib.suppress(NotImplementedError, RuntimeError):  # a loop of tests, or none of the main thread
            asyncio.get_running_loop().add_signal_handler(hangup, asked.set)
    return asked


def stop_signal() -> asyncio.Future[None]:
    """Resolves at the first SIGTERM or SIGINT (Ctrl-C); call it on the running loop."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows loops have no signal handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    return stopped
