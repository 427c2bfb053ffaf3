"""A register with its power coming on: parts from the storage, RAM empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TypeVar

from emulator.fiscal_drive import Factory, FiscalDrive, default_registration
from emulator.registers.base import Power
from emulator.registers.clock import RegisterClock
from emulator.registers.core import Core
from emulator.registers.memory import Memory, load
from emulator.registers.printer import Printer
from emulator.registers.tape import Tape
from emulator.registers.till import Till
from emulator.storage import Storage
from protocols.ffd.enums import FfdVersion

C = TypeVar("C", bound=Core)

#: From the register's clock.
MakeDrive = Callable[[Callable[[], datetime]], FiscalDrive]


def assembled(
    kind: type[C],
    memory_kind: type[Memory],
    make_drive: MakeDrive,
    storage: Storage,
    *,
    now: Callable[[], datetime],
    rng: Random,
    quirks: frozenset[str] = frozenset(),
    real_speed: bool = False,
    prints_on: bool = True,
) -> C:
    """A core with everything shared in it; `now` is the shop's clock.

    `prints_on`: what broke off before the power went is printed by itself, when there is paper.
    """
    memory = load(memory_kind, storage)
    clock = RegisterClock(memory, now)
    drive = make_drive(clock)
    printer = Printer(Tape(storage, memory, drive), memory, now, real_speed=real_speed)
    core = kind(
        drive=drive,
        storage=storage,
        memory=memory,
        till=Till(memory),
        printer=printer,
        clock=clock,
        random=rng,
        quirks=quirks,
    )
    if prints_on and printer.interrupted and printer.usable:
        printer.resume()
    core.save()
    return core


def usual_drive(power: Power) -> MakeDrive:
    """A drive as emulators sell it: a fiscalised test drive 9999… that every family makes alike, or the one kept."""
    settings = power.settings
    version = settings.ffd or FfdVersion.V1_2

    def make(clock: Callable[[], datetime]) -> FiscalDrive:
        return FiscalDrive(
            power.storage,
            now=clock,
            timer=power.now,
            rng=power.random,
            ffd=settings.ffd,
            factory=Factory(number=f"9999{power.random.randrange(10**8):08d}{settings.serial:04d}", ffd=version),
            registration=default_registration(version, serial=f"{settings.serial:016d}", ordinal=settings.serial),
        )

    return make
