"""Everything between the configuration and the HTTP API, opened in order and closed in reverse."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.links.base import Link
from devices.links.parse import parse_link
from devices.registers.base import Register
from devices.registers.factory import create
from gateway import config
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.journal.executor import Executor
from gateway.journal.traces import Traces
from gateway.shop import Shop
from gateway.tracing import Tracer
from protocols.ffd.receipt import Cashier

EMULATED = "emulated:"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running shop with what it stands on. `control` is the embedded emulator's URL."""

    shop: Shop
    journal: Journal
    traces: Traces
    now: Callable[[], datetime]
    control: str | None
    _stack: AsyncExitStack

    async def close(self) -> None:
        """Finish the document in hand, then let everything go."""
        await self._stack.aclose()


async def open_house(
    settings: config.Settings,
    *,
    now: Callable[[], datetime],
    rng: random.Random,
    executor: Callable[[str], Executor],
    on_fatal: Callable[[BaseException], None],
    control: bool = False,
) -> House:
    """Open the data directory and start the workers; no device is waited for.

    `executor(name)` makes a thread for writing; `on_fatal` is called once when the journal cannot be written any more
    and must stop the process. With `emulated:` links the clock is the emulated shop's; `control` serves its control
    server on a free loopback port. Raises DirectoryInUse, JournalDamaged, RequestError (a link), OSError.
    """
    directory: Path = settings.data_dir
    async with AsyncExitStack() as stack:
        clock = now

        def present() -> datetime:
            return clock()

        # The journal first: it owns the directory in which everything else lives, the emulated shop's clock too.
        journal = await Journal.open(directory, now=present, executor=executor("journal"), on_fatal=on_fatal)
        stack.push_async_callback(journal.close)
        traces = await Traces.open(directory, now=present, executor=executor("traces"))
        stack.push_async_callback(traces.close)
        tracer = Tracer(traces.record)
        links = {one.name: one.link for one in settings.registers if one.link.startswith(EMULATED)}
        url = None
        embedded = None
        if links:
            from gateway.embedded import EmbeddedShop

            embedded = EmbeddedShop(links, directory, rng=rng)
            await embedded.start()
            stack.push_async_callback(embedded.close)
            clock = embedded.now
            if control:
                url = await embedded.serve_control()

        def link(one: config.RegisterSettings) -> Link:
            return embedded.link(one.name) if embedded and one.name in links else parse_link(one.link)()

        named = settings.cashier
        cashier = None if named is None else Cashier(name=named.name, inn=named.inn)
        shop = Shop(
            journal,
            {one.name: _settings(one, cashier) for one in settings.registers},
            {one.name: _driver(one, tracer.link(one.name, link(one))) for one in settings.registers},
            now=clock,
            rng=rng,
            on_job=tracer.working_on,
        )
        await shop.start()
        stack.push_async_callback(shop.drain)
        return House(shop=shop, journal=journal, traces=traces, now=clock, control=url, _stack=stack.pop_all())


def _settings(one: config.RegisterSettings, cashier: Cashier | None) -> RegisterSettings:
    return RegisterSettings(
        name=one.name,
        link=one.link,
        family=one.family,
        zone=ZoneInfo(one.zone),
        shift=one.shift,
        cashier=cashier,
        close_shift_at=one.close_shift_at,
        queue_limit=one.queue_limit,
        emulated=one.link.startswith(EMULATED),
    )


def _driver(one: config.RegisterSettings, link: Link) -> Register:
    family = one.family
    if family == "auto" and one.link.startswith(EMULATED):
        family = one.link.removeprefix(EMULATED).partition("?")[0]  # type: ignore[assignment]
    return create(family, link, zone=ZoneInfo(one.zone), timeouts=one.timeouts, options=one.options)
