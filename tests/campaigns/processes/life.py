"""One life of a shop from its seed: rounds of deeds and receipts, an audit at the end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from processes.audit import audit
from processes.caller import Contradiction, Posted
from processes.deeds import DEEDS
from processes.house import House, Plan

#: Receipts of one life: long enough for many days and outages, short enough for its archive to be read in a second.
RECEIPTS_A_LIFE = 300


@dataclass
class Outcome:
    """What one life was and what is wrong with it (`faults` empty: nothing)."""

    seed: int
    receipts: int = 0
    faulted: int = 0  # receipts that a fault met while they were in hand, each counted once
    seconds: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)  # receipts spoilt on the wire, and told
    directory: Path | None = None


@contextlib.asynccontextmanager
async def house_in(directory: Path, plan: Plan) -> AsyncIterator[House]:
    """A running house; whatever happens, its processes are gone afterwards."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as session:
        house = House(directory, plan, session)
        try:
            await house.start()
            yield house
        except BaseException:
            for keeper in house.keepers:  # nobody waits any more for a document in hand
                keeper.kill()
            raise
        finally:
            await house.stop()


async def live(plan: Plan, receipts: int = RECEIPTS_A_LIFE, *, keep: Path | None = None) -> Outcome:
    """One life; its directory stays when something is wrong."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = Outcome(plan.seed)
    directory = Path(tempfile.mkdtemp(prefix=f"life-{plan.seed}-", dir=keep))
    try:
        async with house_in(directory, plan) as house:
            try:
                while outcome.receipts < receipts and not outcome.faults:
                    await _round(house, outcome)
                outcome.faults += await conclude(house, outcome)
            except Contradiction as error:
                outcome.faults.append(str(error))
            outcome.struck = house.struck
        outcome.faults += [surprise for keeper in house.keepers for surprise in keeper.surprises]
    except Exception as error:  # the campaign itself stumbled: told like any other fault, with its seed
        outcome.faults.append(f"{type(error).__name__}: {error}")
    outcome.seconds = loop.time() - began
    if outcome.faults:
        outcome.directory = directory
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return outcome


async def conclude(house: House, outcome: Outcome | None = None) -> list[str]:
    """Everything finished and compared; what is wrong. `outcome` hears what was spoilt on the wire, and told."""
    stuck = await house.finish([one for one in house.posted.values() if not one.final])
    if stuck:
        return [f"silent: {text}" for text in stuck]
    await failures_of(house)
    findings = await audit(house)
    if outcome is not None:
        outcome.spoilt = findings.spoilt
        return findings.all()
    return findings.all() + [f"wrong: {text}" for text in findings.spoilt]


async def failures_of(house: House) -> None:
    """Background deeds that stumbled."""
    done = {task for task in house.tasks if task.done()}
    house.tasks -= done
    for task in done:
        if not task.cancelled():
            task.result()


async def _round(house: House, outcome: Outcome) -> None:
    """A few deeds, a few receipts at the same time, and a last word for each."""
    rng = house.rng
    for deed in rng.choices(list(DEEDS), list(DEEDS.values()), k=rng.choice((1, 2, 2, 3))):
        await deed(house, Random(rng.random()))
    before = await _waiting(house)
    started, marks = asyncio.get_running_loop().time(), len(house.moments)
    receipts = [house.a_receipt() for _ in range(rng.choice((1, 1, 1, 1, 2, 5)))]
    posted = receipts + _actions(house, rng)
    if rng.random() < 0.05:
        await house.caller.half_a_request(receipts[0], rng.random())
    work = asyncio.create_task(house.finish(posted))
    if rng.random() < 0.1:
        await asyncio.sleep(rng.uniform(0, 0.05))
        if receipts[0].tries and receipts[0].job:
            await house.caller.other_content(receipts[0])
    outcome.faults += [f"silent: {text}" for text in await work]
    after = await _waiting(house)
    used = before - after
    house.struck.update({f"register {kind}": count for kind, count in used.items()})
    outcome.receipts += len(receipts)
    outcome.faulted += _faulted(receipts, house.moments[marks:], started, register=bool(used))
    if outcome.receipts % 20 < len(receipts):  # what no command met in a while never strikes
        await house.station.ask("DELETE", "/faults")
        house.station.wire.latency = 0.0
    await failures_of(house)


def _faulted(receipts: list[Posted], moments: list[float], started: float, *, register: bool) -> int:
    """Each fault belongs to the first receipt that was finished after it, so that none counts for two."""
    ends = sorted(one.at for one in receipts)
    met = {next((end for end in ends if end >= moment), None) for moment in moments if moment >= started} - {None}
    return max(len(met), int(register))


async def _waiting(house: House) -> Counter[str]:
    """Faults of the register that wait for their command, by kind. A killed register forgets them unused."""
    listed = await house.station.ask("GET", "/faults")
    found: Counter[str] = Counter()
    for one in listed:
        found[one["kind"]] += one["count"]
    return found


def _actions(house: House, rng: Random) -> list[Posted]:
    # Whose cash it was, and whose shift, no register tells two gateways apart by.
    if rng.random() >= 0.12 or len(house.keepers) > 1:
        return []
    action = rng.choice(("open-shift", "close-shift", "x-report", "cash-in", "cash-in", "cash-out"))
    body = {"sum": f"{rng.randrange(1, 100)}.{rng.randrange(100):02d}"} if action.startswith("cash") else {}
    return [house.an_action(action, **body)]


def threads() -> ThreadPoolExecutor:
    """For the starts of processes: each waits for its ready line."""
    return ThreadPoolExecutor(32)
