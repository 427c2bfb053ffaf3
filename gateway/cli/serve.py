"""`fiscal-gateway serve`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from devices.errors import GatewayError
from gateway import config as configuration
from gateway import logs
from gateway.cli import output
from gateway.config import EXIT_CONFIGURATION, ConfigError, Settings
from gateway.emulated import is_emulated
from gateway.marking.permit.settings import on_this_machine
from gateway.notify import Notifier

T = TypeVar("T")

EMULATED_REGISTER = {"name": "kkt-1", "family": "shtrih", "link": "emulated:shtrih"}
EMULATED_SCANNER = {"name": "scan-1", "link": "emulated:scanner"}
#: What `--emulated-permit` takes: services of permit mode that are asked together.
PERMIT_SERVICES = ("cdn", "cdn,local", "local", "piot", "piot,local")


def serve(
    *,
    config: Path | None,
    emulated: bool,
    data_dir: Path | None,
    host: str | None,
    port: int | None,
    control: str | None,
    as_json: bool,
    emulated_permit: str | None = None,
) -> int:
    """Run until stopped; answers the exit status."""
    try:
        settings = _settings(config, emulated=emulated, data_dir=data_dir, host=host, port=port)
        control_at = _control(control, settings)
        services = _services(emulated_permit, settings, control_at, emulated=emulated)
    except ConfigError as error:
        lines = [f"{error.source}: the configuration cannot be used"]
        lines += [f"  {place}: {why}" for place, why in error.faults]
        output.fail("\n".join(lines), status=EXIT_CONFIGURATION, as_json=as_json, code="configuration")
    logs.set_up(settings.log_level)
    usable_directory(settings.data_dir, as_json=as_json)
    try:
        return run(_serve(settings, control_at, services, as_json=as_json))
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    except OSError as error:
        output.fail(
            f"cannot listen on {settings.server.host}:{settings.server.port}: {error.strerror}; "
            "is another gateway running? choose another --port",
            hint="Адрес занят: возможно, шлюз уже запущен.",
            # No fault of the configuration: the service manager may try again when the port is free.
            as_json=as_json,
            code="address_in_use",
        )


def usable_directory(directory: Path, *, as_json: bool) -> None:
    """Made where it is not there; a directory that cannot be ends the command with status 78.

    From here on the process makes files for its own user only: the journal names buyers.
    """
    os.umask(0o077)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        output.fail(
            f"cannot use the data directory {directory}: {error.strerror}; choose another --data-dir",
            hint="Каталог данных недоступен: проверьте путь и права.",
            status=EXIT_CONFIGURATION,
            as_json=as_json,
            code="data_directory",
        )


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def overrides(data_dir: Path | None, host: str | None, port: int | None) -> dict[str, Any]:
    """What the command line says, as nested settings."""
    server = {key: value for key, value in {"host": host, "port": port}.items() if value is not None}
    return ({"server": server} if server else {}) | ({"data_dir": data_dir} if data_dir is not None else {})


def _control(text: str | None, settings: Settings) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError("serve", [("--control", f"takes HOST:PORT, not {text!r}")])
    links = [*(one.link for one in settings.registers), *(one.link for one in settings.scanners)]
    if not any(map(is_emulated, links)):
        raise ConfigError("serve", [("--control", "goes with --emulated, or with emulated: links of a configuration")])
    return host, int(port)


def _services(
    text: str | None, settings: Settings, control: tuple[str, int] | None, *, emulated: bool
) -> tuple[str, ...]:
    """The emulated services of permit mode that are asked; none without the option."""
    if text is None:
        return ()
    fault = None
    if text not in PERMIT_SERVICES:
        fault = f"is one of {', '.join(PERMIT_SERVICES)}, not {text!r}"
    elif not emulated:
        fault = "goes with --emulated; a configuration names the services in [permit]"
    elif settings.permit.enabled:
        fault = "permit mode is configured by the environment already (FISCAL_GATEWAY_PERMIT__…)"
    elif control is not None and not on_this_machine(f"http://{control[0]}"):
        fault = f"the services stand beside --control, which must then be on this machine, not {control[0]}"
    if fault is not None:
        raise ConfigError("serve", [("--emulated-permit", fault)])
    return tuple(text.split(","))


def _settings(
    config: Path | None, *, emulated: bool, data_dir: Path | None, host: str | None, port: int | None
) -> Settings:
    given = overrides(data_dir, host, port)
    if emulated:
        if config is not None:
            raise ConfigError(str(config), [("--emulated", "goes without --config: a real shop serves no emulator")])
        return configuration.load(None, {**given, "registers": [EMULATED_REGISTER], "scanners": [EMULATED_SCANNER]})
    path = config or configuration.find_configuration()
    if path is None:
        places = ", ".join(str(place) for place in configuration.standard_places())
        raise ConfigError(
            "serve", [("--config", f"no configuration at {places}; give --config FILE, or --emulated to try it out")]
        )
    settings = configuration.load(path, given)
    if not settings.registers:
        raise ConfigError(str(path), [("registers", "none is configured; add a [[registers]] section")])
    return settings


async def _serve(
    settings: Settings, control: tuple[str, int] | None, services: tuple[str, ...], *, as_json: bool
) -> int:
    from gateway import daemon, rim
    from gateway.api.server import calm_collector

    fatal: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def failed(error: BaseException) -> None:
        if not fatal.done():
            fatal.set_result(error)

    notifier = Notifier()
    async with (
        daemon.running(settings, on_fatal=failed, control=control, emulated_permit=services) as gateway,
        notifier.watchdog(lambda: gateway.shop.alive and not fatal.done()),
    ):
        stopped = rim.stop_signal()
        calm_collector()
        if as_json:
            extra = {"control": gateway.control} if gateway.control else {}
            output.emit_json({"ready": True, "http": gateway.url, **extra})
        else:
            control_at = f", control {gateway.control}" if gateway.control else ""
            output.emit(f"ready on {gateway.url} (token in {gateway.token_file}){control_at}")
        notifier.ready(f"{len(settings.registers)} register(s), {gateway.url}")
        cause = await daemon.until_stopped(stopped, fatal)
        notifier.stopping()
    if cause is not None:
        output.fail(f"the journal's disk failed: {cause}; check the disk and start again", code="journal_failed")
    return 0
