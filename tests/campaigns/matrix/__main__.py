"""Goes through all cells and writes what became of them to docs/conformance.json; status 1 where one is wrong.

PYTHONPATH=.:tests/helpers:tests/campaigns python -m matrix [--jobs 2] [--missing] [--call NAME] [FAMILY …]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

os.environ["CONFORMANCE"] = "all"

import structlog
from every_loss import CALLS, THOROUGH, cells, commands_of, outcome
from every_register import Place, places
from register_rows import FAMILIES, V12
from virtual_loop import run_virtual

DATA: Final = Path(__file__).parents[3] / "docs" / "conformance.json"


def whole(place: Place, name: str) -> tuple[dict[str, int], list[str]]:
    """How many cells ended how, and those that are wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    call = CALLS[name]
    ends: Counter[str] = Counter()
    wrong = []
    for cell in cells(*run_virtual(commands_of(place, call))):
        what = outcome(place, call, cell)
        if what.startswith("wrong"):
            wrong.append(f"{place} {name} {cell.command:02X} {cell.fault}: {what}")
        ends["wrong" if what.startswith("wrong") else what] += 1
    return dict(ends), wrong


def keep(told: dict[str, Any]) -> None:
    ordered = {place: {call: told[place][call] for call in CALLS if call in told[place]} for place in sorted(told)}
    DATA.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="matrix")
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--call", action="append", choices=list(CALLS), help="only this one; repeatable")
    parser.add_argument("--missing", action="store_true", help="go on where the last run was broken off")
    wanted = parser.parse_args()
    told: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8")) if wanted.missing else {}
    tasks = [
        (place, call.name)
        for call in map(CALLS.__getitem__, wanted.call or CALLS)
        for place in places(call.ffds, call.needs)
        if (place.ffd is V12 or call.name in THOROUGH) and place.row.family in (wanted.families or FAMILIES)
        if call.name not in told.get(str(place), {})
    ]
    wrong: list[str] = []
    with ProcessPoolExecutor(wanted.jobs) as pool:
        running = {pool.submit(whole, *task): task for task in tasks}
        for number, done in enumerate(as_completed(running), 1):
            place, name = running[done]
            ends, bad = done.result()
            told.setdefault(str(place), {})[name] = dict(sorted(ends.items()))
            wrong += bad
            keep(told)
            sys.stderr.write(f"{number}/{len(running)} {place} {name}: {ends}\n")
            for line in bad:
                sys.stderr.write(f"  {line}\n")
    sys.stderr.write(f"{len(wrong)} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
