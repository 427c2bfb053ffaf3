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
from gateway.cli.client import Client, connect
from gateway.cli.serve import EMULATED_REGISTER, overrides, run, usable_directory
from gateway.cli.story import Step, marked, shoes, story
from gateway.config import EXIT_CONFIGURATION, ConfigError, Settings
from gateway.embedded import label

#: The picture of the marked pair's label, in the data directory.
LABEL = "shoe-box.png"


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
        async with connect(settings.data_dir) as client:
            done = await _tell(client, settings.data_dir, f"demo-{rim.new_id()[:8]}", as_json=as_json)
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


async def _tell(client: Client, directory: Path, run: str, *, as_json: bool) -> list[dict[str, Any]]:
    """What happens to every order, told and shown one after another; answers what became of each receipt."""
    answers: list[dict[str, Any]] = []
    for place, step in enumerate(story()):
        answers += await _happens(client, step, run, place, as_json=as_json)
    picture = label(shoes(run))
    (directory / LABEL).write_bytes(picture)
    read = (await client.upload("/api/v1/marking/decode", picture, "image/png"))["codes"]
    if not as_json:
        output.emit(f"▌ Этикетка на коробке: {directory / LABEL}")
        output.emit()
        for code in read:
            output.emit(f"GTIN {code['gtin']}, серийный номер {code['serial']}, КИ {code['cis']}")
        output.emit()
    for code in read:
        for place, step in enumerate(marked(code["raw"])):
            answers += await _happens(client, step, run, place, as_json=as_json)
    return answers


async def _happens(client: Client, step: Step, run: str, place: int, *, as_json: bool) -> list[dict[str, Any]]:
    """Say it to the gateway; answers the receipts that it made."""
    order = f"/api/v1/orders/{run}-{step.order}"
    if not as_json:
        output.emit(f"▌ Заказ {step.order}: {step.title}")
        output.emit()
    if not step.call:
        await client.put(order, step.body)
    elif step.call == "scans":
        await client.post(f"{order}/scans", step.body)
    else:
        event = f"e{place}"
        told = await client.post(f"{order}/events", {"id": event, **step.body}, wait="60")
        made = [one for one in told["documents"] if one["event"] == event]
        if tuple(one["kind"] for one in made) != step.makes:
            output.fail(f"{order}: {[one['kind'] for one in made]} instead of {step.makes}", as_json=as_json)
        return [await _receipt(client, one["receipt_id"], step.refused, as_json=as_json) for one in made]
    return []


async def _receipt(client: Client, name: str, refused: str | None, *, as_json: bool) -> dict[str, Any]:
    answer: dict[str, Any] = await client.get(f"/api/v1/receipts/{name}")
    error = answer.get("error") or {}
    if answer["state"] != ("failed" if refused else "done") or error.get("code") != refused:
        output.fail(f"{answer['id']}: {answer['state']} {error.get('detail', '')}", as_json=as_json)
    if not as_json:
        if refused:
            output.emit(f"{error['code']}: {error['hint']}")
        else:
            _show(await client.text(f"/api/v1/receipts/{name}/paper.txt"), answer["fiscal"]["fn"])
        output.emit()
    return answer


def _show(paper: str, drive: str) -> None:
    output.emit(paper.rstrip("\n"))
    if f"ФН: {drive}" not in paper:
        output.emit(f"ФН: {drive}")
