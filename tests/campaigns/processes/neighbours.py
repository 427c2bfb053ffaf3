"""Two registers of one gateway: does one wait when the other hangs? Measured in turns: the machine is shared."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

from processes.house import RECEIPTS, House, Plan
from processes.keeper import Keeper
from processes.life import Outcome, conclude, house_in
from processes.station import Station

TURNS, RECEIPTS_EACH = 6, 40


async def neighbours(directory: Path, seed: int) -> Outcome:
    """Receipts at kkt-1, in turns beside an idle kkt-2 and one that is stopped with a queue of its own."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = Outcome(seed, directory=directory)
    waits: dict[bool, list[float]] = {False: [], True: []}
    async with house_in(directory, Plan(seed=seed, quick=False)) as house:
        other = await _second(house)
        await house.keeper.stop()
        house.keepers = [
            Keeper(directory / "both", {"kkt-1": house.station.link, "kkt-2": other.link}),
        ]
        await house.keeper.start()
        try:
            for turn in range(TURNS):
                hanging = turn % 2 == 1
                hang = asyncio.create_task(other.hang(600)) if hanging else None
                if hanging:
                    house.happened("register stopped")
                    await _queued_at_the_other(house)
                for _ in range(RECEIPTS_EACH):
                    one = house.a_sale()
                    start = loop.time()
                    outcome.faults += await house.finish([one])
                    waits[hanging].append(one.at - start)
                    outcome.receipts += 1
                if hang is not None:
                    other.go_on()
                    hang.cancel()
                    await asyncio.gather(hang, return_exceptions=True)
            at_the_other = [one for one in house.posted.values() if one.body.get("register") == "kkt-2"]
            outcome.faults += await house.finish(at_the_other)
            made = sorted(document["number"] for document in await other.documents() if document["code"] == 3)
            if len(made) != len(at_the_other):
                outcome.faults.append(f"{len(made)} documents at kkt-2 for {len(at_the_other)} receipts")
            for one in at_the_other:
                del house.posted[one.key]
            outcome.faults += await conclude(house)
        finally:
            await other.close()
        outcome.struck = house.struck
    beside = {hanging: (median(all_), quantiles(all_, n=100)[98]) for hanging, all_ in waits.items()}
    for hanging, (middle, late) in beside.items():
        print(
            f"beside a {'hanging' if hanging else 'living'} register: p50 {middle * 1e3:.1f} ms, p99 {late * 1e3:.1f}"
        )
    print(f"ratio p50 {beside[True][0] / beside[False][0]:.2f}, p99 {beside[True][1] / beside[False][1]:.2f}")
    outcome.seconds = loop.time() - began
    return outcome


async def _second(house: House) -> Station:
    station = house.another_station("kkt-2")
    await station.start()
    return station


async def _queued_at_the_other(house: House) -> None:
    for _ in range(3):
        one = house.a_sale()
        house.posted[one.key] = replace(one, body={**one.body, "register": "kkt-2"})
        assert one.path == RECEIPTS
        house.later(house.caller.until_final(house.posted[one.key]))
