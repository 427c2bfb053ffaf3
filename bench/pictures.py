"""What is read of spoilt labels, and how long it takes, beside plain zxing-cpp and plain pylibdmtx.

Run: `.venv/bin/python bench/pictures.py [--seed N] [--codes N] [--crowds N] [--markdown]`. Every picture is shown to
all three, in turns, as pixels in memory. A code is read when every byte of it is right, separators too; anything else
that is told is wrong. Of crowded pictures it is also counted how many codes that were not read the reader told by
their places, how many it lost in silence, and how many places it told needlessly. Times are the processor's, as others
may want it too. The seeds that the ladder and the likeness of codes were tuned on are 1 to 50.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import zxingcpp
from PIL import Image

from bench.crowds import KINDS, crowd, heard
from bench.labels import REQUIRED, SEVERAL, WORLD, shot
from devices.scanners.image import look
from devices.scanners.picture import Picture

SEED, CODES, CROWDS = 20261, 60, 20
#: The library's own limit, or one call may take minutes.
PYLIBDMTX_MS = 500


def ours(picture: Image.Image) -> Collection[bytes]:
    colour = picture if picture.mode == "RGB" else None
    return [seen.data for seen in look(Picture(picture.convert("L"), colour, 1), clock=perf_counter).seen]


def plain_zxing(picture: Image.Image) -> Collection[bytes]:
    return [found.bytes for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.DataMatrix)]


def plain_pylibdmtx(picture: Image.Image) -> Collection[bytes]:
    from pylibdmtx.pylibdmtx import decode

    return [found.data for found in decode(picture, max_count=1, timeout=PYLIBDMTX_MS)]


READERS: dict[str, Callable[[Image.Image], Collection[bytes]]] = {
    "ours": ours,
    "zxing-cpp": plain_zxing,
    "pylibdmtx": plain_pylibdmtx,
}


@dataclass
class Score:
    """Of one reader on one way."""

    codes: int = 0
    read: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, told: Collection[bytes], codes: Collection[bytes], seconds: float) -> None:
        self.codes += len(codes)
        self.read += len(set(told) & set(codes))
        self.wrong += len(set(told) - set(codes))
        self.seconds.append(seconds)

    def cells(self) -> tuple[str, ...]:
        slow = quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.seconds[0]
        share = f"{100 * self.read / self.codes:.1f} %"
        return share, str(self.wrong), f"{median(self.seconds) * 1e3:.1f}", f"{slow * 1e3:.0f}"


def measure(ways: Collection[str], seed: int, codes: int, *, alone: bool) -> dict[str, dict[str, Score]]:
    """Scores by way and reader; `alone` leaves the other two out."""
    readers = {name: read for name, read in READERS.items() if name == "ours" or not alone}
    scores: dict[str, dict[str, Score]] = {}
    for way in ways:
        rng = Random(f"{seed} {way}")
        scores[way] = {name: Score() for name in readers}
        for _ in range(codes):
            picture, there = shot(way, rng)
            for name, read in readers.items():
                start = process_time()
                told = read(picture)
                scores[way][name].add(told, there, process_time() - start)
    return scores


def crowded(seed: int, pictures: int) -> tuple[list[list[str]], int]:
    """Rows about pictures full of codes, and how many readings were wrong."""
    rows, wrong = [], 0
    for kind in KINDS:
        rng = Random(f"{seed} {kind}")
        codes = read = told = lost = needless = 0
        false = 0
        seconds = []
        for _ in range(pictures):
            shown = crowd(kind, rng)
            start = process_time()
            found = look(Picture(shown.picture, None, 1), clock=process_time)
            seconds.append(process_time() - start)
            one = heard(shown, found)
            codes, read, told, lost = codes + len(shown.placed), read + one.read, told + one.told, lost + len(one.lost)
            false, needless = false + one.wrong, needless + one.needless
        share = f"{100 * read / codes:.1f} %"
        times = (f"{median(seconds) * 1e3:.0f}", f"{max(seconds) * 1e3:.0f}")
        rows.append([kind, str(codes), share, str(told), str(lost), str(false), str(needless), *times])
        wrong += false
    return rows, wrong


CROWD_HEAD = [
    "picture",
    "codes",
    "read",
    "not read but told",
    "lost",
    "wrong",
    "told needlessly",
    "median, ms",
    "max, ms",
]


def table(scores: dict[str, dict[str, Score]], *, markdown: bool) -> list[str]:
    names = list(next(iter(scores.values())))
    head = ["picture", *(f"{name}: {what}" for name in names for what in ("read", "wrong", "median, ms", "p95, ms"))]
    rows = [[way, *(cell for name in names for cell in by[name].cells())] for way, by in scores.items()]
    return lines(head, rows, markdown=markdown)


def lines(head: list[str], rows: list[list[str]], *, markdown: bool) -> list[str]:
    if markdown:
        return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=SEED, help="which pictures")
    parser.add_argument("--codes", type=int, default=CODES, help="pictures of each way")
    parser.add_argument("--crowds", type=int, default=CROWDS, help="pictures of each kind that are full of codes")
    parser.add_argument("--markdown", action="store_true", help="as docs/pictures.md shows it")
    parser.add_argument("--alone", action="store_true", help="leave the plain libraries out")
    parser.add_argument("--way", action="append", help="only these ways")
    options = parser.parse_args()
    groups = [list(REQUIRED), [*WORLD, SEVERAL]] if options.way is None else [options.way]
    wrong = 0
    for ways in groups:
        scores = measure(ways, options.seed, options.codes, alone=options.alone)
        print("\n".join(table(scores, markdown=options.markdown)), end="\n\n")
        wrong += sum(by["ours"].wrong for by in scores.values())
        mine = [by["ours"] for way, by in scores.items() if way in REQUIRED]
        if mine:
            labels = [taken for score in mine[:-1] for taken in score.seconds]
            share = sum(score.read for score in mine) / sum(score.codes for score in mine)
            print(f"of all required: read {100 * share:.2f} %, wrong {sum(score.wrong for score in mine)}; ", end="")
            print(f"median of a label {median(labels) * 1e3 if labels else 0:.2f} ms", end="\n\n")
    if options.crowds and options.way is None:
        rows, false = crowded(options.seed, options.crowds)
        print("\n".join(lines(CROWD_HEAD, rows, markdown=options.markdown)))
        wrong += false
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
