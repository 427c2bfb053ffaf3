"""Coverage-guided runs: one child process a target, because libFuzzer ends the process it runs in."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from fuzzing import sums
from fuzzing.target import CORPUS

ROOT = Path(__file__).parents[3]
#: Found inputs and crashes, kept from run to run and never committed.
WORK = ROOT / "build" / "fuzz"
_PATH = os.pathsep.join(str(ROOT / part) for part in (".", "tests/helpers", "tests/campaigns"))
#: No input may take longer, seconds; nor a target more memory, MiB.
TIMEOUT, MEMORY = 10, 1024
_EXECUTIONS = re.compile(r"stat::number_of_executed_units: (\d+)")
#: What the committed corpus may take: bytes of one input, inputs of one target.
KEPT_BYTES, KEPT_INPUTS = 512, 12


def run(seconds: int, names: Iterable[str]) -> int:
    """Every named target for so long; the number of targets in which something was found."""
    found = 0
    for name in names:
        crashes = _run_one(name, seconds)
        for crash in crashes:
            print(f"  found {crash.name}: python -m fuzzing repeat {name} {crash.relative_to(ROOT)}")
        found += bool(crashes)
    return found


def _run_one(name: str, seconds: int) -> list[Path]:
    corpus, crashes = WORK / name / "corpus", WORK / name / "crashes"
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    known = set(crashes.iterdir())
    began = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-m", "fuzzing.child", name, f"-max_total_time={seconds}", f"-timeout={TIMEOUT}",
         f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={crashes}/", "-print_final_stats=1", str(corpus)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": _PATH},
        capture_output=True,
        text=True,
        errors="replace",
    )  # fmt: skip
    took = time.monotonic() - began
    counted = _EXECUTIONS.search(child.stderr)
    executions = int(counted[1]) if counted else 0
    fresh = sorted(set(crashes.iterdir()) - known)
    (WORK / name / "last.log").write_text(child.stderr)
    if not counted and not fresh:
        raise RuntimeError(f"{name} did not run: {child.stderr[-2000:]}")
    sums.add(name, took, executions, len(fresh))
    print(f"{name}: {executions} executions in {took:.0f} s, {len(fresh)} found", flush=True)
    return fresh


def keep(names: Iterable[str]) -> None:
    """Into the committed corpus: a few small inputs, each of which reached something new when it was found."""
    for name in names:
        source = WORK / name / "corpus"
        if not source.is_dir():
            continue
        found = (path.read_bytes() for path in source.iterdir() if 0 < path.stat().st_size <= KEPT_BYTES)
        small = sorted(found, key=lambda data: (len(data), data), reverse=True)
        step = max(1, len(small) // KEPT_INPUTS)
        target = CORPUS / name
        target.mkdir(parents=True, exist_ok=True)
        for old in target.iterdir():
            if old.name.startswith("found-"):
                old.unlink()
        for data in small[::step][:KEPT_INPUTS]:
            (target / f"found-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
        print(f"{name}: {len(small)} small inputs, {len(list(target.iterdir()))} in the corpus")
