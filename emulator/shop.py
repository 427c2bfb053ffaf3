"""One emulated shop: registers, their listeners, their way to an OFD, and the OFD itself, in one process.

Several shops can live side by side: nothing is global. A shop starts from a plan, can be reset to it, and leaves
nothing behind but its state directories.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import structlog

from emulator.channels import Address, Channel, Listener, PipeEnd, Sessions, dial, listen_all, pipe
from emulator.faults import Fault, Faults, Names, PowerLoss
from emulator.registers.base import Act, Device, Power, Settings, nobody
from emulator.rim import Clock, seeded
from emulator.scanners import EmulatedScanner, Setup
from emulator.storage import Storage
from protocols.ffd import tlv, tree

if TYPE_CHECKING:
    from emulator.marking.line import OismLine
    from emulator.marking.oism import OismServer
    from emulator.ofd import OfdServer

log = structlog.get_logger(__name__)


Dial = Callable[[], Awaitable[Channel]]


@dataclass(frozen=True, slots=True)
class Family:
    """How to make a register of one family; imports happen on first use."""

    build: Callable[[Power], Device]
    command_code: Names
    quirks: Callable[[], frozenset[str]]


def _build_shtrih(power: Power) -> Device:
    from emulator.registers.shtrih import build

    return build(power)


def _shtrih_command(name: str) -> int | None:
    from protocols.shtrih.commands import COMMANDS

    try:
        return COMMANDS.named(name).code
    except KeyError:
        return None


def _shtrih_quirks() -> frozenset[str]:
    from emulator.registers.shtrih import QUIRKS

    return frozenset(QUIRKS)


FAMILIES: Mapping[str, Family] = {"shtrih": Family(_build_shtrih, _shtrih_command, _shtrih_quirks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPlan:
    """One register: what it is when new, where it listens, what goes wrong at first, where its state is kept."""

    settings: Settings
    family: str = "shtrih"
    listen: tuple[Address, ...] = ()
    faults: tuple[Fault, ...] = ()
    state: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a shop consists of. `ofd_at` sends documents to an OFD elsewhere, `with_ofd` to one of its own; so do
    `oism_at` and `with_oism` for marking codes. Without either a register finds no ОИСМ: codes stay unchecked, [M]."""

    registers: tuple[RegisterPlan, ...] = ()
    with_ofd: bool = False
    ofd_listen: tuple[Address, ...] = ()
    ofd_state: Path | None = None
    ofd_at: tuple[str, int] | None = None
    with_oism: bool = False
    oism_listen: tuple[Address, ...] = ()
    oism_state: Path | None = None
    oism_at: tuple[str, int] | None = None
    oism_faults: tuple[str, ...] = ()  # as `parse_misbehaviour` reads them
    scanners: Mapping[str, Setup] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document as the control server shows it; `tlv` has the outer tag, `container` only where an OFD got it."""

    drive: str
    number: int
    code: int
    tlv: bytes
    container: bytes | None = None

    def as_json(self) -> dict[str, Any]:
        """`{"fn", "number", "code", "tlv": hex, "container": hex, "tags": tree of the tags inside the document}`."""
        record: dict[str, Any] = {"fn": self.drive, "number": self.number, "code": self.code, "tlv": self.tlv.hex()}
        if self.container is not None:
            record["container"] = self.container.hex()
        try:
            record["tags"] = tree.to_json(tlv.decode(self.tlv[4:]))
        except tlv.TlvError as error:
            # A client may make an OFD store what is no TLV; it must still be able to see what it sent.
            record |= {"tags": None, "error": str(error)}
        return record


class EmulatedRegister:
    """A register's place in the shop: what stays when its power goes (storage, faults, sockets) and what comes back."""

    def __init__(
        self, plan: RegisterPlan, clock: Clock, seed: int, dial_ofd: Dial | None, dial_oism: Dial | None
    ) -> None:
        self.plan = plan
        self.name = plan.settings.name
        self.listeners: list[Listener] = []
        self._clock = clock
        self._seed = seed
        self._dial_ofd = dial_ofd
        self._dial_oism = dial_oism
        self._sessions = Sessions(self._serve)
        self._storage: Storage | None = None
        self._device: Device | None = None
        self._last: Device | None = None
        self._uplinks: list[asyncio.Task[None]] = []
        self._return: asyncio.TimerHandle | None = None
        self._hands: list[asyncio.TimerHandle] = []
        self._waiting: list[Act] = []
        self._restart_random()
        for fault in plan.faults:
            self.faults.add(fault)

    def _restart_random(self) -> None:
        # Streams of their own, so that what one register does never changes another's chances.
        self.random = Random(f"{self._seed}/{self.name}")  # noqa: S311 — repeatable by intent # nosec B311
        self.faults = Faults(Random(f"{self._seed}/{self.name}/faults"), FAMILIES[self.plan.family].command_code)  # noqa: S311 # nosec B311

    @property
    def storage(self) -> Storage:
        """What survives the power; there from `start` on."""
        if self._storage is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._storage

    @property
    def powered(self) -> bool:
        return self._device is not None

    @property
    def device(self) -> Device:
        """The register as it is, or as it was when its power failed."""
        if self._last is None:
            raise RuntimeError(f"{self.name} was never switched on")
        return self._last

    async def start(self) -> None:
        """Switch on and listen. OSError where an address is refused, StorageError where the state does not fit."""
        self._storage = Storage(self.plan.state)
        self.power_on()
        self.listeners = await listen_all(self.plan.listen, self._sessions)

    async def close(self) -> None:
        for listener in self.listeners:
            await listener.close()
        await self._sessions.close()
        await self._switch_off()
        if self._storage is not None:
            self._storage.close()

    def connect(self) -> PipeEnd:
        """A new in-process connection, the host's end; like any newer connection it ends the one before."""
        host, device = pipe(self.name)
        self._sessions.accept(device)
        return host

    def power_on(self) -> None:
        """Start from what the storage holds; RAM is empty."""
        self._return = None
        line = self._line()
        self._device = self._last = FAMILIES[self.plan.family].build(
            Power(
                settings=self.plan.settings,
                storage=self.storage,
                now=self._clock,
                random=self.random,
                faults=self.faults,
                by_hand=self._later,
                ask_oism=nobody if line is None else line.ask,
            )
        )
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act(self._device)
        loop = asyncio.get_running_loop()
        self._uplinks = []
        if self._dial_ofd is not None:
            self._uplinks.append(loop.create_task(self._send_documents(self._device, self._dial_ofd)))
        if line is not None:
            self._uplinks.append(loop.create_task(line.deliver(self._device.drive)))

    def _line(self) -> OismLine | None:
        if self._dial_oism is None:
            return None
        from emulator.marking.line import OismLine

        return OismLine(self._dial_oism)

    def power_fail(self, seconds: float) -> None:
        """Everything in RAM and every connection is lost; the power is back after `seconds`."""
        if self._device is None:
            return
        log.info("power lost", register=self.name, seconds=seconds)
        self._device = None
        self._sessions.cut()
        for uplink in self._uplinks:
            uplink.cancel()
        self._return = asyncio.get_running_loop().call_later(seconds, self.power_on)

    async def reset(self, seed: int) -> None:
        """As new: an empty storage, no faults, chances from the start of `seed`."""
        self._seed = seed
        self._sessions.cut()
        await self._switch_off()
        self.storage.clear()
        self._restart_random()
        self.power_on()

    def documents(self, first: int = 1, last: int | None = None) -> list[DocumentRecord]:
        """The drive's documents first…last, oldest first."""
        return [
            DocumentRecord(drive=one.drive, number=one.number, code=int(one.code), tlv=one.tlv)
            for one in self.device.drive.documents(first, last)
        ]

    def state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "family": self.plan.family,
            "listen": [str(listener.address) for listener in self.listeners],
            "powered": self.powered,
            "faults": self.faults.listed(),
            **self.device.state(),
        }

    def _later(self, seconds: float, act: Act) -> None:
        loop = asyncio.get_running_loop()
        self._hands = [one for one in self._hands if one.when() > loop.time()]
        self._hands.append(loop.call_later(seconds, self._by_hand, act))

    def _by_hand(self, act: Act) -> None:
        if self._device is None:
            self._waiting.append(act)  # a register without power has nothing in RAM that could be changed
        else:
            act(self._device)

    async def _serve(self, channel: Channel) -> None:
        if self._device is None:
            channel.close()
            return
        try:
            await self._device.serve(channel)
        except PowerLoss as loss:
            self.power_fail(loss.seconds)

    async def _send_documents(self, device: Device, dial_ofd: Dial) -> None:
        from emulator.ofd import uplink

        await uplink(device.drive, dial_ofd)

    async def _switch_off(self) -> None:
        self._device = None
        for timer in (self._return, *self._hands):
            if timer is not None:
                timer.cancel()
        self._hands.clear()
        self._waiting.clear()
        for uplink in self._uplinks:
            uplink.cancel()
        if self._uplinks:
            await asyncio.wait(self._uplinks)


class Shop:
    """A running plan. `registers` by name, in the order of the plan."""

    def __init__(self, plan: Plan, *, clock: Clock | None = None, random: Random | None = None) -> None:
        self.plan = plan
        self.clock = clock or Clock()
        self._repeatable = random is not None
        self._seed = (random or seeded()).getrandbits(64)
        self._ofd_storage: Storage | None = None
        self.ofd: OfdServer | None = None
        self._ofd_listeners: list[Listener] = []
        self._ofd_sessions = Sessions(self._serve_ofd, exclusive=False)
        self._oism_storage: Storage | None = None
        self.oism: OismServer | None = None
        self._oism_listeners: list[Listener] = []
        self._oism_sessions = Sessions(self._serve_oism, exclusive=False)
        ofd = self._dialler(plan.ofd_at, self._dial_own_ofd if plan.with_ofd else None)
        oism = self._dialler(plan.oism_at, self._dial_own_oism if plan.with_oism else None)
        self.registers = {
            one.settings.name: EmulatedRegister(one, self.clock, self._seed, ofd, oism) for one in plan.registers
        }
        self.scanners = {name: EmulatedScanner(setup) for name, setup in plan.scanners.items()}

    @staticmethod
    def _dialler(elsewhere: tuple[str, int] | None, own: Dial | None) -> Dial | None:
        if elsewhere is None:
            return own
        host, port = elsewhere
        return lambda: dial(host, port)

    async def _dial_own_ofd(self) -> Channel:
        near, far = pipe("ofd")
        self._ofd_sessions.accept(far)
        return near

    async def _serve_ofd(self, channel: Channel) -> None:
        if self.ofd is not None:
            await self.ofd.serve(channel)

    async def _dial_own_oism(self) -> Channel:
        near, far = pipe("oism")
        self._oism_sessions.accept(far)
        return near

    async def _serve_oism(self, channel: Channel) -> None:
        if self.oism is not None:
            await self.oism.serve(channel)

    async def start(self) -> None:
        """Everything accepts when it returns. OSError, StorageError: nothing is left running after `close`."""
        if self.plan.with_oism:
            from emulator.marking.oism import OismServer, parse_misbehaviour

            self._oism_storage = Storage(self.plan.oism_state)
            self.oism = OismServer(storage=self._oism_storage, now=self.clock)
            for text in self.plan.oism_faults:
                self.oism.misbehave(*parse_misbehaviour(text))
            self._oism_listeners = await listen_all(self.plan.oism_listen, self._oism_sessions)
        if self.plan.with_ofd:
            from emulator.ofd import OfdServer

            self._ofd_storage = Storage(self.plan.ofd_state)
            self.ofd = OfdServer(self._ofd_storage, now=self.clock, pass_on=self._pass_on)
            self._ofd_listeners = await listen_all(self.plan.ofd_listen, self._ofd_sessions)
        for register in self.registers.values():
            await register.start()
            self._catch_up(register)

    def _pass_on(self, receipt: tuple[tlv.Element, ...]) -> None:
        """The OFD has a receipt whose register asks no marking system: the book hears of its codes."""
        if self.oism is None:
            return
        from emulator.marking.told_by_ofd import movements
        from emulator.marking.verdicts import learn

        for cis, assigned in movements(receipt):
            learn(self.oism.book, cis, assigned)

    def _catch_up(self, register: EmulatedRegister) -> None:
        """Time may have been moved before the state was kept: a drive refuses documents older than its last one."""
        drive = register.device.drive
        if drive.last_at is not None:
            behind = (drive.last_at - drive.now().replace(tzinfo=None)).total_seconds()
            if behind > 0:
                log.warning("the clock catches up with the state", register=register.name, seconds=round(behind))
                self.clock.advance(behind)

    async def close(self) -> None:
        """Hang up everywhere and let the state directories go."""
        for register in self.registers.values():
            await register.close()
        for scanner in self.scanners.values():
            await scanner.close()
        for listener in (*self._ofd_listeners, *self._oism_listeners):
            await listener.close()
        await self._ofd_sessions.close()
        await self._oism_sessions.close()
        for storage in (self._ofd_storage, self._oism_storage):
            if storage is not None:
                storage.close()

    async def reset(self) -> None:
        """As new: registers, OFD, clock and chances start over; sockets keep listening.

        Without a seed of the caller's the drives are others than before: a host that remembers the old ones' documents
        must not meet their numbers again.
        """
        if not self._repeatable:
            self._seed = seeded().getrandbits(64)
        self.clock.reset()
        await self._ofd_sessions.close()
        await self._oism_sessions.close()
        if self.ofd is not None:
            self.ofd.clear()
        for register in self.registers.values():
            await register.reset(self._seed)
        if self.oism is not None:
            self.oism.clear()  # behind the registers: an old drive's notification may have been under way
        for scanner in self.scanners.values():
            scanner.reset()

    def connect(self, register: str) -> PipeEnd:
        """An in-process connection to a register, the host's end. KeyError for an unknown name."""
        return self.registers[register].connect()

    def addresses(self) -> list[Address]:
        """Where the shop listens, real ports known: registers in order, then the OFD, then the ОИСМ."""
        found = [listener.address for register in self.registers.values() for listener in register.listeners]
        return found + [listener.address for listener in (*self._ofd_listeners, *self._oism_listeners)]

    def received(self) -> list[DocumentRecord] | None:
        """What the OFD got, in order of arrival; None when there is no OFD here."""
        if self.ofd is None:
            return None
        return [
            DocumentRecord(drive=one.fn, number=one.number, code=one.code, tlv=one.tlv, container=one.container)
            for one in self.ofd.received()
        ]

    def state(self) -> dict[str, Any]:
        """`GET /state`: `{"now", "registers": […], "ofd": {"listen", "documents"} or null,
        "oism": {"listen", "notifications", "codes"} or null, "scanners": {name: its `GET /state`}}`."""
        listening = [str(listener.address) for listener in self._ofd_listeners]
        return {
            "now": self.clock().isoformat(),
            "registers": [register.state() for register in self.registers.values()],
            "ofd": None if self.ofd is None else {"listen": listening, "documents": self.ofd.count()},
            "oism": None if self.oism is None else self._oism_state(self.oism),
            "scanners": {name: scanner.state() for name, scanner in self.scanners.items()},
        }

    def _oism_state(self, oism: OismServer) -> dict[str, Any]:
        return {
            "listen": [str(listener.address) for listener in self._oism_listeners],
            "behaviour": str(oism.behaviour.kind),
            "notifications": oism.count(),
            "codes": len(oism.book.known()),
        }
