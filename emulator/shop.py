"""One emulated shop: registers, their OFD, the marking system and scanners, in one process.

Several shops can live side by side: nothing is global. A shop starts from a plan, can be reset to it, and leaves
nothing behind but its state directories.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import structlog

from emulator.channels import Address, Channel, Listener, PipeEnd, Sessions, dial, pipe
from emulator.listening import listen_all
from emulator.place import Dial, EmulatedRegister
from emulator.plans import Plan
from emulator.records import DocumentRecord
from emulator.rim import Clock, seeded
from emulator.scanners import EmulatedScanner
from emulator.storage import Storage
from protocols.ffd import tlv

if TYPE_CHECKING:
    from emulator.marking.oism import OismServer
    from emulator.ofd import OfdServer

log = structlog.get_logger(__name__)


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
