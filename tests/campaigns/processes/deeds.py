"""What is done to a shop: one row each, drawn by the long run and by the state machine alike.

A deed arms something (it strikes at a byte, at a command, at a step of the journal) or does it at once; none waits for
its consequences. Whoever draws the deeds posts receipts at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from mischief import Kind, Strike, Way

from emulator.faults import FaultKind
from processes.house import House

DAY: Final = 25 * 3600
MONTH: Final = 31 * 86400
#: Shorter than in simulation: here a second is a second.
_SECONDS: Final[Mapping[Kind, tuple[float, float]]] = {
    Kind.DELAY: (0.02, 1.2),
    Kind.STALL: (0.2, 1.6),
    Kind.LATE: (0.0, 0.02),
}
#: Faults of the emulated register and how long they last at most, seconds. A lost clock waits for a person who sets it.
_LASTING: Final[Mapping[FaultKind, float]] = {
    **dict.fromkeys((kind for kind in FaultKind if kind != "clock_lost"), 0.4),
    FaultKind.SLOW: 1.5,
    FaultKind.DELAY: 1.5,
}
_STEPS: Final = ("accept", "running", "running", "done", "done", "settling", "queued", "held")
_OFD_MANNERS: Final = ("garbage", "silent", "refuse", "empty", "wrong_number", "wrong_sign", "wrong_crc")

Deed = Callable[[House, Random], Awaitable[None]]


async def line_strikes(house: House, rng: Random) -> None:
    line, row = house.station.line, house.plan.row
    for _ in range(rng.choice((1, 1, 2, 4))):
        strike = line.random_strike(row.strikes, row.reach_of_processes, soon=rng.random() < 0.2)
        shortest, longest = _SECONDS.get(strike.kind, (0.0, 0.0))
        line.arm(replace(strike, seconds=rng.uniform(shortest, longest)))


async def register_faults(house: House, rng: Random) -> None:
    for _ in range(rng.choice((1, 1, 2))):
        kind = rng.choice(list(_LASTING))
        await house.station.ask(
            "POST",
            "/faults",
            {
                "kind": str(kind),
                "command": rng.choice(house.plan.row.waited_for),
                "count": rng.choice((1, 1, 1, 2)),
                "after_bytes": rng.randrange(12),
                "seconds": round(rng.uniform(0.05, _LASTING[kind]), 3),
            },
        )


async def register_killed(house: House, rng: Random) -> None:
    def kill() -> None:
        house.station.kill()
        house.later(house.station.come_back())

    _at_a_byte(house, rng, "register killed", kill)


async def register_hangs(house: House, rng: Random) -> None:
    seconds = rng.uniform(0.1, 1.5)
    _at_a_byte(house, rng, "register stopped", lambda: house.later(house.station.hang(seconds)))


async def gateway_killed(house: House, rng: Random) -> None:
    _at_a_byte(house, rng, "gateway killed", house.keeper.kill)


async def gateway_terminated(house: House, rng: Random) -> None:
    _at_a_byte(house, rng, "gateway terminated", house.keeper.terminate)


async def gateway_hangs(house: House, rng: Random) -> None:
    seconds = rng.uniform(0.1, 2.0)
    _at_a_byte(house, rng, "gateway stopped", lambda: house.later(house.keeper.hang(seconds)))


async def gateway_dies_at_a_step(house: House, rng: Random) -> None:
    _next_life(house, rng, rng.choice(("before", "after")), "gateway killed at a step")


async def disk_fails_at_a_step(house: House, rng: Random) -> None:
    what = rng.choice(("read_only", "fsync", "fsync_kept"))
    _next_life(house, rng, what, f"disk {what}")


async def clock_set_back(house: House, rng: Random) -> None:
    _next_life(house, rng, "clock", "gateway clock set back")


def _next_life(house: House, rng: Random, what: str, told: str) -> None:
    """Killed now, and struck again at a step of the journal (`mortal_gateway`)."""
    house.keeper.die_next_time(f"{what}:{rng.choice(_STEPS)}:{rng.choice((1, 1, 2))}")
    house.happened(told)


async def disk_full(house: House, rng: Random) -> None:
    seconds = rng.uniform(0.1, 0.8)
    _at_a_byte(house, rng, "disk full", lambda: house.later(house.keeper.full_disk(seconds)))


async def power(house: House, rng: Random) -> None:
    await asyncio.sleep(rng.uniform(0, 0.02))
    await house.station.ask("POST", "/power", {"seconds": round(rng.uniform(0, 0.4), 3)})
    house.happened("power")


async def cable_pulled(house: House, rng: Random) -> None:
    await asyncio.sleep(rng.uniform(0, 0.02))
    await house.station.wire.pull()
    house.happened("cable pulled")
    house.later(_plugged_again(house, rng.uniform(0, 0.6)))


async def _plugged_again(house: House, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await house.station.plug()


async def paper_out(house: House, rng: Random) -> None:
    await house.station.ask("POST", "/paper", {"present": False})
    house.happened("paper out")
    house.later(_by_hand(house, rng.uniform(0.1, 0.8), "/paper", {"present": True}))


async def cover_open(house: House, rng: Random) -> None:
    await house.station.ask("POST", "/cover", {"open": True})
    house.happened("cover open")
    house.later(_by_hand(house, rng.uniform(0.1, 0.8), "/cover", {"open": False}))


async def _by_hand(house: House, seconds: float, path: str, body: dict[str, bool]) -> None:
    await asyncio.sleep(seconds)
    await house.station.ask("POST", path, body)


async def a_day_later(house: House, rng: Random) -> None:
    await house.station.ask("POST", "/clock", {"advance": DAY})
    house.happened("clock forward 25 h")


async def ofd_away(house: House, rng: Random) -> None:
    if house.ofd.alive and rng.random() < 0.3:
        house.ofd.kill()
        house.happened("OFD killed")
    else:
        await house.ofd.relay.pull()
        house.happened("OFD away")


async def ofd_away_for_a_month(house: House, rng: Random) -> None:
    """Longer than a drive waits with what is sold meanwhile: then it refuses everything until the OFD is back."""
    await house.ofd.relay.pull()
    house.later(_a_month_later(house, rng.uniform(0.0, 0.5), rng.uniform(0.5, 3.0)))


async def _a_month_later(house: House, selling: float, refused: float) -> None:
    await asyncio.sleep(selling)
    await house.station.ask("POST", "/clock", {"advance": MONTH})
    house.happened("OFD away for 31 days")
    await asyncio.sleep(refused)
    house.ofd.relay.plugged = True
    # Switched off and on, its uplink does not wait for the end of its pause.
    await house.station.ask("POST", "/power", {"seconds": 0})


async def ofd_back(house: House, rng: Random) -> None:
    house.ofd.relay.plugged = True
    if not house.ofd.alive:
        await house.ofd.come_back()


async def ofd_misbehaves(house: House, rng: Random) -> None:
    await house.ofd.behave(rng.choice(_OFD_MANNERS), rng.choice((1, 2, 5)))
    house.happened("OFD garbage")


async def slow_line(house: House, rng: Random) -> None:
    house.station.wire.latency = rng.choice((0.001, 0.004, 0.01))


def _at_a_byte(house: House, rng: Random, what: str, act: Callable[[], None]) -> None:
    """Have it happen when a certain byte passes."""
    way = rng.choice(list(Way))
    house.on_mark[what] = act
    at = rng.randrange(house.plan.row.reach_of_processes[way])
    house.station.line.arm(Strike(kind=Kind.MARK, way=way, at=at, what=what))


#: How often each is drawn.
DEEDS: Final[Mapping[Deed, float]] = {
    line_strikes: 30.0,
    register_faults: 30.0,
    register_killed: 1.5,
    register_hangs: 2.0,
    gateway_killed: 3.0,
    gateway_terminated: 0.7,
    gateway_hangs: 2.0,
    gateway_dies_at_a_step: 2.0,
    disk_fails_at_a_step: 1.0,
    clock_set_back: 0.7,
    disk_full: 1.0,
    power: 4.0,
    cable_pulled: 4.0,
    paper_out: 1.5,
    cover_open: 1.0,
    a_day_later: 0.5,
    ofd_away: 0.7,
    ofd_away_for_a_month: 0.2,
    ofd_back: 1.0,
    ofd_misbehaves: 1.0,
    slow_line: 1.0,
}
