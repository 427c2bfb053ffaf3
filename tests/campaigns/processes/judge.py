"""The promise seen from outside: chaos on the line, kills on both sides, and a client that repeats itself.

Afterwards there are exactly as many documents as receipts, each as posted. Everything keeps its default waiting times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from campaign_families import FAMILIES, USUAL
from mischief import Kind

from processes.caller import Posted
from processes.house import House, Plan
from processes.life import Outcome, conclude, failures_of, house_in

#: What an outside proxy does: cuts, delays, garbling, swallowed answers.
WEIGHTS = {Kind.CUT: 3, Kind.CUT_AFTER: 2, Kind.SWALLOW: 4, Kind.DELAY: 4, Kind.GARBLE: 4}
DELAYS = (0.02, 2.5)
#: Seconds between two kills, of either side.
KILLS = (2.0, 8.0)
#: How often a receipt finds a new misfortune on the line, and how many callers post at a time.
CHANCE, CALLERS = 0.5, 3


async def judged(directory: Path, seed: int, receipts: int, *, family: str = USUAL, quick: bool = False) -> Outcome:
    """So many receipts under chaos from a seed; `quick` shortens the register's waiting times."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = Outcome(seed, directory=directory)
    row = FAMILIES[family]
    async with house_in(directory, Plan(seed=seed, family=family, ffd=str(row.ffds[-1]), quick=quick)) as house:
        chaos = asyncio.create_task(_kills(house, Random(f"kills {seed}")))
        posted = [house.a_sale() for _ in range(receipts)]
        waiting = iter(posted)
        stuck: list[str] = []
        await asyncio.gather(*(_caller(house, waiting, stuck) for _ in range(CALLERS)))
        chaos.cancel()
        await asyncio.gather(chaos, return_exceptions=True)
        outcome.faults = stuck + await conclude(house, outcome)
        made = sum(document["code"] == 3 for document in await house.station.documents())
        if made != receipts:
            outcome.faults.append(f"{made} documents for {receipts} receipts")
        outcome.receipts, outcome.struck = len(posted), house.struck
        ends = sorted(one.at for one in posted)
        outcome.faulted = len({next((end for end in ends if end >= moment), None) for moment in house.moments})
    outcome.faults += [surprise for keeper in house.keepers for surprise in keeper.surprises]
    outcome.seconds = loop.time() - began
    return outcome


async def _caller(house: House, waiting: Iterator[Posted], stuck: list[str]) -> None:
    line = house.station.line
    for one in waiting:
        if house.rng.random() < CHANCE:
            strikes = {kind: weight for kind, weight in WEIGHTS.items() if kind in house.plan.row.strikes}
            strike = line.random_strike(strikes, house.plan.row.reach_of_processes)
            line.arm(replace(strike, seconds=house.rng.uniform(*DELAYS) if strike.kind is Kind.DELAY else 0.0))
        stuck += await house.finish([one])
        await failures_of(house)


async def _kills(house: House, rng: Random) -> None:
    while True:
        await asyncio.sleep(rng.uniform(*KILLS))
        if rng.random() < 0.5:
            house.happened("gateway killed")
            house.keeper.kill()
        else:
            house.happened("register killed")
            house.station.kill()
            await house.station.come_back()
