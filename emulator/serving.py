"""Keeping an emulated device or shop running as a program until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator
from random import Random
from typing import Final

import structlog
import typer

from emulator.plans import Plan
from emulator.rim import Clock
from emulator.shop import Shop
from emulator.storage import StorageError

EXIT_CONFIG: Final = 78

#: What is served: (addresses that accept connections, the control server's URL).
Running = contextlib.AbstractAsyncContextManager[tuple[list[str], str | None]]


def serve_until_stopped(running: Running, as_json: bool, verbose: bool) -> None:
    async def serve() -> None:
        stop = asyncio.Event()
        _stop_on_signals(stop)
        async with running as (addresses, url):
            _say_ready(addresses, url, as_json)
            await stop.wait()

    _log_to_stderr(verbose)
    try:
        asyncio.run(serve())
    except (OSError, StorageError) as error:
        typer.echo(f"fiscal-emulator: {error}", err=True)
        raise typer.Exit(EXIT_CONFIG) from None


@contextlib.asynccontextmanager
async def shop(
    plan: Plan, clock: Clock, random: Random | None, control_at: tuple[str, int] | None
) -> AsyncIterator[tuple[list[str], str | None]]:
    built = Shop(plan, clock=clock, random=random)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(built.close)
        await built.start()
        url = None
        if control_at is not None:
            from emulator.control import Control  # aiohttp: a third of the start-up time

            control = Control(built)
            url = await control.start(*control_at)
            stack.push_async_callback(control.close)
        yield [str(address) for address in built.addresses()], url


def _say_ready(listen: list[str], control: str | None, as_json: bool) -> None:
    if as_json:
        line = json.dumps({"ready": True, "listen": listen, "control": control})
    else:
        line = f"ready on {', '.join(listen)}" + (f", control {control}" if control else "")
    typer.echo(line)
    sys.stdout.flush()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _log_to_stderr(verbose: bool) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
