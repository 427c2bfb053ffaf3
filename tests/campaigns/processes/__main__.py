"""`python -m processes RECEIPTS`: lives of shops, several at a time, until so many faulted receipts are done."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any

from campaign_families import FAMILIES, USUAL
from campaign_sums import FILE

from processes import machine, sums
from processes.day import day
from processes.disk import disk
from processes.house import Plan
from processes.judge import judged
from processes.life import RECEIPTS_A_LIFE, Outcome, live, threads
from processes.neighbours import neighbours

TRIALS = {"day": day, "disk": disk, "neighbours": neighbours}


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m processes", description=__doc__)
    arguments.add_argument("receipts", nargs="?", type=int, help="faulted receipts to reach")
    arguments.add_argument("--family", choices=FAMILIES, default=USUAL, help="of the registers")
    arguments.add_argument("--seed", type=int, default=1, help="of the first life; the next has the next")
    arguments.add_argument("--lives", type=int, help="so many lives, however many receipts they make")
    arguments.add_argument("--jobs", type=int, default=8, help="lives at a time; too many starve each other")
    arguments.add_argument("--length", type=int, default=RECEIPTS_A_LIFE, help="receipts of a life")
    arguments.add_argument(
        "--keep", type=Path, help="where directories of failed lives stay (default: temporary files)"
    )
    arguments.add_argument("--gateways", type=int, help="so many on each register (default: mostly one)")
    arguments.add_argument("--sums", type=Path, default=FILE, help="where sums are kept over runs")
    arguments.add_argument("--judge", type=int, metavar="N", help="N receipts through chaos, seen from outside")
    arguments.add_argument("--trial", choices=TRIALS, help="one scripted run: a day with OFD outages, a full disk, …")
    arguments.add_argument("--machine", type=int, metavar="N", help="N shops as a Hypothesis state machine")
    given = arguments.parse_args()
    if given.machine is not None:
        machine.run(examples=given.machine, steps=60, number=given.seed)
        return 0
    if given.judge is not None or given.trial:
        return asyncio.run(_stoppable(_scripted(given)))
    if given.receipts is None and given.lives is None:
        arguments.error("RECEIPTS, --lives, --judge, --trial or --machine")
    return asyncio.run(_stoppable(campaign(given)))


async def _stoppable(work: Coroutine[Any, Any, int]) -> int:
    """SIGTERM and Ctrl-C end the houses' processes too; what was not finished is not kept."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


async def _scripted(given: argparse.Namespace) -> int:
    asyncio.get_running_loop().set_default_executor(threads())
    directory = Path(tempfile.mkdtemp(prefix=f"shop-{given.seed}-", dir=given.keep))
    if given.judge is None:
        outcome = await TRIALS[given.trial](directory, given.seed)
    else:
        outcome = await judged(directory, given.seed, given.judge, family=given.family)
    _tell(outcome, given.family)
    _kinds(outcome.struck)
    if given.judge is not None:
        sums.keep_judged(given.sums, given.family, outcome)
    if not outcome.faults:
        shutil.rmtree(directory, ignore_errors=True)
    return 1 if outcome.faults else 0


async def campaign(given: argparse.Namespace) -> int:
    asyncio.get_running_loop().set_default_executor(threads())
    seeds = count(given.seed)
    total = Outcome(given.seed)
    lives = failed = 0
    kinds: Counter[str] = Counter()

    def enough() -> bool:
        if given.lives is not None and given.seed + given.lives <= peek[0]:
            return True
        return given.receipts is not None and total.faulted >= given.receipts

    peek = [given.seed]
    began = asyncio.get_running_loop().time()

    async def worker() -> None:
        nonlocal lives, failed
        while not enough():
            seed = next(seeds)
            peek[0] = seed + 1
            outcome = await live(
                Plan.drawn(seed, family=given.family, gateways=given.gateways), given.length, keep=given.keep
            )
            lives += 1
            failed += bool(outcome.faults)
            total.receipts += outcome.receipts
            total.faulted += outcome.faulted
            kinds.update(outcome.struck)
            _tell(outcome, given.family)
            sums.keep(given.sums, given.family, outcome)
            seconds = asyncio.get_running_loop().time() - began
            print(f"   {lives} lives, {total.receipts} receipts, {total.faulted} faulted, {seconds:.0f} s", flush=True)

    async with asyncio.TaskGroup() as workers:  # unlike gather, it waits until every house is shut
        for _ in range(given.jobs):
            workers.create_task(worker())
    seconds = asyncio.get_running_loop().time() - began
    print(f"{lives} lives ({failed} failed), {total.receipts} receipts, {total.faulted} faulted, {seconds:.0f} s")
    _kinds(kinds)
    return 1 if failed else 0


def _kinds(struck: Counter[str]) -> None:
    for kind, number in struck.most_common():
        print(f"{number:8} {kind}")


def _tell(outcome: Outcome, family: str) -> None:
    head = f"seed {outcome.seed}: {outcome.receipts} receipts, {outcome.faulted} faulted, {outcome.seconds:.1f} s"
    print(head if not outcome.faults else f"{head} FAILED", flush=True)
    for text in outcome.spoilt:
        print(f"  spoilt on the wire, told: {text}")
    for fault in outcome.faults[:10]:
        print(f"  {fault[-600:]}")
    if outcome.faults:
        again = f"python -m processes --lives 1 --family {family} --seed {outcome.seed}"
        print(f"  kept in {outcome.directory}; again: {again}")


if __name__ == "__main__":
    sys.exit(main())
