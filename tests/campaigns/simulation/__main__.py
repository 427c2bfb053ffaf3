"""`python -m simulation FIRST:LAST`: live many seeds (LAST excluded), or one of them told event by event."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from campaign_families import FAMILIES, USUAL
from campaign_sums import FILE

from simulation import sums
from simulation.life import live
from simulation.runs import many, summary


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    arguments.add_argument("seeds", help="FIRST:LAST, next:COUNT (the first seeds that nobody has lived), or one seed")
    arguments.add_argument("--family", choices=FAMILIES, default=USUAL, help="of the registers of these worlds")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    arguments.add_argument("--story", action="store_true", help="tell a seed event by event")
    arguments.add_argument("--sums", type=Path, default=FILE, help="where sums are kept over runs")
    given = arguments.parse_args()
    seeds = chosen(given.seeds, given.sums, given.family)
    if given.story:
        return max(told(seed, given.family) for seed in seeds)
    return many(seeds, given.family, given.jobs, given.sums)


def chosen(text: str, path: Path, family: str) -> range:
    """`FIRST:LAST`, `next:COUNT`, or one seed."""
    first, colon, last = text.partition(":")
    if not colon:
        return range(int(first), int(first) + 1)
    begin = sums.next_seed(path, family) if first == "next" else int(first)
    return range(begin, begin + int(last) if first == "next" else int(last))


def told(seed: int, family: str) -> int:
    result = live(seed, family=family, story=True)
    print("\n".join(result.story))
    print(summary([result], 0.0))
    return 1 if result.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
