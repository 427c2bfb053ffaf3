"""`fiscal-gateway support [FILE]`: one file for who is to help, with a running daemon or without."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess  # nosec B404 - the service's log is journalctl's to read
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway import config as configuration
from gateway import rim
from gateway import support as parts
from gateway.cli import output
from gateway.cli.client import Client, connect
from gateway.config import ConfigError
from gateway.private_files import write_private
from gateway.support import Bundle


def support(file: Path | None, config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Write the file and say what is in it and what is not."""
    at = rim.now()
    target = file or Path(f"fiscal-gateway-support-{at:%Y%m%d-%H%M%S}.zip")
    bundle = Bundle()
    bundle.add_json("about.json", parts.about())
    directory, families = _configuration(bundle, config, data_dir)
    families |= asyncio.run(_daemon(bundle, directory))
    _journal(bundle, directory, families)
    _orders(bundle, directory)
    _log(bundle)
    try:
        write_private(target, bundle.packed(at))
    except OSError as error:
        output.fail(f"cannot write {target}: {error.strerror}", as_json=as_json, code="file")
    if as_json:
        output.emit_json({"file": str(target), "parts": sorted(bundle.parts), "absent": bundle.absent})
        return
    output.emit(f"Файл для поддержки: {target}")
    for name in sorted(bundle.parts):
        output.emit(f"  ✓ {name}")
    for name, why in bundle.absent.items():
        output.emit(f"  – {name}: {why}")
    output.emit(
        "Пароли, токены, покупатели и проверочные части кодов маркировки скрыты; просмотрите файл перед отправкой."
    )


def _configuration(bundle: Bundle, config: Path | None, data_dir: Path | None) -> tuple[Path, dict[str, str]]:
    try:
        settings = configuration.load(config or configuration.find_configuration())
    except ConfigError as error:
        bundle.miss("configuration.json", str(error))
        settings = configuration.Settings()
    else:
        bundle.add_json("configuration.json", parts.configuration(settings))
    families: dict[str, str] = {one.name: one.family for one in settings.registers if one.family != "auto"}
    return data_dir or settings.data_dir, families


async def _daemon(bundle: Bundle, directory: Path) -> dict[str, str]:
    """What only the running daemon knows; answers the families of its registers."""
    try:
        async with connect(directory) as gateway:
            registers = await gateway.get("/api/v1/registers")
            bundle.add_json("registers.json", registers)
            bundle.add_json("scanners.json", [parts.scanner_facts(one) for one in await _scanners(gateway)])
            bundle.add_json("permit.json", await gateway.get("/api/v1/marking/permit"))
            bundle.add_text("metrics.txt", await gateway.text("/metrics"))
            for register in registers["registers"]:
                await _diagnosis(bundle, gateway, register["name"])
    except GatewayError as error:
        bundle.miss("registers.json", error.detail)
        return {}
    return {one["name"]: one["family"] for one in registers["registers"]}


async def _scanners(gateway: Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await gateway.get("/api/v1/scanners"))["scanners"]
    return listed


async def _diagnosis(bundle: Bundle, gateway: Client, register: str) -> None:
    name = f"diagnosis-{register}.json"
    try:
        bundle.add_json(name, await gateway.post(f"/api/v1/registers/{register}/diagnose", wait="30"))
    except GatewayError as error:
        bundle.miss(name, error.detail)


def _journal(bundle: Bundle, directory: Path, families: dict[str, str]) -> None:
    try:
        jobs = parts.journal_rows(directory)
    except (sqlite3.Error, ValueError, KeyError) as error:
        bundle.miss("journal.jsonl", f"{directory}: {error}")
        return
    bundle.add_lines("journal.jsonl", [parts.job_facts(job) for job in jobs])
    watched = [job for job in jobs if parts.in_trouble(job)] or jobs
    traces: list[dict[str, Any]] = []
    try:
        for job in watched[: parts.TRACES]:
            exchanges = parts.trace_of(directory, job.id, families.get(job.register, ""))
            traces.append({"id": job.id, "register": job.register, "exchanges": exchanges})
    except sqlite3.Error as error:
        bundle.miss("traces.jsonl", f"{directory}: {error}")
    else:
        bundle.add_lines("traces.jsonl", traces)


def _orders(bundle: Bundle, directory: Path) -> None:
    try:
        bundle.add_lines("orders.jsonl", parts.orders_in_trouble(directory))
    except (sqlite3.Error, ValueError) as error:
        bundle.miss("orders.jsonl", f"{directory}: {error}")


def _log(bundle: Bundle) -> None:
    """Of the service, where systemd keeps it and we may read it."""
    program = shutil.which("journalctl")
    if program is None:
        bundle.miss("log.txt", "no journalctl on this machine")
        return
    command = [program, "--unit=fiscal-gateway", f"--lines={parts.LOG_LINES}", "--output=cat", "--no-pager", "--quiet"]
    try:
        # A fixed command: no shell and nothing of a caller's in it.
        result = subprocess.run(command, capture_output=True, timeout=20, check=False)  # noqa: S603 # nosec B603
    except (OSError, subprocess.TimeoutExpired) as error:
        bundle.miss("log.txt", str(error))
        return
    text = result.stdout.decode("utf-8", "replace")
    if result.returncode or not text.strip():
        bundle.miss("log.txt", result.stderr.decode("utf-8", "replace").strip() or "the service has written nothing")
    else:
        bundle.add_text("log.txt", text)
