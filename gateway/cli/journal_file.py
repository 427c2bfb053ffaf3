"""Commands on the journal's file itself, beside a running daemon or without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from devices.errors import GatewayError
from gateway import rim
from gateway.cli import output
from gateway.cli.remote import data_directory
from gateway.journal import backup as copies
from gateway.journal import export as exports
from gateway.journal import export_orders as orders
from gateway.journal.database import JOURNAL_FILE


def backup(config: Path | None, data_dir: Path | None, file: Path, *, as_json: bool) -> None:
    """Make a copy, telling how far it is."""
    directory = data_directory(config, data_dir, as_json=as_json)
    try:
        with output.progress("Копирование журнала", quiet=as_json) as told:
            made = copies.backup(
                directory, file.absolute(), now=rim.now, progress=lambda left, total: told(total - left, total)
            )
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    if as_json:
        output.emit_json(made)
    else:
        output.emit(f"Копия проверена: {made['file']}, заданий: {made['jobs']}, байт: {made['bytes']}.")


def restore(config: Path | None, data_dir: Path | None, file: Path, *, as_json: bool) -> None:
    """Put a copy in the journal's place."""
    directory = data_directory(config, data_dir, as_json=as_json)
    try:
        aside = copies.restore(directory, file.absolute(), now=rim.now)
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    if as_json:
        output.emit_json({"restored": str(file), "set_aside": aside})
        return
    output.emit(f"Журнал восстановлен из {file}." + (f" Прежний отложен: {aside}." if aside else ""))
    output.emit("При первой связи с кассой шлюз найдёт чеки, сделанные после копии: journal report покажет их.")


def export(
    config: Path | None,
    data_dir: Path | None,
    what: str,
    form: str,
    since: str | None,
    until: str | None,
    target: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write jobs or orders out; with `--json` (and a file) how many there were."""
    directory = data_directory(config, data_dir, as_json=as_json)
    if not (directory / JOURNAL_FILE).exists():
        output.fail(f"there is no journal in {directory}; give --data-dir", as_json=as_json, code="journal")
    if as_json and target is None:
        output.fail("--json goes with --output FILE", status=output.EXIT_USAGE, as_json=as_json, code="usage")
    moments = _moment("--from", since, as_json=as_json), _moment("--to", until, as_json=as_json)
    try:
        with _opened(target) as out:
            if what == "orders":
                count = orders.FORMATS[form](orders.orders(directory, *moments), out)
            else:
                count = exports.FORMATS[form](exports.jobs(directory, *moments), out)
    except OSError as error:
        output.fail(f"cannot write {target or 'standard output'}: {error.strerror}", as_json=as_json, code="file")
    if as_json:
        output.emit_json({"file": str(target), "lines": count})


@contextmanager
def _opened(target: Path | None) -> Iterator[TextIO]:
    """A file is seen under its name only when it is whole."""
    if target is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    half = target.with_name(f".{target.name}.half")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            yield file
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _moment(name: str, given: str | None, *, as_json: bool) -> datetime | None:
    if given is None:
        return None
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError:
        output.fail(
            f"{name}: a date (2026-01-31) or a moment (2026-01-31T12:00:00+03:00) is expected",
            status=output.EXIT_USAGE,
            as_json=as_json,
            code="usage",
        )
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=rim.now().tzinfo)
