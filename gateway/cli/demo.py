"""`fiscal-gateway demo`: the story of an order on an embedded emulated shop, each receipt as it would be on paper."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway import config as configuration
from gateway import logs
from gateway.cli import output
from gateway.cli.client import connect
from gateway.cli.serve import EMULATED_REGISTER, overrides, run, usable_directory
from gateway.cli.story import story
from gateway.config import EXIT_CONFIGURATION, ConfigError, Settings


def demo(*, leave: bool, data_dir: Path | None, host: str | None, port: int | None, as_json: bool) -> int:
    """Play the story; with `leave` end after it, else serve until Ctrl-C. Answers the exit status."""
    with tempfile.TemporaryDirectory(prefix="fiscal-gateway-demo-", ignore_cleanup_errors=True) as temporary:
        given = overrides(data_dir or Path(temporary), host, port)
        if leave and port is None:
            # Nobody is going to call: a port of its own lets many demos run side by side.
            given["server"] = {**given.get("server", {}), "port": 0}
        try:
            settings = configuration.load(None, {**given, "registers": [EMULATED_REGISTER], "log_level": "warning"})
        except ConfigError as error:
            output.fail(str(error), status=EXIT_CONFIGURATION, as_json=as_json, code="configuration")
        logs.set_up(settings.log_level)
        usable_directory(settings.data_dir, as_json=as_json)
        try:
            return run(_play(settings, leave=leave, as_json=as_json))
        except GatewayError as error:
            output.fail_with(error, as_json=as_json)
        except OSError as error:
            output.fail(
                f"cannot listen on {settings.server.host}:{settings.server.port}: {error.strerror}; try --port 0",
                hint="Адрес занят: запустите с --port 0.",
                as_json=as_json,
                code="address_in_use",
            )


async def _play(settings: Settings, *, leave: bool, as_json: bool) -> int:
    from gateway import daemon, rim

    fatal: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    async with daemon.running(settings, on_fatal=fatal.set_result) as gateway:
        done: list[dict[str, Any]] = []
        async with connect(settings.data_dir) as client:
            for step in story(f"demo-{rim.new_id()[:8]}"):
                answer = await client.post("/api/v1/receipts", step.body, wait="60")
                if answer["state"] != "done":
                    error = answer.get("error") or {}
                    output.fail(f"{answer['id']}: {answer['state']} {error.get('detail', '')}", as_json=as_json)
                done.append(answer)
                if not as_json:
                    paper = await client.text(f"/api/v1/receipts/{answer['id']}/paper.txt")
                    _show(step.title, paper, answer["fiscal"]["fn"])
        stopped = rim.stop_signal()
        if as_json:
            output.emit_json({"ready": True, "http": gateway.url, "receipts": done})
        elif not leave:
            output.emit(f"Шлюз работает: {gateway.url}/docs   токен: {gateway.token_file}")
            output.emit("Ctrl-C — остановить.")
        if leave:
            return 0
        cause = await daemon.until_stopped(stopped, fatal)
    return 0 if cause is None else output.EXIT_REFUSED


def _show(title: str, paper: str, drive: str) -> None:
    output.emit(f"▌ {title}")
    output.emit()
    output.emit(paper.rstrip("\n"))
    output.emit()
    if f"ФН: {drive}" not in paper:
        output.emit(f"ФН: {drive}")
