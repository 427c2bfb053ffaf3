"""Many seeds in several processes, their sums kept as they go."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simulation import sums
from simulation.judge import Finding
from simulation.life import Result, live

#: Seeds of one entry into the sums.
BATCH = 100


def many(seeds: range, family: str, jobs: int, path: Path) -> int:
    """Live them all; 1 when one of them found something."""
    program = _program()
    began, processor, failed = time.monotonic(), 0.0, 0
    whole: list[Result] = []
    batch: list[Result] = []
    spent = 0.0
    try:
        for result, seconds in _lived(seeds, family, jobs):
            processor += seconds
            spent += seconds
            batch.append(result)
            if result.findings:
                failed += 1
                print(f"seed {result.seed}: {'; '.join(str(one) for one in result.findings[:5])}")
                print(f"    again: python -m simulation {result.seed} --family {family} --story", flush=True)
            for one in result.spoilt:
                print(f"seed {result.seed}: {one}", flush=True)
            if len(batch) == BATCH:
                whole += [_light(one) for one in batch]
                sums.keep(path, family, batch, spent, program)
                batch, spent = [], 0.0
                print(summary(whole, processor), flush=True)
    except KeyboardInterrupt:
        print("stopped; what was lived is kept", file=sys.stderr)
    whole += batch
    if batch:
        sums.keep(path, family, batch, spent, program)
    print(summary(whole, processor), f"in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def summary(results: list[Result], processor: float) -> str:
    """What some seeds came to, in one line."""
    faulted, receipts = sum(one.faulted for one in results), sum(one.receipts for one in results)
    parked = sum(sum(one.parked.values()) for one in results)
    spoilt = sum(len(one.spoilt) for one in results)
    found = sum(len(one.findings) for one in results)
    documents = sum(one.chains["documents"] for one in results)
    years = sum(one.lived for one in results) / (365.25 * 86400)
    each = f", {1000 * processor / faulted:.1f} ms each" if processor and faulted else ""
    return (
        f"{len(results)} seeds, {receipts} receipts, {faulted} of them faulted{each}, {documents} documents of orders, "
        f"{years:.1f} years lived, {parked} left to a person, {spoilt} spoilt on the wire and told, {found} findings"
    )


def _light(result: Result) -> Result:
    """What sums over a long run need of one seed."""
    return Result(
        result.seed,
        receipts=result.receipts,
        faulted=result.faulted,
        chains=result.chains,
        parked=result.parked,
        lived=result.lived,
        spoilt=result.spoilt,
        findings=result.findings,
    )


def _lived(seeds: range, family: str, jobs: int) -> Iterator[tuple[Result, float]]:
    one = partial(_one, family=family)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, initializer=_quiet, maxtasksperchild=200) as pool:
        yield from pool.imap_unordered(one, seeds)


def _quiet() -> None:
    """Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _one(seed: int, family: str) -> tuple[Result, float]:
    began = time.process_time()
    try:
        result = live(seed, family=family)
    except Exception:
        result = Result(seed, findings=[Finding("broke off", traceback.format_exc()[-800:])])
    return result, time.process_time() - began


def _program() -> str:
    """The commit that runs, with + where files differ from it."""
    here = Path(__file__).parent
    git = ["git", "-C", str(here)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", ":/gateway", ":/devices", ":/protocols", ":/emulator"],
        capture_output=True,
        text=True,
    )
    return f"{commit.stdout.strip() or 'unknown'}{'+' if changed.stdout.strip() else ''}"
