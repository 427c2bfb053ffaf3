"""One shop of real processes: OFD, register, the line between, gateway, and everybody who posts to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from campaign_families import FAMILIES, USUAL, Family
from mischief import Strike
from spoilt import hurt

from processes import goods
from processes.caller import Caller, Posted
from processes.keeper import Keeper
from processes.station import Ofd, Station

RECEIPTS, CORRECTIONS, ACTIONS = "/api/v1/receipts", "/api/v1/corrections", "/api/v1/registers/kkt-1/"
#: Waiting times of a register on a fast line; `shop` keeps what every shop has by default.
QUICK = "timeouts = { answer = 0.5, confirm = 0.4, slow = 1.5, connect = 2.0 }"
#: Seconds until a job is overdue, and after all faults are taken away until it is stuck.
OVERDUE, STUCK = 45.0, 240.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is drawn from a seed before anything starts."""

    seed: int
    wire: str = "tcp"
    ffd: str = "1.2"
    quick: bool = True
    gateways: int = 1
    family: str = USUAL
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def drawn(cls, seed: int, *, family: str = USUAL, gateways: int | None = None) -> Plan:
        """`gateways` on the register; None: one shop in ten has two."""
        row = FAMILIES[family]
        rng = Random(f"plan {seed}")
        gateways = gateways or (2 if Random(f"gateways {seed}").random() < 0.1 else 1)
        return cls(
            seed=seed,
            # A serial port has one owner; on a network the newest connection wins.
            wire=rng.choice(row.wires) if gateways == 1 else "tcp",
            ffd=str(rng.choice((*row.ffds, row.ffds[-1]))),
            quick=rng.random() < 0.75,
            gateways=gateways,
            family=family,
            options=row.set_up(Random(f"options {seed}")),
        )

    @property
    def row(self) -> Family:
        return FAMILIES[self.family]

    @property
    def settings(self) -> str:
        """Of the register in a gateway's configuration, beside name and link."""
        options = "".join(f'{name} = "{value}", ' for name, value in self.options.items())
        lines = [f'family = "{self.family}"', QUICK if self.quick else "", f"options = {{ {options[:-2]} }}"]
        return "\n".join(lines if options else lines[:-1])


class House:
    """`rng` decides what is done; each process has chances of its own."""

    def __init__(self, directory: Path, plan: Plan, session: aiohttp.ClientSession) -> None:
        self.directory = directory
        self.plan = plan
        self.rng = Random(f"deeds {plan.seed}")
        self.posted: dict[str, Posted] = {}
        self.struck: Counter[str] = Counter()  # what happened, by kind
        self.moments: list[float] = []  # loop times of what happened
        self.hurt: list[tuple[float, frozenset[int]]] = []  # loop times of changed commands, and what they state
        self.on_mark: dict[str, Callable[[], None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self._session = session
        self.ofd = Ofd(directory / "ofd")
        self.station = self.another_station("kkt-1")
        self.caller = Caller(session, Random(f"caller {plan.seed}"))
        self.keepers: list[Keeper] = []

    @property
    def keeper(self) -> Keeper:
        return self.keepers[0]

    async def start(self) -> None:
        await self.ofd.start()
        await self.station.start()
        for number in range(self.plan.gateways):
            self.keepers.append(
                Keeper(
                    self.directory / f"gateway-{number}",
                    {"kkt-1": self.station.link},
                    extra=self.plan.settings,
                )
            )
        await asyncio.gather(*(keeper.start() for keeper in self.keepers))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.gather(*(keeper.stop() for keeper in self.keepers), return_exceptions=True)
        await self.station.close()
        await self.ofd.close()

    def another_station(self, name: str) -> Station:
        return Station(
            self.directory / name,
            self._session,
            Random(f"line {self.plan.seed} {name}"),
            family=self.plan.row,
            wire=self.plan.wire,
            ffd=self.plan.ffd,
            ofd=self.ofd,
            on_strike=self._on_strike,
        )

    # --- what happens to it

    def happened(self, kind: str, detail: object = "") -> None:
        self.struck[kind] += 1
        self.moments.append(asyncio.get_running_loop().time())
        with (self.directory / "happened.log").open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {kind} {detail}\n")

    def _on_strike(self, strike: Strike) -> None:
        self.happened(strike.what or f"line {strike.kind}", strike)
        if tags := hurt(strike, self.station.line.chunk, self.plan.row.states):
            self.hurt.append((self.moments[-1], tags))
        act = self.on_mark.get(strike.what)
        if act is not None:
            act()

    def later(self, coroutine: Any) -> None:
        """Go on with it in the background; its failure is the life's."""
        self.tasks.add(asyncio.get_running_loop().create_task(coroutine))

    # --- what is posted

    def key(self) -> str:
        self._numbers += 1
        return f"s{self.plan.seed}-{self._numbers}"

    def a_sale(self) -> Posted:
        """A receipt that is no correction."""
        key = self.key()
        return self._posted(key, RECEIPTS, goods.receipt(key, self.rng))

    def a_receipt(self) -> Posted:
        key = self.key()
        if self.rng.random() < 0.08:
            return self._posted(key, CORRECTIONS, goods.correction(key, self.rng, self.plan.ffd))
        return self._posted(key, RECEIPTS, goods.receipt(key, self.rng))

    def an_action(self, action: str, **body: Any) -> Posted:
        key = self.key()
        return self._posted(key, ACTIONS + action, {"id": key, **body})

    def _posted(self, key: str, path: str, body: dict[str, Any]) -> Posted:
        keeper = self.keepers[self._numbers % len(self.keepers)]
        one = self.posted[key] = Posted(key, path, body, keeper)
        return one

    async def finish(self, posted: list[Posted]) -> list[str]:
        """Until each has its last word; answers what is wrong with those that have none."""
        waited = [one for one in posted if not one.final]
        tasks = [asyncio.create_task(self.caller.until_final(one)) for one in waited]
        if not tasks:
            return []
        try:
            _, waiting = await asyncio.wait(tasks, timeout=OVERDUE)
            if waiting:
                await self.good_weather()
                _, waiting = await asyncio.wait(tasks, timeout=STUCK)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        faults = [
            f"{one.key} is stuck: {one.job or 'no answer'}"
            for one, task in zip(waited, tasks, strict=True)
            if task in waiting
        ]
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
        return faults

    async def good_weather(self) -> None:
        await self.station.clear()
        self.ofd.relay.plugged = True
        if not self.ofd.alive:
            await self.ofd.come_back()
