"""A register's place in an emulated shop: power, listeners, its way to the OFD and to the marking system."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Any

import structlog

from emulator import families
from emulator.channels import Channel, Listener, PipeEnd, Sessions, pipe
from emulator.faults import Faults, PowerLoss
from emulator.listening import listen_all
from emulator.plans import RegisterPlan
from emulator.records import DocumentRecord
from emulator.registers.base import Act, Device, Power, nobody
from emulator.rim import Clock
from emulator.storage import Storage, StorageError

if TYPE_CHECKING:
    from emulator.marking.line import OismLine

log = structlog.get_logger(__name__)

#: Where the storage says whose it is.
_FAMILY = "family"

#: A connection to an OFD or to a marking system.
Dial = Callable[[], Awaitable[Channel]]


class EmulatedRegister:
    """A register's place in the shop: what stays when its power goes (storage, faults, sockets) and what comes back."""

    def __init__(
        self, plan: RegisterPlan, clock: Clock, seed: int, dial_ofd: Dial | None, dial_oism: Dial | None
    ) -> None:
        self.plan = plan
        self._family = families.FAMILIES[plan.family]
        self.name = plan.settings.name
        self.listeners: list[Listener] = []
        self._clock = clock
        self._seed = seed
        self._dial_ofd = dial_ofd
        self._dial_oism = dial_oism
        self._sessions = Sessions(self._serve, exclusive=self._family.exclusive)
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
        self.faults = Faults(Random(f"{self._seed}/{self.name}/faults"), self._family.command_code)  # noqa: S311 # nosec B311

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
        self._check_family()
        line = self._line()
        self._device = self._last = self._family.build(
            Power(
                settings=self.plan.settings,
                storage=self.storage,
                now=self._clock,
                random=self.random,
                faults=self.faults,
                by_hand=self._later,
                ask_oism=nobody if line is None else line.ask,
                fail=self.power_fail,
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

    def _check_family(self) -> None:
        """StorageError for a state that another family keeps: it would take the drive for its own."""
        kept = self.storage.get(_FAMILY)
        if kept is None:
            self.storage.put(_FAMILY, self.plan.family)
        elif kept != self.plan.family:
            raise StorageError(
                f"the state holds a register of family {kept}, not {self.plan.family}; give another --state directory"
            )

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
        self._device.power_off()
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
        if self._device is not None:
            self._device.power_off()
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
