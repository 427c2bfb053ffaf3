"""Writes the pages of docs/ that are made from tables: errors, tags, Shtrih-M commands and errors.

.venv/bin/python docs/generate.py          write them
.venv/bin/python docs/generate.py --check  exit 1 when one is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import atol_page
import campaigns_page
import codes_page
import exactly_once
import fault_matrix
import fuzzing_page
import marking_page
import models_page
import new_family_page
import orders_page
import pirit_page
import registers_page
from job_codes import codes

from emulator.registers.shtrih.unsupported import UNSUPPORTED
from gateway.api import problems
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tags import TAGS, Tag
from protocols.shtrih.commands import COMMANDS, Command
from protocols.shtrih.errors import ERRORS
from protocols.wire import Message, names_of

HERE = Path(__file__).parent


def tags() -> str:
    """Every tag of the current tables."""
    lines = [
        "# Tags of fiscal documents",
        "",
        "From `protocols/ffd/tags.csv`. `M` mandatory, `C` conditional, `O` optional, in the electronic form;",
        "`1059:M` means: within tag 1059. Retired tags (ФФД 1.0) are decoded but not listed.",
        "",
        "| tag | name | kind | length | ФФД 1.05 | 1.1 | 1.2 | название |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for tag in TAGS.values():
        if not tag.retired:
            marks = " | ".join(tag.electronic[version] or "–" for version in FfdVersion)
            lines.append(f"| {tag.number} | `{tag.name}` | {tag.kind.value} | {_length(tag)} | {marks} | {tag.title} |")
    return "\n".join(lines) + "\n"


def shtrih() -> str:
    """Commands and errors of Shtrih-M."""
    lines = [
        "# Shtrih-M: commands and errors",
        "",
        "Generated from `protocols/shtrih/commands` and `protocols/shtrih/errors.py`, which driver and emulator share.",
        "Fields are in wire order; `password` is the operator's. Time-outs are seconds.",
        "",
        "| code | name | request | reply | access | time-out | название |",
        "|---|---|---|---|---|---|---|",
        *(_command(COMMANDS[code]) for code in sorted(COMMANDS)),
        "",
        "## What the emulated register does not do",
        "",
        "It answers error 37h to these, as real models do to what they lack; of FEh it knows ping (F2h), restart (F3h)",
        "and grand totals (F4h). The framing without control bytes that one driver calls 1.1 (`STX, N, message`, model",
        "bit 52) is in no document and is not spoken.",
        "",
        "| code | name | why |",
        "|---|---|---|",
        *(f"| {COMMANDS.named(name).code:02X}h | `{name}` | {why} |" for name, why in UNSUPPORTED.items()),
        "",
        "## Errors",
        "",
        "| number | code | kind | значение | что делать |",
        "|---|---|---|---|---|",
    ]
    for number, row in sorted(ERRORS.items()):
        lines.append(f"| {number:02X}h | `{row.code}` | {row.kind.value} | {row.text_ru} | {row.hint_ru} |")
    return "\n".join(lines) + "\n"


def _length(tag: Tag) -> str:
    if tag.max_len is None:
        return ""
    return str(tag.max_len) if tag.fixed else f"≤ {tag.max_len}"


def _command(row: Command) -> str:
    return (
        f"| {row.code:02X}h | `{row.name}` | {_fields(row.request)} | {_fields(row.reply)} "
        f"| {row.access.value} | {row.timeout:g} | {row.title_ru} |"
    )


def _fields(shape: type[Message]) -> str:
    return ", ".join(names_of(shape)) or "–"


PAGES: Mapping[str, Callable[[], str]] = {
    "atol.md": atol_page.page,
    "errors.md": problems.markdown,
    "campaigns.md": campaigns_page.page,
    "codes.md": codes_page.page,
    "exactly-once.md": exactly_once.page,
    "fault-matrix.md": fault_matrix.page,
    "fuzzing.md": fuzzing_page.page,
    "job_codes.md": codes,
    "marking.md": marking_page.page,
    "orders.md": orders_page.page,
    "models.md": models_page.page,
    "new-family.md": new_family_page.page,
    "pirit.md": pirit_page.page,
    "registers.md": registers_page.page,
    "tags.md": tags,
    "shtrih.md": shtrih,
}


def stale() -> list[str]:
    """Pages that differ from what their tables say."""
    return [
        name
        for name, make in PAGES.items()
        if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != make()
    ]


def main() -> int:
    if "--check" in sys.argv[1:]:
        for name in stale():
            sys.stderr.write(f"docs/{name} is out of date: run `make docs`\n")
        return 1 if stale() else 0
    for name, make in PAGES.items():
        (HERE / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
