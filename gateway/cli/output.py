"""What a command says: one JSON document with `--json`, tables and words without; diagnostics go to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NoReturn

import typer

from devices.errors import GatewayError

EXIT_REFUSED = 1  # the device or the job said no
EXIT_USAGE = 2


def plain(value: object) -> object:
    """Dataclasses' parts and the like as JSON knows them."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case Enum():
            return value.value
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case str():
            return value
        case Iterable():
            return [plain(item) for item in value]
        case _ if hasattr(value, "__dataclass_fields__"):
            return {name: plain(part) for name, part in parts(value).items()}
        case _:
            return value


def parts(value: object) -> dict[str, object]:
    """A dataclass by its fields."""
    return {name: getattr(value, name) for name in getattr(value, "__dataclass_fields__", {})}


def as_json(value: object) -> str:
    """One JSON document, on a line."""
    return json.dumps(plain(value), ensure_ascii=False) + "\n"


def emit_json(value: object) -> None:
    """The same on standard output, at once."""
    sys.stdout.write(as_json(value))
    sys.stdout.flush()


def emit(text: str = "") -> None:
    """Words for a person on standard output."""
    typer.echo(text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for a person."""
    from rich.console import Console
    from rich.table import Table

    picture = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        picture.add_column(column, overflow="fold")
    for row in rows:
        picture.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(picture)


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where that is a terminal; call the answer with what is done, and of how much."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def fail(
    message: str,
    *,
    hint: str = "",
    status: int = EXIT_REFUSED,
    as_json: bool = False,
    code: str = "",
    errors: Sequence[Mapping[str, object]] = (),
) -> NoReturn:
    """Say why on standard error (and as JSON when asked) and end with `status`.

    `errors` are a problem's faults: one after another with their hints, which `hint` has only told together.
    """
    if as_json:
        more = {"errors": errors} if errors else {}
        emit_json({"error": {"code": code, "detail": message, "hint": hint, **more}})
    lines = [message, *(line for error in errors for line in _fault(error))]
    if hint and not errors:
        lines.append(hint)
    typer.echo("\n".join(lines), err=True)
    raise typer.Exit(status)


def _fault(error: Mapping[str, object]) -> Iterator[str]:
    yield f"  {error.get('pointer') or '/'}: {error.get('message', '')}"
    if error.get("hint"):
        yield f"    {error['hint']}"


def fail_with(error: GatewayError, *, as_json: bool = False) -> NoReturn:
    """The same for an error of ours."""
    fail(error.detail, hint=error.hint, as_json=as_json, code=error.code, errors=getattr(error, "errors", ()))
