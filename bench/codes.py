"""What it costs to understand a marking code, beside biip, another GS1 parser, in the same run.

Run: `.venv/bin/python bench/codes.py [--seed N]`. 600 made codes of every shape go through both in turn, so that a busy
machine slows them alike; figures are medians over rounds, microseconds of processor time a code. biip reads element
strings only: it gets the GS1 codes; ours is measured over them, packs and КИЗ, and damaged codes that are mended.
Every answer is compared with what was made before anything is measured.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import string
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import biip

from protocols.marking import parse
from protocols.marking.layout import damaged

GS = "\x1d"
SET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./_:;<=>?"
PRICES = string.ascii_letters + string.digits + "!\"%&'*+-./_,:;=<>?"
COUNT = 600
ROUNDS = 15
TARGET = 10.0


def gtin(chance: random.Random) -> str:
    digits = "04" + "".join(chance.choices(string.digits, k=11))
    return f"{digits}{-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits)) % 10}"


def text(chance: random.Random, alphabet: str, length: int) -> str:
    return "".join(chance.choices(alphabet, k=length))


def tail(chance: random.Random, name: str) -> str:
    short = f"93{text(chance, SET82, 4)}"
    if name.startswith("L"):
        return f"91EE{chance.randrange(100):02}{GS}92{base64.b64encode(chance.randbytes(int(name[1:]))).decode()}"
    if name == "weighed":
        return f"{short}{GS}3103{chance.randrange(10**6):06}"
    return f"8005{chance.randrange(10**6):06}{GS}{short}" if name == "block" else short


#: Serial length and tail, as often as shops meet them: milk, water, beer, clothes, shoes, electronics, blocks.
SHAPES = ((6, "S"), (6, "weighed"), (7, "S"), (13, "S"), (13, "L32"), (13, "L64"), (20, "L32"), (7, "block"))


def gs1(chance: random.Random) -> str:
    length, name = chance.choice(SHAPES)
    return f"01{gtin(chance)}21{text(chance, SET82, length)}{GS}{tail(chance, name)}"


def other(chance: random.Random) -> str:
    if chance.random() < 0.8:
        return gtin(chance) + text(chance, SET82, 7) + text(chance, PRICES, 4) + text(chance, SET82, 4)
    return f"RU-{chance.randrange(10**6):06}-AAA{chance.randrange(10**7):07}"


def measure(jobs: dict[str, tuple[Callable[[str], object], Sequence[str]]]) -> dict[str, float]:
    """Median microseconds a code of each job; in every round each job sees all of its codes."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, (job, codes) in jobs.items():
            start = process_time()
            for code in codes:
                job(code)
            taken[name].append((process_time() - start) / len(codes) * 1e6)
    return {name: median(times) for name, times in taken.items()}


def agree(codes: Sequence[str]) -> bool:
    """Both parsers see the same elements in every code."""
    for code in codes:
        message = biip.parse(f"]d2{code}").gs1_message
        if message is None or parse(code).elements != tuple((e.ai.ai, e.value) for e in message.element_strings):
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    elements = [gs1(chance) for _ in range(COUNT)]
    others = [other(chance) for _ in range(COUNT)]
    typed = [damaged(code) for code in elements]
    mended = sum(parse(came).text == code for came, code in zip(typed, elements, strict=True))
    if not agree(elements) or mended != COUNT or any(parse(code).text != code for code in others):
        sys.stderr.write("the parsers disagree, or a code was not mended\n")
        return 1
    found = measure(
        {
            "gs1": (parse, elements),
            "biip": (biip.parse, [f"]d2{code}" for code in elements]),
            "others": (parse, others),
            "mended": (parse, typed),
        }
    )
    ratio = found["gs1"] / found["biip"]
    if options.json:
        sys.stdout.write(json.dumps({**found, "ratio": ratio, "target": TARGET}) + "\n")
    else:
        sys.stdout.write(
            f"GS1 codes: {found['gs1']:.1f} µs a code (target <= {TARGET:.0f}); biip {found['biip']:.0f} µs, "
            f"ratio {ratio:.3f}\n"
            f"packs and КИЗ: {found['others']:.1f} µs; "
            f"typed in the Russian layout and mended: {found['mended']:.1f} µs ({mended} of {COUNT} right)\n"
        )
    return int(found["gs1"] > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
