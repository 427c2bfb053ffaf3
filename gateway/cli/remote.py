"""Commands that go through the running daemon."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway import config as configuration
from gateway.cli import output
from gateway.cli.client import Client, connect

Command = Callable[[Client], Awaitable[int]]


def data_directory(config: Path | None, data_dir: Path | None, *, as_json: bool) -> Path:
    """The data directory the command line means: its own word, else the configuration's."""
    if data_dir is not None:
        return data_dir
    try:
        return configuration.load(config or configuration.find_configuration()).data_dir
    except configuration.ConfigError as error:
        output.fail(str(error), status=configuration.EXIT_CONFIGURATION, as_json=as_json, code="configuration")


def run(command: Command, config: Path | None, data_dir: Path | None, url: str | None, *, as_json: bool) -> None:
    """Run a command against the daemon; every refusal ends with its words and exit 1."""
    directory = data_directory(config, data_dir, as_json=as_json)

    async def session() -> int:
        async with connect(directory, url) as gateway:
            return await command(gateway)

    try:
        status = asyncio.run(session())
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    if status:
        raise SystemExit(status)


def receipt(file: str, *, dry_run: bool, wait: float, as_json: bool) -> Command:
    """Post a file's receipt; exit 1 unless the document exists in the end."""

    async def command(gateway: Client) -> int:
        text, body = read_body(file, as_json=as_json)
        path = "/api/v1/corrections" if isinstance(body, dict) and "correction" in body else "/api/v1/receipts"
        if dry_run:
            answer = await gateway.post(path, text, dry_run="1")
            output.emit_json(answer) if as_json else output.emit(answer["paper"])
            return 0
        answer = await gateway.post(path, text, wait=f"{wait:g}")
        if as_json:
            output.emit_json(answer)
        else:
            await _show(gateway, answer)
        return 0 if answer["state"] == "done" else output.EXIT_REFUSED

    return command


def journal(id: str | None, query: Mapping[str, str], limit: int, *, as_json: bool) -> Command:
    """List receipts, or show one."""

    async def command(gateway: Client) -> int:
        if id is not None:
            answer = await gateway.get(f"/api/v1/receipts/{id}")
            output.emit_json(answer) if as_json else await _show(gateway, answer)
            return 0
        rows = await _pages(gateway, query, limit)
        if as_json:
            output.emit_json({"receipts": rows})
            return 0
        output.table(
            "Журнал",
            ("id", "состояние", "касса", "ФД", "ФП", "когда", "ошибка"),
            (
                (
                    row["id"],
                    row["state"],
                    row["register"],
                    (row.get("fiscal") or {}).get("document"),
                    (row.get("fiscal") or {}).get("sign"),
                    (row.get("fiscal") or {}).get("datetime"),
                    (row.get("error") or {}).get("detail"),
                )
                for row in rows
            ),
        )
        return 0

    return command


def diagnose(name: str, *, as_json: bool) -> Command:
    """The daemon's own diagnosis of one of its registers or scanners."""

    async def command(gateway: Client) -> int:
        scanners = (await gateway.get("/api/v1/scanners"))["scanners"]
        scanner = next((one for one in scanners if one["name"] == name), None)
        if scanner is not None:
            return _scanner(scanner, as_json=as_json)
        answer = await gateway.post(f"/api/v1/registers/{name}/diagnose", wait="60")
        result = answer.get("result") or {}
        if as_json:
            output.emit_json(answer)
        else:
            for line in _diagnosis(answer, result):
                output.emit(line)
        return 0 if result.get("reachable") else output.EXIT_REFUSED

    return command


def _scanner(scanner: Mapping[str, Any], *, as_json: bool) -> int:
    """A scanner says nothing by itself: what is known of it is its diagnosis."""
    if as_json:
        output.emit_json(scanner)
    elif scanner["error"]:
        output.emit(f"✗ {scanner['name']} ({scanner['link']}): {scanner['error']['detail']}")
        output.emit(f"  {scanner['error']['hint']}")
    elif scanner["state"] != "connected":
        output.emit(f"✗ {scanner['name']} ({scanner['link']}): ещё не открыт, повторите через секунду")
    else:
        output.emit(f"✓ {scanner['name']} ({scanner['link']}): подключён с {scanner['since'][:19]}")
        output.emit(f"✓ Сканов: {scanner['scans']}, из них без кода: {scanner['faults']}")
        output.emit(f"  Что присылает сканер, покажет fiscal-gateway scan {scanner['name']}")
    return 0 if scanner["state"] == "connected" else output.EXIT_REFUSED


def _diagnosis(answer: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    """What a technician wants to read, the findings last: each with what to do."""
    if not result:
        notes = [*answer.get("warnings", []), *filter(None, [answer.get("error")])]
        yield f"✗ Касса {answer['register']}: диагностика не закончена ({answer['state']})."
        for note in notes:
            yield f"  {note['detail']}\n  {note['hint']}"
        return
    if result["reachable"]:
        identity, state, drive, ofd = (result[part] for part in ("identity", "state", "drive", "ofd"))
        yield f"✓ {identity['model']}, ПО {identity['firmware']}, ФФД {identity['ffd']}, ИНН {identity['inn']}"
        yield f"✓ Режим {state['mode']}; часы кассы {state['clock']}"
        yield f"✓ ФН {drive['number']}: документ {drive['last_document']}, осталось дней: {drive['days_left']}"
        yield f"✓ Документов в очереди к ОФД: {ofd['unsent']}; {ofd['last_contact']}"
    for finding in result["findings"]:
        yield f"✗ {finding['code']}: {finding['detail']}\n  {finding['hint']}"
    if not result["findings"]:
        yield f"✓ Касса {answer['register']} исправно отвечает."


async def _pages(gateway: Client, query: Mapping[str, str], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    words = dict(query)
    while len(rows) < limit:
        page = await gateway.get("/api/v1/receipts", **words, limit=str(min(limit - len(rows), 100)))
        rows += page["receipts"]
        if not page.get("next"):
            break
        words["cursor"] = str(page["next"])
    return rows


async def _show(gateway: Client, answer: Mapping[str, Any]) -> None:
    if answer["state"] == "done":
        output.emit(await gateway.text(f"/api/v1/receipts/{answer['id']}/paper.txt"))
    else:
        error = answer.get("error") or {}
        bad = list(_bad_lines(answer, error.get("code")))
        detail = error["code"] if bad else error.get("detail", "")
        output.emit(f"{answer['id']}: {answer['state']} {detail}".rstrip())
        for line in bad or filter(None, [error.get("hint")]):
            output.emit(str(line))
    for warning in answer.get("warnings", []):
        output.emit(f"! {warning['code']}: {warning.get('hint') or warning['detail']}")


def _bad_lines(answer: Mapping[str, Any], code: str | None) -> Iterator[str]:
    """Where single lines made the receipt fail: one after another with what to do."""
    denied = [one for one in answer.get("permit", ()) if not one["allowed"]]
    gone = list(answer.get("units", ()))
    bad = [one for one in answer.get("marking", ()) if one["result"] == "M-"]
    # The error bears the code of permit mode, or the reason of the first bad line.
    if code in {"permit_denied", *(one["reason"] for one in (*denied, *gone, *bad))}:
        for one in denied or gone or bad:
            yield f"  Позиция {one['item'] + 1}: {one['detail']}\n    {one['hint']}"


def read_body(file: str, *, as_json: bool) -> tuple[str, object]:
    """The text goes out as it is, so that no number passes through a float; what it holds only tells its kind."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        body = json.loads(text)
    except OSError as error:
        output.fail(f"cannot read {file}: {error.strerror}", status=output.EXIT_USAGE, as_json=as_json, code="file")
    except ValueError as error:
        output.fail(f"{file} is not JSON: {error}", status=output.EXIT_USAGE, as_json=as_json, code="json")
    return text, body
