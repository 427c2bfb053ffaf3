"""Claims in any order, from seeds: callers wait, hang up at the worst moment, come again; no scan is given to two."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from virtual_loop import virtual

from devices.scanners.base import Kind, Reading
from gateway.scanners.feed import Feed
from gateway.scanners.model import Scan, understood

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BLANK = understood(Reading(data=b"4600439931256", symbology="]E0"), Kind.SERIAL, "scan-1", NOW)


@dataclass
class Calls:
    """What callers were told, by the key they asked with; those without one are told apart."""

    told: dict[str, list[int]] = field(default_factory=dict)

    async def claim(self, feed: Feed, name: str, key: str | None, seconds: float) -> None:
        scan = await feed.claim(key=key, seconds=seconds, max_age=3600)
        if scan is not None:
            self.told.setdefault(key or name, []).append(scan.id)


async def a_day(rng: random.Random) -> tuple[list[Scan], Calls, Feed]:
    feed, calls, scans = Feed(), Calls(), []
    running: list[asyncio.Task[None]] = []
    for step in range(60):
        match rng.choice(("scan", "scan", "claim", "claim", "again", "hang up", "wait")):
            case "scan":
                scans.append(replace(BLANK, id=len(scans) + 1))
                feed.tell(scans[-1])
            case "claim":
                key = rng.choice((None, f"key-{step}"))
                running.append(
                    asyncio.create_task(calls.claim(feed, f"caller-{step}", key, rng.choice((0.0, 1.0, 5.0))))
                )
            case "again":
                key = f"key-{rng.randrange(step + 1)}"
                running.append(asyncio.create_task(calls.claim(feed, "", key, rng.choice((0.0, 2.0)))))
            case "hang up" if running:
                rng.choice(running).cancel()  # perhaps it was given a scan in this very turn
            case _:
                await asyncio.sleep(rng.choice((0.0, 0.5, 3.0)))
        if rng.random() < 0.5:
            await asyncio.sleep(0)
    await asyncio.sleep(10)
    await asyncio.gather(*running, return_exceptions=True)
    return scans, calls, feed


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_no_scan_is_given_to_two_and_none_is_lost(first: int) -> None:
    @virtual
    async def test() -> None:
        for seed in range(first, first + 100):
            scans, calls, feed = await a_day(random.Random(seed))
            # One key, one scan, however often it is asked.
            assert all(len(set(ids)) == 1 for ids in calls.told.values()), seed
            given = [ids[0] for ids in calls.told.values()]
            assert len(set(given)) == len(given), seed
            # What nobody holds is still there for the next callers, in order.
            left = []
            while (scan := await feed.claim(max_age=3600)) is not None:
                left.append(scan.id)
            held = {kept.scan.id for kept in feed._kept if kept.key is not None}
            assert left == sorted({scan.id for scan in scans} - set(given) - held), seed
            assert feed.claimed == len(scans)

    test()
