"""Twelve hours of a shop: its OFD goes away three times in three ways, its shift grows older than 24 hours.

The emulator's clock is moved; processes, sockets and disks are real. What must hold is checked every half hour.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from processes.house import House, Plan
from processes.life import Outcome, conclude, house_in

HALF_HOURS = 24
RECEIPTS_EACH = 20
#: Half hours in which the OFD cannot be reached, is dead, answers garbage.
AWAY, DEAD, GARBAGE = range(3, 8), range(12, 15), range(18, 20)
#: The shift is this old when the day begins, seconds: its 24 hours end in the day's middle.
SHIFT_AGE = 18 * 3600


async def day(directory: Path, seed: int) -> Outcome:
    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = Outcome(seed, directory=directory)
    async with house_in(directory, Plan(seed=seed, quick=False)) as house:
        outcome.faults += await house.finish([house.an_action("open-shift")])
        await house.station.ask("POST", "/clock", {"advance": SHIFT_AGE})
        for half_hour in range(HALF_HOURS):
            await _weather(house, half_hour)
            receipts = [house.a_receipt() for _ in range(RECEIPTS_EACH)]
            outcome.faults += await house.finish(receipts)
            outcome.receipts += len(receipts)
            outcome.faults += await _checked(house, half_hour)
            await house.station.ask("POST", "/clock", {"advance": 1800})
        outcome.faults += _shifts(await house.station.documents())
        outcome.faults += await conclude(house)
        outcome.struck = house.struck
    outcome.faults += [surprise for keeper in house.keepers for surprise in keeper.surprises]
    outcome.seconds = loop.time() - began
    return outcome


async def _weather(house: House, half_hour: int) -> None:
    if half_hour == AWAY.start:
        await house.ofd.relay.pull()
        house.happened("OFD away")
    elif half_hour == DEAD.start:
        house.ofd.kill()
        house.happened("OFD killed")
    elif half_hour == GARBAGE.start:
        await house.ofd.behave("garbage")
        house.happened("OFD garbage")
    elif half_hour in {AWAY.stop, DEAD.stop, GARBAGE.stop}:
        await house.good_weather()
        await house.ofd.behave("confirm")
        # As a register does that is switched off and on: its uplink does not wait for the end of its pause.
        await house.station.ask("POST", "/power", {"seconds": 0})


async def _checked(house: House, half_hour: int) -> list[str]:
    """What waits for the OFD grows in an outage and is gone after it, and the gateway says the same."""
    out = half_hour in AWAY or half_hour in DEAD or half_hour in GARBAGE
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 30
    while not out and (await house.station.state())["unsent"] and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    unsent = (await house.station.state())["unsent"]
    if out and unsent < RECEIPTS_EACH:
        return [f"half hour {half_hour}: only {unsent} documents wait although the OFD cannot be reached"]
    if not out and unsent:
        return [f"half hour {half_hour}: {unsent} documents wait although the OFD answers"]
    return []


def _shifts(documents: list[dict[str, Any]]) -> list[str]:
    """One shift opened by hand, closed by the gateway within its 24 hours' end, another opened behind it."""
    found = [(document["code"], _at(document)) for document in documents if document["code"] in {2, 5}]
    codes = [code for code, _ in found]
    if codes != [2, 5, 2]:
        return [f"shift documents {codes} instead of opened, closed, opened"]
    hours = (found[1][1] - found[0][1]).total_seconds() / 3600
    return [] if 24 <= hours < 24.6 else [f"the shift was closed after {hours:.2f} hours"]


def _at(document: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(next(tag["value"] for tag in document["tags"] if tag["tag"] == 1012))
