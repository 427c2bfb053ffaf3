"""A disk that really is full, and then read-only: the data directory on a small file system of its own.

Mounting one takes root. Without it the campaign's own deed stays (RLIMIT_FSIZE), and this trial says that it did not
run.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from processes.house import QUICK, House, Plan
from processes.keeper import Keeper
from processes.life import Outcome, conclude, house_in

SIZE = 3 << 20
ROUNDS, RECEIPTS_EACH = 4, 10


async def disk(directory: Path, seed: int) -> Outcome:
    """Full in the middle of receipts, four times; then read-only over a restart; then everything compared."""
    outcome = Outcome(seed, directory=directory)
    loop = asyncio.get_running_loop()
    began = loop.time()
    small = directory / "small"
    small.mkdir()
    if not await _mount(small, f"size={SIZE}"):
        outcome.faults.append("not run: this user may not mount a file system")
        return outcome
    try:
        async with house_in(directory, Plan(seed=seed)) as house:
            await house.keeper.stop()
            house.keepers = [
                Keeper(directory / "gateway", {"kkt-1": house.station.link}, extra=QUICK, data=small / "data")
            ]
            await house.keeper.start()
            for _ in range(ROUNDS):
                await _full(house, small, outcome)
            await _read_only(house, small, outcome)
            outcome.faults += await conclude(house)
            outcome.struck = house.struck
            outcome.faults += house.keeper.surprises
    finally:
        await _run("umount", "--lazy", str(small))
    outcome.seconds = loop.time() - began
    return outcome


async def _full(house: House, small: Path, outcome: Outcome) -> None:
    """No byte is left while receipts are posted; space comes back, and each of them is done once."""
    ballast = small / "ballast"
    receipts = [house.a_receipt() for _ in range(RECEIPTS_EACH)]
    work = asyncio.create_task(house.finish(receipts))
    await asyncio.sleep(house.rng.uniform(0.0, 0.05))
    house.keeper.blame()
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            house.happened("disk full")
    starts = house.keeper.starts
    await asyncio.sleep(1.0)
    ballast.unlink()
    outcome.faults += await work
    outcome.receipts += RECEIPTS_EACH
    if house.keeper.starts > starts:
        house.struck["gateway ended by its disk"] += 1


async def _read_only(house: House, small: Path, outcome: Outcome) -> None:
    """It does not start on a disk it cannot write, and goes on when it can."""
    receipts = [house.a_receipt() for _ in range(RECEIPTS_EACH)]
    starts = house.keeper.starts
    house.keeper.doomed = True
    house.keeper.kill()
    await house.keeper.down()
    if not await _mount(small, "remount,ro"):
        outcome.faults.append("the disk could not be made read-only")
    house.happened("disk read-only")
    work = asyncio.create_task(house.finish(receipts))
    deadline = asyncio.get_running_loop().time() + 20
    while not house.keeper.refusals and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    if house.keeper.starts > starts:
        outcome.faults.append("silent: the gateway serves from a disk it cannot write")
    if not any("data_directory_unusable" in text for text in house.keeper.refusals):
        outcome.faults.append(f"the refusal does not name the data directory: {house.keeper.refusals}")
    await _mount(small, "remount,rw")
    house.keeper.doomed = False
    outcome.faults += await work
    outcome.receipts += RECEIPTS_EACH


async def _mount(at: Path, options: str) -> bool:
    return await _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)) == 0


async def _run(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()
