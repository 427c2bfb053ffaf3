"""One world: its registers and OFD, its gateways, and the book of what went wrong with whom."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from campaign_families import USUAL, Family
from mischief import Line, Strike
from spoilt import hurt

from emulator.faults import Fault, FaultPoint
from emulator.fiscal_drive.documents import StoredDocument
from emulator.marking.book import CodeBook
from emulator.place import EmulatedRegister
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from emulator.storage import Storage
from simulation import chains, permits
from simulation.houses import House
from simulation.loop import SeededLoop
from simulation.orders import Order
from simulation.story import Story
from simulation.wires import Cable

MOSCOW = ZoneInfo("Europe/Moscow")
START = datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is drawn from the seed before anything happens."""

    family: Family
    registers: tuple[Settings, ...]
    options: dict[str, str]  # of the driver
    houses: int  # gateways on the first register; the others' registers belong to the first gateway alone
    jobs: int
    latency: tuple[float, float]
    commit_latency: tuple[float, float]
    queue_limit: int
    close_shift_at: time | None
    manual: float  # share of receipts that leave shifts to the cashier
    rage: float  # misfortunes a job, on average
    permit: permits.Conditions | None  # None: permit mode is off
    chains: int  # orders that a program leads; 0: none

    def __str__(self) -> str:
        kinds = ", ".join(
            f"{one.name} ФФД {one.ffd}{''.join(f' {quirk}' for quirk in sorted(one.quirks))}" for one in self.registers
        )
        of = "" if self.family.name == USUAL else f"{self.family.name}: "
        return (
            f"{of}{kinds}; {self.houses} gateway(s), {self.jobs} jobs, driver {self.options}, latency {self.latency}, "
            f"commits {self.commit_latency}, queue {self.queue_limit}, rage {self.rage:g}, "
            f"permit mode {self.permit or 'off'}{f', {self.chains} orders' if self.chains else ''}"
        )


def draw(seed: int, rng: Random, family: Family) -> Conditions:
    quirks, options = family.draw(rng)
    count = 2 if rng.random() < 0.25 else 1
    registers = tuple(
        Settings(
            name=f"kkt-{number}",
            ffd=rng.choice(family.ffds),
            quirks=quirks,
            real_speed=rng.random() < 0.03,
            serial=number,
        )
        for number in range(1, count + 1)
    )
    slow = rng.random()
    return Conditions(
        family=family,
        registers=registers,
        options=options,
        houses=2 if rng.random() < 0.1 else 1,
        jobs=rng.choice((30, 60, 120)),
        latency=(0.0, 0.0) if slow < 0.4 else (0.0, 0.002) if slow < 0.8 else (0.005, 0.04),
        commit_latency=(0.0, 0.0) if rng.random() < 0.5 else (0.0, 0.03),
        queue_limit=rng.choice((2, 5, 1000, 1000)),
        close_shift_at=time(21, 0) if rng.random() < 0.15 else None,
        manual=0.1 if rng.random() < 0.1 else 0.0,
        rage=rng.choice((1.0, 2.0, 2.0, 3.0)),
        permit=permits.drawn(seed),
        chains=chains.drawn(seed),
    )


class World:
    """`struck` is the book: who was hit by what, and how often."""

    def __init__(self, seed: int, conditions: Conditions, directory: Path, story: Story) -> None:
        self.seed = seed
        self.conditions = conditions
        self.story = story
        self.directory = directory
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SeededLoop)
        self.loop = loop
        self.clock = Clock(START, local=MOSCOW, ticks=self.loop.time)
        plans = tuple(
            RegisterPlan(settings=settings, family=conditions.family.name) for settings in conditions.registers
        )
        plan = Plan(registers=plans, with_ofd=True, with_oism=True)
        self.shop = Shop(plan, clock=self.clock, random=Random(f"{seed}/shop"))
        self.permits = permits.services(conditions.permit, self._book, self.now)
        self.struck: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()  # misfortunes of each register, its gateways' included
        self.hurt: defaultdict[tuple[str, str], list[frozenset[int]]] = defaultdict(
            list
        )  # by gateway and key (`spoilt`)
        self.lent: set[str] = set()  # registers whose port was let go for another program
        self.retired: list[StoredDocument] = []  # documents of drives that were taken out
        self.cables: dict[str, Cable] = {}
        self.houses: dict[str, House] = {}
        self.orders: dict[tuple[str, str], Order] = {}  # by gateway and key
        self.on_mark: dict[str, Callable[[], None]] = {}
        self.on_fault: Callable[[str, Fault], None] = lambda register, fault: None
        #: Called when a gateway takes a job in hand for the first time.
        self.on_taken: Callable[[House, str], None] = lambda house, register: None

    async def begin(self) -> None:
        await self.shop.start()
        for name, register in self.shop.registers.items():
            rng = Random(f"{self.seed}/line/{name}")
            line = Line(rng, now=self.loop.time, on_strike=self._strikes(name))
            self.cables[name] = Cable(register, line, self.story, rng, self.conditions.latency)
            self._watch(register)
        for number in range(1, self.conditions.houses + 1):
            name = f"gateway-{number}"
            registers = list(self.shop.registers) if number == 1 else [next(iter(self.shop.registers))]
            self.houses[name] = House(name, self, registers)
        for house in self.houses.values():
            house.switch_on()

    async def end(self) -> None:
        for house in self.houses.values():
            await house.switch_off()
        await self.shop.close()

    def now(self) -> datetime:
        return self.clock()

    def _book(self) -> CodeBook:
        assert self.shop.oism is not None
        return self.shop.oism.book

    @property
    def lived(self) -> timedelta:
        """Time that passed for the shop."""
        return self.clock() - START

    def hit(self, register: str | None, what: str, detail: str = "") -> None:
        """Something went wrong with a register, or with all of them (None)."""
        self.struck[what] += 1
        for name in [register] if register else self.cables:
            self.hits[name] += 1
            for house in self.house_of(name):
                order = self.orders.get((house.name, house.current.get(name) or ""))
                if order is not None:
                    order.struck = True
        self.story.tell(register or "world", f"*** {what} {detail}".rstrip())

    def house_of(self, register: str) -> list[House]:
        return [house for house in self.houses.values() if register in house.registers]

    def archive(self) -> list[StoredDocument]:
        """Every document of every drive that was ever in a register."""
        kept = list(self.retired)
        for register in self.shop.registers.values():
            kept += register.device.drive.documents()
        return kept

    def new_drive(self, name: str, back: float = 0.0) -> bool:
        """Another drive takes the place of one that has nothing left to send, for good or until `back` seconds later.

        False where that cannot be.
        """
        register = self.shop.registers[name]
        before = register.storage
        if not self._put_drive(register, Storage()):
            return False
        if back:
            self.loop.call_later(back, self._back, register, before)
        return True

    def _back(self, register: EmulatedRegister, storage: Storage) -> None:
        if not self._put_drive(register, storage):
            self.loop.call_later(1.0, self._back, register, storage)

    def _put_drive(self, register: EmulatedRegister, storage: Storage) -> bool:
        drive = register.device.drive
        if not register.powered or drive.backlog.count or drive.marking.unsent:
            return False
        self.retired += drive.documents()
        register.power_fail(1.0)
        # Not at once: whoever served a connection is still on its way out.
        self.loop.call_later(0.5, setattr, register, "_storage", storage)
        return True

    def _strikes(self, name: str) -> Callable[[Strike], None]:
        def on_strike(strike: Strike) -> None:
            if strike.what:
                self.on_mark.pop(strike.what, lambda: None)()
            else:
                self.hit(name, f"line {strike.kind}", str(strike))
                self._hurt(name, strike)

        return on_strike

    def _hurt(self, name: str, strike: Strike) -> None:
        """Whose command it was that the line changed."""
        if tags := hurt(strike, self.cables[name].line.chunk, self.conditions.family.states):
            for house in self.house_of(name):
                self.hurt[house.name, house.current.get(name) or ""].append(tags)

    def _watch(self, register: EmulatedRegister) -> None:
        """Count the emulator's own faults when they strike, not when they are ordered."""
        take = register.faults.take

        def counted(command: int, point: FaultPoint, *, named: bool = False) -> Fault | None:
            fault = take(command, point, named=named)
            if fault is not None:
                self.hit(register.name, f"register {fault.kind}", f"at command {command:02X}h")
                self.on_fault(register.name, fault)
            return fault

        register.faults.take = counted  # type: ignore[method-assign]
