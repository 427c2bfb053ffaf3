"""docs/registers.md: family × feature, as the drivers say it of themselves on emulated registers."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import models_page
import structlog

from devices.registers.base import Bookmark, Capability
from devices.registers.factory import FAMILIES
from devices.registers.settling import SETTLING, Asked, Command
from emulator.storage import StorageError
from protocols.ffd.enums import FfdVersion

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "helpers"))

from register_rows import DIFFERENCES, LACKS, ROWS, Difference  # noqa: E402
from till import till  # noqa: E402
from virtual_loop import run_virtual  # noqa: E402

_WORDS: Final[Mapping[Capability, str]] = {
    Capability.CORRECTION: "corrections",
    Capability.CORRECTION_ITEMS: "corrections with lines",
    Capability.READ_BACK: "documents read back by tag",
    Capability.MARKING: "marking codes checked",
    Capability.CASH: "cash in and out",
    Capability.X_REPORT: "X report",
    Capability.COPY_LAST: "copy of the last document",
    Capability.PRINT_TEXT: "text",
    Capability.DRAWER: "drawer",
    Capability.SET_CLOCK: "clock",
    Capability.SETTINGS: "its settings shown",
}


@dataclass(frozen=True)
class Looked:
    """What a driver says of itself, by ФФД, and what its bookmark holds."""

    can: Mapping[FfdVersion, frozenset[Capability]]
    bookmark: Bookmark


def looked(family: str) -> Looked:
    """On the emulated register of the family."""
    return run_virtual(_looked(family))  # type: ignore[no-any-return]


async def _looked(family: str) -> Looked:
    can = {}
    for ffd in FfdVersion:
        with suppress(StorageError):  # its registers know nothing of this ФФД
            async with till(family=family, ffd=ffd) as one:
                can[ffd] = frozenset(one.driver.capabilities)
                bookmark = await one.driver.bookmark(counters=True)
    return Looked(can, bookmark)


def page() -> str:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        found = {family: looked(family) for family in FAMILIES}
    finally:
        structlog.configure(**before)
    lines = [
        "# Registers: what each family can do",
        "",
        "Generated: the drivers' own words on emulated registers, and the tables of the conformance suite",
        "(`tests/conformance`), which fails when one of their rows is no longer true. Of a real register",
        "`fiscal-gateway conformance LINK` says how it answers. Models: [models.md](models.md).",
        "",
        "| | " + " | ".join(row.title for row in FAMILIES.values()) + " |",
        "|---|" + "---|" * len(FAMILIES),
        *_table(found),
        "",
        "Every family makes receipts of all operations, corrections, shifts and orders through the same interface, and",
        "the same posted receipt gives the same fiscal TLV on each, but for the tags' order and the differences below.",
        "",
        "## What is lacking, and why",
        "",
        "| family | ФФД | what | why |",
        "|---|---|---|---|",
        *(
            f"| `{lack.family}` | {lack.ffd or 'all'} | {_WORDS[lack.what]} | {lack.reason} |"
            for lack in sorted(LACKS, key=lambda one: list(FAMILIES).index(one.family))
        ),
        "",
        "## Known differences",
        "",
        "| family | where | what shows | why |",
        "|---|---|---|---|",
        *(f"| `{one.family}` | {_scenario(one)} | `{one.says}` | {one.reason} |" for one in DIFFERENCES),
        "",
        "What a receipt leaves open, each register fills in by itself: posted without `cashier`, 1021 is whom the",
        "register or its server names (its operator table, «Кассир», «Администратор»), so post the cashier. A rate",
        "that a register cannot write is refused before anything is sent: Shtrih-M replaces 20 % by the rate of",
        "its tax table (`vat_replaced_by_register`), and a correction by sums of ФФД 1.05 has no field for 5, 7",
        "and 22 % on Shtrih-M and Пирит (`correction_vat_impossible`), while ATOL writes them in 1115.",
        "",
        *_matrix(),
    ]
    return "\n".join(lines) + "\n"


def _table(found: Mapping[str, Looked]) -> Iterator[str]:
    def row(what: str, cells: Iterator[str]) -> str:
        return f"| {what} | " + " | ".join(cells) + " |"

    yield row("`family`", (f"`{family}`" for family in FAMILIES))
    yield row("links", ("HTTP" if one.web else "serial, TCP, USB" for one in FAMILIES.values()))
    yield row("speeds", (", ".join(map(str, one.baudrates)) or "–" for one in FAMILIES.values()))
    yield row("framings, by its option", (_framings(family) for family in FAMILIES))
    yield row("ФФД", (", ".join(str(ffd) for ffd in one.can) for one in found.values()))
    for what in Capability:
        yield row(_WORDS[what], (_can(one, what) for one in found.values()))
    yield row("a lost receipt, correction, shift", (_asked(Command.RECEIPT) for _ in FAMILIES))
    yield row("a lost cash in or out", (_cash(one.bookmark) for one in found.values()))
    yield row("a lost X report", (_reports(one.bookmark) for one in found.values()))
    yield row("models known", (models_page.known(family) for family in FAMILIES))


def _framings(family: str) -> str:
    options = [f"`{name}={value}`" for row in ROWS if row.family == family for name, value in row.options.items()]
    return ", ".join(options) or "one"


def _can(one: Looked, what: Capability) -> str:
    able = [ffd for ffd, can in one.can.items() if what in can]
    if len(able) == len(one.can):
        return "yes"
    return ", ".join(f"ФФД {ffd}" for ffd in able) or "no"


def _asked(command: Command) -> str:
    return {
        Asked.ARCHIVE: "found by its content among the drive's documents",
        Asked.CASH: "count and sum of the shift",
        Asked.REPORTS: "count of reports",
    }[SETTLING[command].asked or Asked.ARCHIVE]


def _cash(mark: Bookmark) -> str:
    if mark.cash_ins is None and mark.cash_in_sum is None:
        return "a person decides: the register counts nothing"
    return _asked(Command.CASH_IN) if mark.cash_ins is not None else "sum of the shift"


def _reports(mark: Bookmark) -> str:
    return "printed again: the register does not count them" if mark.x_reports is None else _asked(Command.X_REPORT)


def _scenario(one: Difference) -> str:
    name = one.scenario.removeprefix("test_").replace("_", " ")
    return f"{name}: {one.case}" if one.case else name


def _matrix() -> Iterator[str]:
    """Sums of `make conformance`."""
    told: Mapping[str, Mapping[str, Mapping[str, int]]] = json.loads((HERE / "conformance.json").read_text("utf-8"))
    yield "## Exactly once: everything that can go wrong, at every command"
    yield ""
    yield "`make conformance` strikes each command of each call that changes something with each fault of the emulated"
    yield "register and holds what settling says against the drive's archive. *Done*: answered in spite of it. *Found*:"
    yield "the answer was lost, the document found. *Sent anew*: proven that there is none, and made once. *Refused*:"
    yield "proven that there is none. *Wrong* would be a document lost, made twice, or not settled."
    yield ""
    yield "| register, ФФД | calls | cells | done | found | sent anew | refused | as listed | wrong |"
    yield "|---|---|---|---|---|---|---|---|---|"
    total: Counter[str] = Counter()
    for place, calls in told.items():
        ends: Counter[str] = Counter()
        for cells in calls.values():
            for end, count in cells.items():
                ends[_end(end)] += count
        yield _sums(place, len(calls), ends)
        total += ends
    yield _sums("all", sum(map(len, told.values())), total)


def _end(end: str) -> str:
    if end in {"done", "found", "wrong"}:
        return end
    if end.startswith("as "):
        return "listed"
    return "refused" if end.endswith("refused") else "anew"


def _sums(place: str, calls: int, ends: Counter[str]) -> str:
    cells = [ends[end] for end in ("done", "found", "anew", "refused", "listed", "wrong")]
    return f"| {place} | {calls} | {sum(cells)} | " + " | ".join(map(str, cells)) + " |"
