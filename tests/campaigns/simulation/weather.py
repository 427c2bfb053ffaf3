"""Misfortunes by chance: bytes, registers, power, paper, clocks, disks, processes, the OFD."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from random import Random

from mischief import Kind, Strike, Way

from emulator.fault_kinds import KINDS, FaultKind
from emulator.faults import Fault
from emulator.marking.oism import Behaviour as Unanswered
from emulator.marking.oism import Misbehaviour
from emulator.ofd.server import Behaviour
from emulator.place import EmulatedRegister
from gateway.journal import JournalFailed
from gateway.shop import Shop
from simulation.disk import Trouble
from simulation.houses import Dead, House
from simulation.permits import SERVICES
from simulation.stranger import STRANGERS, visit
from simulation.units import SYSTEM
from simulation.world import World

#: Kinds that last until somebody acts when they do not say for how long.
_NEEDS_A_HAND = frozenset({FaultKind.PAPER_OUT, FaultKind.COVER_OPEN, FaultKind.DRIVE_FULL})
_DAY = 86400.0
#: Seconds that a slow line adds to every byte, and for which a machine stands still: around every waiting time.
_SLOWNESS = (0.05, 0.2, 0.35, 0.6, 1.2)
_STALLS = (0.05, 0.3, 0.6, 1.1, 2.5, 6.0, 40.0)


class Weather:
    """`strike` is one misfortune; `clear` ends them all, as a good day does."""

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._family = world.conditions.family
        self._marks = count(1)
        self._timers: list[asyncio.TimerHandle] = []
        self._visits: list[asyncio.Task[None]] = []
        self._kinds: dict[Callable[[str], None], int] = {
            self._line: 46,
            self._register: 34,
            self._kill_at_commit: 5,
            self._kill_at_byte: 3,
            self._power_at_byte: 4,
            self._disk: 3,
            self._ofd: 3,
            self._oism: 2,
            self._clock_of_gateway: 1,
            self._clock_of_register: 1,
            self._time_passes: 2,
            self._paper: 2,
            self._new_drive: 1,
            self._stranger: 2,
            self._slow_line: 2,
            self._machine_sleeps: 2,
        }
        if world.permits is not None:
            self._kinds[self._permits] = 8

    def strike(self, register: str) -> None:
        """One misfortune, now or at one of the next bytes, commands or commits."""
        rng = self._rng
        kind = rng.choices(list(self._kinds), list(self._kinds.values()))[0]
        kind(register)

    def clear(self) -> None:
        """Everything is well again: what is broken is mended, what waits to break does not."""
        world = self._world
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        world.on_mark.clear()
        for cable in world.cables.values():
            cable.line.clear()
            cable.slowness = 0.0
        for house in world.houses.values():
            house.spare()
        assert world.shop.ofd is not None
        world.shop.ofd.behaviour = Behaviour.CONFIRM
        world.shop.ofd._faults.clear()
        assert world.shop.oism is not None
        world.shop.oism.behaviour = Misbehaviour(Unanswered.ANSWER)
        world.shop.oism._faults.clear()
        if world.permits is not None:
            world.permits.heal()
        for register in world.shop.registers.values():
            register.faults.clear()
            self._mend(register)
        world.story.tell("world", "good weather from now on")

    def _mend(self, place: EmulatedRegister) -> None:
        if place.powered:
            place.device.heal()
            _turn(place, 0.0)
        else:  # a register without power cannot be touched
            self._world.loop.call_later(0.5, self._mend, place)

    # --- bytes

    def _line(self, register: str) -> None:
        line = self._world.cables[register].line
        line.arm(line.random_strike(self._family.strikes, self._family.reach))

    def _mark(self, register: str, act: Callable[[], None]) -> None:
        """Do something at a random byte."""
        name = f"mark {next(self._marks)}"
        self._world.on_mark[name] = act
        way = self._rng.choice(tuple(Way))
        strike = Strike(kind=Kind.MARK, way=way, at=self._rng.randrange(self._family.reach[way]), what=name)
        self._world.cables[register].line.arm(strike)

    def _slow_line(self, register: str) -> None:
        """Every byte takes long, there and back: a converter behind a bad network, processes that starve."""
        cable = self._world.cables[register]
        cable.slowness = self._rng.choice(_SLOWNESS)
        self._world.hit(register, "line slow for a while", f"{cable.slowness:g} s")
        self._later(self._rng.choice((5.0, 30.0, 120.0)), lambda: setattr(cable, "slowness", 0.0))

    # --- the register

    def _register(self, register: str) -> None:
        rng = self._rng
        kind = rng.choice(tuple(FaultKind))
        uses = KINDS[kind].uses
        seconds = rng.choice((0.2, 0.5, 2.0, 6.0)) if "seconds" in uses else 0.0
        command = rng.choice((None, None, self._family.making, *map(rng.choice, self._family.commands)))
        errors = self._family.errors
        more = {"error": rng.choice(errors)} if errors and "error" in uses else {}
        fault = Fault(
            kind=kind,
            command=command,
            count=rng.choice((1, 1, 1, 3)),
            after_bytes=rng.randrange(14) if "after_bytes" in uses else 0,
            seconds=seconds,
            **more,
        )
        self._world.shop.registers[register].faults.add(fault)

    def _power_at_byte(self, register: str) -> None:
        seconds = self._rng.choice((0.1, 1.0, 15.0))

        def fail() -> None:
            self._world.hit(register, "register power lost at a byte", f"{seconds:g} s")
            self._world.shop.registers[register].power_fail(seconds)

        self._mark(register, lambda: self._soon(fail))

    def _paper(self, register: str) -> None:
        """Somebody opens the cover or takes the paper, between two commands, and puts it right later."""
        place = self._world.shop.registers[register]
        paper = self._rng.random() < 0.5

        def take() -> None:
            if place.powered:
                self._world.hit(register, "paper taken" if paper else "cover opened")
                self._set_paper(register, paper, fine=False)
                self._later(self._rng.choice((0.5, 3.0, 20.0)), lambda: self._set_paper(register, paper, fine=True))

        self._mark(register, lambda: self._soon(take))

    def _set_paper(self, register: str, paper: bool, *, fine: bool) -> None:
        place = self._world.shop.registers[register]
        if not place.powered:
            self._later(1.0, lambda: self._set_paper(register, paper, fine=fine))
        elif paper:
            place.device.set_paper(present=fine)
        else:
            place.device.set_cover(open_=not fine)

    def _new_drive(self, register: str) -> None:
        """Once in a while: at a random byte, so in the middle of anything. Some come back to their port."""

        def replace() -> None:
            if self._world.new_drive(register, back):
                self._world.hit(register, "drive replaced", f"for {back:g} s" if back else "")

        if self._rng.random() < 0.3:
            back = self._rng.choice((0.0, 5.0, 60.0))
            self._mark(register, lambda: self._soon(replace))

    def _stranger(self, register: str) -> None:
        """Another program takes the line, at a random byte of ours."""
        number = next(self._marks)

        def come() -> None:
            self._world.hit(register, STRANGERS)
            self._visits.append(asyncio.create_task(visit(self._world, register, number), name=f"stranger {number}"))

        self._mark(register, lambda: self._soon(come))

    # --- time

    def _time_passes(self, register: str) -> None:
        """A night or a weekend: a shift may run past its 24 hours. Rarely more than the 30 days that a drive waits."""
        self._world.hit(None, "time passes")
        self._world.clock.advance(self._rng.choice((0.6, 1.1, 1.1, 2.5)) * _DAY)

    def _clock_of_gateway(self, register: str) -> None:
        house = self._house(register)
        house.offset = timedelta(seconds=self._rng.choice((-_DAY, -3600.0, -90.0, 90.0, 3600.0)))
        self._world.hit(None, "gateway clock set", f"{house.name} {house.offset}")
        self._later(self._rng.choice((2.0, 100.0)), lambda: setattr(house, "offset", timedelta()))

    def _clock_of_register(self, register: str) -> None:
        place = self._world.shop.registers[register]
        offset = self._rng.choice((-7200.0, -240.0, 200.0))

        def back() -> None:
            if place.powered:
                _turn(place, 0.0)
            else:
                self._later(1.0, back)

        if place.powered:
            self._world.hit(register, "register clock set", f"{offset:+g} s")
            _turn(place, offset)
            self._later(self._rng.choice((2.0, 20.0)), back)

    def _machine_sleeps(self, register: str) -> None:
        """Nothing runs for a while, once at a random byte or again and again: timers and bytes come all at once."""
        rng = self._rng

        def sleep() -> None:
            self._world.hit(None, "machine stalled")
            self._world.loop.stall(rng.choice(_STALLS))

        if rng.random() < 0.6:
            self._mark(register, lambda: self._soon(sleep))
        else:
            for _ in range(rng.choice((5, 20))):
                self._later(rng.uniform(0.0, 20.0), sleep)

    # --- the gateway

    def _kill_at_commit(self, register: str) -> None:
        self._house(register).doom(self._rng.randrange(8), before=self._rng.random() < 0.5)

    def _kill_at_byte(self, register: str) -> None:
        house = self._house(register)

        def kill() -> None:
            if house.alive:
                self._world.hit(None, "gateway killed at a byte", house.name)
                house.die("killed at a byte")

        self._mark(register, lambda: self._soon(kill))

    def _disk(self, register: str) -> None:
        rng = self._rng
        lasts = rng.choice((0.0, 0.0, 5.0, 15.0))
        self._house(register).disk.arm(rng.choice(tuple(Trouble)), after=rng.randrange(8), lasts=lasts)

    # --- the OFD

    def _ofd(self, register: str) -> None:
        ofd = self._world.shop.ofd
        assert ofd is not None
        rng = self._rng
        if rng.random() < 0.5:
            behaviour = rng.choice(tuple(Behaviour))
            ofd.misbehave(behaviour, rng.choice((1, 3)))
            self._world.hit(None, f"ofd {behaviour}")
            return
        if rng.random() < 0.1:
            ofd.behaviour = Behaviour.REFUSE
            self._later(rng.choice((0.0, 2.0, 9.0)), self._month)  # with what is sold meanwhile unsent
        else:
            ofd.behaviour = rng.choice((Behaviour.REFUSE, Behaviour.SILENT, Behaviour.GARBAGE))
            self._world.hit(None, f"ofd {ofd.behaviour} for a while")
        self._later(rng.choice((10.0, 300.0)), self._ofd_back)

    def _month(self) -> None:
        self._world.hit(None, "ofd down for 31 days")
        self._world.clock.advance(31 * _DAY)

    def _ofd_back(self) -> None:
        assert self._world.shop.ofd is not None
        self._world.shop.ofd.behaviour = Behaviour.CONFIRM

    # --- the marking system

    def _oism(self, register: str) -> None:
        oism = self._world.shop.oism
        assert oism is not None
        rng = self._rng
        how = Misbehaviour(rng.choice(tuple(Unanswered)), rng.choice((0.5, 5.0, 20.0)))
        if rng.random() < 0.6:
            oism.misbehave(how, rng.choice((1, 3)))
        else:
            oism.behaviour = how
            self._later(rng.choice((10.0, 300.0)), self._oism_back)
        self._world.hit(None, f"{SYSTEM} {how.kind}")

    def _oism_back(self) -> None:
        assert self._world.shop.oism is not None
        self._world.shop.oism.behaviour = Misbehaviour(Unanswered.ANSWER)

    # --- permit mode

    def _permits(self, register: str) -> None:
        """Something is wrong with whom it asks; once in a while a person orders that it does not matter."""
        services, rng = self._world.permits, self._rng
        assert services is not None
        self._world.hit(None, f"{SERVICES} {services.misbehave(rng)}")
        self._later(rng.choice((10.0, 60.0, 300.0)), services.heal)
        if rng.random() < 0.1:
            house = self._house(register)
            services.ordered.add(house.name)
            self._visits.append(asyncio.create_task(self._emergency(house)))

    async def _emergency(self, house: House) -> None:
        with suppress(Dead, JournalFailed):
            await house.call(_ordered)
            self._world.story.tell("person", f"orders emergency sale at {house.name}")

    # --- inside

    def _house(self, register: str) -> House:
        return self._rng.choice(self._world.house_of(register))

    def _soon(self, act: Callable[[], None]) -> None:
        """Not in the middle of the step that moves the byte: what is under way there ends first."""
        self._world.loop.call_soon(act)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._timers = [one for one in self._timers if one.when() > self._world.loop.time()]
        self._timers.append(self._world.loop.call_later(seconds, act))


async def _ordered(shop: Shop) -> None:
    assert shop.orders is not None
    await shop.orders.give(1, "Иванова А. А.", "нет связи")


def _turn(place: EmulatedRegister, seconds: float) -> None:
    """Set the register's clock so far off the shop's."""
    core = getattr(place.device, "register").core  # noqa: B009 - the family's own
    core.memory.clock_offset = seconds
    core.save()
