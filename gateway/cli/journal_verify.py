"""`journal verify` and `journal report`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway.cli import output
from gateway.cli.client import Client, NoDaemon, connect
from gateway.cli.remote import Command, data_directory
from gateway.journal import verify as judged
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.report import words
from gateway.journal.verify import DIFFERENCES, Verdict


def verify(config: Path | None, data_dir: Path | None, url: str | None, *, offline: bool, as_json: bool) -> None:
    """The file, then each register's drive through the running daemon."""
    directory = data_directory(config, data_dir, as_json=as_json)
    answer: dict[str, Any] = {"file": None, "registers": [], "fine": True}
    if (directory / JOURNAL_FILE).exists():
        with output.progress("Файл журнала", quiet=as_json) as told:
            answer["file"] = judged.file(directory, told)
    elif url is None:
        output.fail(f"there is no journal in {directory}; give --data-dir", as_json=as_json, code="journal")
    if not offline:
        try:
            answer["registers"] = asyncio.run(_registers(directory, url, as_json=as_json))
        except NoDaemon as error:
            answer["registers_not_asked"] = error.detail
            if url is not None:
                output.fail_with(error, as_json=as_json)
        except GatewayError as error:
            output.fail_with(error, as_json=as_json)
    faults = (answer["file"] or {}).get("faults", [])
    answer["fine"] = not faults and all(one["fine"] for one in answer["registers"])
    if as_json:
        output.emit_json(answer)
    else:
        for line in _words(answer):
            output.emit(line)
    if not answer["fine"]:
        raise SystemExit(output.EXIT_REFUSED)


async def _registers(directory: Path, url: str | None, *, as_json: bool) -> list[dict[str, Any]]:
    async with connect(directory, url) as gateway:
        listed = (await gateway.get("/api/v1/registers"))["registers"]
        return [await _register(gateway, one, as_json=as_json) for one in listed]


async def _register(gateway: Client, register: Mapping[str, Any], *, as_json: bool) -> dict[str, Any]:
    """One drive, a page at a time."""
    name = register["name"]
    counts: Counter[str] = Counter()
    found: dict[str, Any] = {"register": name, "fine": False, "differences": [], "foreign": []}
    acknowledged, oldest = 0, None
    after: int | None = 0
    try:
        with output.progress(f"Касса {name}", quiet=as_json) as told:
            while after is not None:
                page = await gateway.get(f"/api/v1/registers/{name}/documents", after=str(after))
                for document in page["documents"]:
                    counts[document["verdict"]] += 1
                    if document["verdict"] in DIFFERENCES:
                        found["differences"].append(document)
                    elif document["verdict"] == Verdict.FOREIGN:
                        found["foreign"].append(document["document"])
                    if document.get("acknowledged"):
                        acknowledged += 1
                    elif "datetime" in document:
                        oldest = oldest or document["datetime"]
                after = page["next"]
                found |= {"fn": page["fn"], "last": page["last"]}
                told(after or page["last"], page["last"])
    except GatewayError as error:
        return {**found, "error": {"code": error.code, "detail": error.detail, "hint": error.hint}}
    waiting = sum(counts.values()) - counts[Verdict.MISSING] - counts[Verdict.NONE] - acknowledged
    return {
        **found,
        "fine": not found["differences"],
        "counts": dict(counts),
        "ofd": {"acknowledged": acknowledged, "waiting": waiting, "oldest_waiting": oldest},
    }


def _words(answer: Mapping[str, Any]) -> Iterator[str]:
    file = answer["file"]
    if file is not None:
        counted = f"заданий {file['jobs']}, без содержания {file['without_body']}, заказов {file['orders']}"
        yield f"{'✗' if file['faults'] else '✓'} Файл: {counted}"
        yield from (f"  {fault}" for fault in file["faults"][:20])
    if "registers_not_asked" in answer:
        yield f"! Кассы не сверены: {answer['registers_not_asked']}"
    for one in answer["registers"]:
        if "error" in one:
            yield f"✗ Касса {one['register']}: {one['error']['detail']}\n  {one['error']['hint']}"
            continue
        counts, ofd = one["counts"], one["ofd"]
        mark = "✓" if one["fine"] else "✗"
        yield (
            f"{mark} Касса {one['register']}, ФН {one['fn']}: документов {one['last']}, "
            f"совпало {counts.get('same', 0)}, чужих {counts.get('foreign', 0)}"
        )
        yield f"  ОФД подтвердил {ofd['acknowledged']}, ждут {ofd['waiting']}" + (
            f", старейший от {ofd['oldest_waiting']}" if ofd["oldest_waiting"] else ""
        )
        for document in one["differences"]:
            yield f"  ФД {document['document']}: {document['verdict']} {', '.join(document['jobs'])}".rstrip()


def report(*, as_json: bool) -> Command:
    """What was lost and what nobody owns."""

    async def command(gateway: Client) -> int:
        answer = await gateway.get("/api/v1/journal")
        if as_json:
            output.emit_json(answer)
            return 0
        if answer["loss"] is None:
            output.emit("Потерь журнала не было.")
        else:
            for line in words(answer["loss"]):
                output.emit(line)
        if answer["recovered"]:
            output.table(
                "Чеки без задания",
                ("касса", "ФН", "ФД", "ФП", "когда", "итог", "причина"),
                (
                    (
                        one["register"],
                        one["fiscal"]["fn"],
                        one["fiscal"]["document"],
                        one["fiscal"]["sign"],
                        one["fiscal"]["datetime"],
                        one["total"],
                        one["cause"],
                    )
                    for one in answer["recovered"]
                ),
            )
        return 0

    return command
