"""kill -9 in the middle of accepts: whatever was acknowledged is there afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.journal import DirectoryInUse, Journal
from gateway.journal.executor import InlineExecutor

ROOT = Path(__file__).parents[2]

WRITER = """
import asyncio, hashlib, itertools, sys
from pathlib import Path
from gateway.jobs.model import JobKind, NewJob
from gateway.journal import Journal
from gateway.rim import ThreadExecutor, now

async def main():
    journal = await Journal.open(
        Path(sys.argv[1]), now=now, executor=ThreadExecutor("journal"), on_fatal=lambda error: None
    )
    numbers = itertools.count()
    digest = hashlib.sha256(b"{}").hexdigest()

    async def caller():
        for number in numbers:
            job, _ = await journal.accept(
                NewJob(id=f"j{number}", kind=JobKind.RECEIPT, register="kkt-1", body="{}", digest=digest)
            )
            print(job.id, flush=True)

    await asyncio.gather(*(caller() for _ in range(16)))

asyncio.run(main())
"""


async def test_acknowledged_jobs_survive_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - the process is the thing under test
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(300)]
        with pytest.raises(DirectoryInUse):
            await open_journal(tmp_path)
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout.readlines() if line.endswith("\n")]
    # The lock died with its owner.
    journal = await open_journal(tmp_path)
    kept = {job.id for job in await journal.unfinished("kkt-1")}
    assert len(acknowledged) >= 300
    assert set(acknowledged) <= kept
    await journal.close()


async def open_journal(directory: Path) -> Journal:
    def fatal(error: BaseException) -> None:
        raise AssertionError(error)

    return await Journal.open(
        directory, now=lambda: datetime(2026, 3, 1, tzinfo=UTC), executor=InlineExecutor(), on_fatal=fatal
    )
