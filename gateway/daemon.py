"""The daemon put together: configuration → journal → registers → shop → HTTP, and back in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from devices.links.base import Link
from devices.links.parse import parse_link
from devices.links.trace import Direction, TracingLink
from devices.registers import factory
from devices.registers.base import Register
from devices.scanners import factory as scanner_factory
from gateway import rim
from gateway.api.app import create_app, program_version
from gateway.api.tokens import Tokens
from gateway.config import RegisterSettings as Configured
from gateway.config import ScannerSettings, Settings
from gateway.emulated import is_emulated
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal, retention
from gateway.journal.check import WholeCheck
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.traces import Traces
from gateway.listening import listening
from gateway.marking import permit
from gateway.marking.decode import Decoder
from gateway.orders.service import Orders
from gateway.scanners import Hub, Watched
from gateway.shop import Shop
from protocols.ffd.receipt import Cashier

if TYPE_CHECKING:
    from gateway.embedded import EmbeddedShop

log = structlog.get_logger(__name__)

#: Open files that callers' connections must leave to registers, databases and the emulated shop.
DESCRIPTORS_KEPT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running daemon."""

    url: str
    shop: Shop
    scanners: Hub
    token_file: Path
    control: str | None  # URL of the emulator's control server


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    on_fatal: Callable[[BaseException], None],
    rng: random.Random | None = None,
    control: tuple[str, int] | None = None,
    emulated_permit: Sequence[str] = (),
) -> AsyncIterator[Daemon]:
    """Everything started and accepting; on the way out the document in hand is finished first.

    `control` is where the control server of an embedded emulated shop listens, if anywhere; with `emulated_permit`, on
    a free port of this machine: permit mode then asks these services beside it.

    `on_fatal` is called when the disk did not take a commit: whoever called us must leave at once and exit non-zero.
    """
    chance = rng or rim.system_random()
    async with contextlib.AsyncExitStack() as stack:
        directory = settings.data_dir
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        emulated = any(is_emulated(register.link) for register in settings.registers)
        now: Callable[[], datetime] = rim.now
        links: Callable[[Configured], Link] = _wired
        floor: EmbeddedShop | None = None
        if emulated or any(is_emulated(scanner.link) for scanner in settings.scanners):
            from gateway import embedded

            floor = embedded.EmbeddedShop(
                directory / "emulated",
                {one.name: one.link for one in settings.registers},
                scanners={one.name: one.link for one in settings.scanners},
            )
            links = partial(_link, floor.link)
        if floor is not None and emulated:  # a real register keeps real time, whatever scans for it
            now = floor.now
        journal = await Journal.open(directory, now=now, executor=rim.ThreadExecutor("journal"), on_fatal=on_fatal)
        stack.push_async_callback(journal.close)
        whole = WholeCheck(directory / JOURNAL_FILE, rim.ThreadExecutor("journal-check"), on_damage=on_fatal)
        stack.callback(whole.stop)
        traces = await Traces.open(directory, now=now, executor=rim.ThreadExecutor("traces"))
        stack.push_async_callback(traces.close)
        control_url, permit_settings = None, settings.permit
        if floor is not None:
            stack.push_async_callback(floor.close)
            await floor.start()
            if control is not None or emulated_permit:
                control_url = await floor.serve_control(*control or ("127.0.0.1", 0))
            if control_url is not None and emulated_permit:
                permit_settings = embedded.permit(control_url, emulated_permit)
        current: dict[str, str | None] = {}
        drivers = {
            one.name: _driver(one, links(one), partial(_trace, traces, one.name, current)) for one in settings.registers
        }
        shop = Shop(
            journal,
            {one.name: _worker_settings(one, settings) for one in settings.registers},
            drivers,
            now=now,
            rng=chance,
            on_job=current.__setitem__,
            permit=permit.build(permit_settings, now=now, rng=chance, program_version=program_version()),
        )
        orders = Orders(shop, now=now, defaults=settings.orders.policy, calendar=settings.orders.calendar)
        await shop.start()
        stack.push_async_callback(shop.drain)
        await orders.start()
        stack.push_async_callback(orders.stop)
        scanners = Hub({one.name: _watched(one, floor) for one in settings.scanners}, now=now)
        scanners.start()
        stack.push_async_callback(scanners.stop)
        tokens = Tokens(journal, now=now, rng=chance)
        token_file = await tokens.ensure_admin(directory)
        url = await stack.enter_async_context(_listening(settings, shop, orders, scanners, tokens, traces, now, chance))
        whole.start()
        keeping = asyncio.create_task(retention.keep(journal, settings.journal.keep_years, now), name="retention")
        stack.callback(keeping.cancel)
        log.info("accepting", http=url, registers=list(drivers), scanners=len(settings.scanners), emulated=emulated)
        yield Daemon(url=url, shop=shop, scanners=scanners, token_file=token_file, control=control_url)


@contextlib.asynccontextmanager
async def _listening(
    settings: Settings,
    shop: Shop,
    orders: Orders,
    scanners: Hub,
    tokens: Tokens,
    traces: Traces,
    now: Callable[[], datetime],
    rng: random.Random,
) -> AsyncIterator[str]:
    server = settings.server
    drawing = rim.ThreadExecutor("pictures")
    decoder = Decoder()
    app = create_app(
        shop,
        tokens=tokens,
        now=now,
        rng=rng,
        traces=traces,
        hosts=server.hosts,
        origins=server.origins,
        metrics_open=server.metrics_without_token,
        max_connections=min(server.max_connections, max(rim.descriptors() - DESCRIPTORS_KEPT, 1)),
        drawing=drawing,
        scanners=scanners,
        decoder=decoder,
        orders=orders,
    )
    runner = app.runner()
    await runner.setup()
    try:
        async with listening(runner, server, settings.data_dir, now=rim.now, reload=rim.reload_signal()) as url:
            yield url
            await scanners.stop()
            # New work is refused and the document in hand finished while callers who wait for it are still connected.
            await shop.drain()
            await orders.stop()
    finally:
        await runner.cleanup()
        drawing.close()
        await decoder.close()


def _wired(register: Configured) -> Link:
    return parse_link(register.link)()


def _link(emulated: Callable[[str], Link], register: Configured) -> Link:
    return emulated(register.name) if is_emulated(register.link) else _wired(register)


def _watched(scanner: ScannerSettings, floor: EmbeddedShop | None) -> Watched:
    emulated = None if floor is None else lambda _: floor.scanner_link(scanner.name)
    return Watched(
        name=scanner.name,
        link=scanner.link,
        make=partial(scanner_factory.create, scanner.link, scanner.options, emulated=emulated),
        window=scanner.window,
        emulated=is_emulated(scanner.link),
    )


def _driver(register: Configured, link: Link, observer: Callable[[Direction, bytes, float], None]) -> Register:
    return factory.create(
        register.family,
        TracingLink(link, observer),
        zone=ZoneInfo(register.zone),
        timeouts=register.timeouts,
        options=register.options,
    )


def _trace(
    traces: Traces, register: str, current: Mapping[str, str | None], direction: Direction, data: bytes, _: float
) -> None:
    traces.record(register, current.get(register), str(direction), data)


def _worker_settings(register: Configured, settings: Settings) -> RegisterSettings:
    named = settings.cashier
    return RegisterSettings(
        name=register.name,
        link=register.link,
        family=register.family,
        zone=ZoneInfo(register.zone),
        shift=register.shift,
        cashier=None if named is None else Cashier(name=named.name, inn=named.inn),
        close_shift_at=register.close_shift_at,
        queue_limit=register.queue_limit,
        emulated=is_emulated(register.link),
    )


async def until_stopped(stopped: asyncio.Future[None], fatal: asyncio.Future[BaseException]) -> BaseException | None:
    """Until SIGTERM or SIGINT (None), or until the journal failed (why).

    `stopped` is `rim.stop_signal()`, called before anybody is told that we are ready: who is told may stop us at once.
    """
    either: list[asyncio.Future[Any]] = [stopped, fatal]
    done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    return fatal.result() if fatal in done else None
