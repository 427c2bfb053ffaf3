"""One register's driver kept connected, and what was last read of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from devices.errors import GatewayError, LinkError, NeedsOperator, ProtocolError, Rejected, RequestError
from devices.registers.base import DriveState, OfdState, Register, RegisterState
from gateway.jobs.diagnosis import Seen, findings
from gateway.jobs.register import RegisterSettings, RegisterSnapshot

#: Seconds between attempts to connect: the first ones fast, because most cuts are short; the last one for good.
#: It stays below what is left of three seconds after the driver's own time to answer (design.md, rule 4).
DELAYS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.2)

#: Seconds which a connection must have lasted for the next attempt to be a first one again: a register that can be
#: connected to but not used would otherwise be called twenty times a second.
STEADY: Final = 5.0

#: The longest a gateway stays away from a register that hangs up on it again and again.
GIVES_WAY: Final = 20.0

Note = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class Connection:
    """Owns the driver's connect and close. `note` keeps what happened to the register."""

    def __init__(
        self,
        driver: Register,
        settings: RegisterSettings,
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        note: Note,
    ) -> None:
        self.driver = driver
        self.connected = False
        self.retry_at = 0.0  # loop time before which another attempt to connect is too early
        self.lent_to = 0.0  # loop time until which the port is lent to another program
        self._now = now
        self._rng = rng
        self.note = note
        self._failures = 0
        self._cuts = 0  # connections in a row that did not last, or did not come about
        self._up_at = 0.0
        self._told_connected = False
        self._outage = False  # told already; reasons change while a cable is out
        self._told: str | None = None  # code of the attention told last
        self._snapshot = RegisterSnapshot(
            name=settings.name, family=settings.family, link=settings.link, emulated=settings.emulated
        )

    @property
    def snapshot(self) -> RegisterSnapshot:
        return self._snapshot

    @property
    def failures(self) -> int:
        """Attempts in a row that did not reach the register."""
        return self._failures

    @property
    def released(self) -> bool:
        """True while the port is lent to another program."""
        return asyncio.get_running_loop().time() < self.lent_to

    async def ensure(self) -> None:
        """Connected when it returns; LinkError, Retryable or NeedsOperator when one attempt did not do it."""
        if self.connected:
            return
        try:
            await self.driver.connect()
        except (Rejected, RequestError) as error:
            # A register that refuses to be spoken to (password, family, phase) refuses no job in particular.
            number = error.number if isinstance(error, Rejected) else 0
            raise NeedsOperator(error.detail, number=number, hint=error.hint, code=error.code) from error
        await self.up()

    async def up(self) -> None:
        """The driver has just connected."""
        if self.connected:
            return
        self.connected = True
        self.lent_to = 0.0
        self._failures = 0
        self._up_at = asyncio.get_running_loop().time()
        self._snapshot = replace(
            self._snapshot,
            connected=True,
            problem=None,
            released_until=None,
            identity=self.driver.identity,
            capabilities=self.driver.capabilities,
        )
        if self._told_connected and not self._outage:
            return  # settling connects anew: nobody needs to hear of it
        if self._cuts <= len(DELAYS):
            await self.well()

    async def well(self) -> None:
        """The register is of use. After many cuts in a row that is not believed before it has answered."""
        if self.connected and (self._outage or not self._told_connected):
            self._told_connected, self._outage = True, False
            await self.note("connected", {"fn": self.driver.identity.fn, "serial": self.driver.identity.serial})

    def anew(self) -> None:
        """The driver is about to connect by itself."""
        self.connected = False

    async def down(self, error: GatewayError) -> None:
        """The connection is of no use any more: close it, and say when to try again."""
        now = asyncio.get_running_loop().time()
        if self.connected and now - self._up_at >= STEADY:
            self._cuts = 0
        await self.driver.close()
        self.connected = False
        self.retry_at = now + self._pause(error)
        self._cuts += 1
        self._failures += 1
        self._snapshot = replace(self._snapshot, connected=False, problem=error)
        if not self._outage:
            self._outage = True
            await self.note("disconnected", {"code": error.code, "detail": error.detail})

    def _pause(self, error: GatewayError) -> float:
        """Seconds until the next attempt."""
        contested = self._cuts - 2 * len(DELAYS)
        if contested > 0 and error.code == "link_closed":
            # The register takes the newest connection: another program wants it as much, and one of us must give way.
            return self._rng.uniform(DELAYS[-1], min(DELAYS[-1] * 2.0 ** min(contested, 8), GIVES_WAY))
        return DELAYS[min(self._cuts, len(DELAYS) - 1)] * self._rng.uniform(0.8, 1.0)

    async def release(self, minutes: int) -> datetime:
        """Let the port go; until when, by the clock on the wall."""
        await self.driver.close()
        self.connected = False
        self._failures = 0
        self.retry_at = 0.0
        until = self._now() + timedelta(minutes=minutes)
        self._snapshot = replace(self._snapshot, connected=False)
        self.lent(until, minutes)
        await self.note("released", {"until": until.isoformat(timespec="seconds")})
        return until

    def lent(self, until: datetime, minutes: int) -> None:
        """The port was released for so long, by this process or the one before it.

        Never for longer from now on: a clock that was set back since then would lend it for hours.
        """
        left = min((until - self._now()).total_seconds(), minutes * 60.0)
        self.lent_to = asyncio.get_running_loop().time() + left
        self._snapshot = replace(self._snapshot, released_until=until)

    async def attention(self, error: GatewayError | None) -> None:
        """An operator must act (or has acted: None)."""
        if error is None:
            await self.well()
        if error is None and self._snapshot.problem is None:
            return
        self._snapshot = replace(self._snapshot, problem=error)
        code = None if error is None else error.code
        if self._told != code:
            self._told = code
            data = {} if error is None else {"code": error.code, "detail": error.detail, "hint": error.hint}
            await self.note("ready" if error is None else "attention", data)

    async def close(self) -> None:
        """For good."""
        await self.driver.close()
        self.connected = False
        self._snapshot = replace(self._snapshot, connected=False)

    async def state(self) -> RegisterState:
        """Asked now, and remembered; the date of the snapshot stays that of its oldest part."""
        state = await self.driver.state()
        self._snapshot = replace(self._snapshot, state=state, taken_at=self._snapshot.taken_at or self._now())
        return state

    async def look(self, busy: Callable[[], bool]) -> None:
        """Read everything the snapshot shows; stops early when `busy` says that work came in."""
        state = await self.state()
        if busy():
            return
        drive = await self.driver.drive()
        self.same_drive(drive.number)
        if busy():
            return
        await self._seen(state, drive, await self.driver.ofd())

    def same_drive(self, fn: str) -> None:
        """LinkError where it is not the drive of this connection any more: behind a converter no line breaks when a
        register is exchanged, and what is known of the old one must not be said of its successor's documents.
        """
        known = self.driver.identity.fn
        if fn and known and fn != known:
            raise LinkError(
                f"the register's drive is {fn} now, it was {known}: connecting anew",
                hint="В кассе другой фискальный накопитель: шлюз знакомится с ней заново.",
                code="drive_changed",
            )

    async def _seen(self, state: RegisterState, drive: DriveState, ofd: OfdState) -> None:
        now = self._now()
        seen = Seen(identity=self.driver.identity, state=state, drive=drive, ofd=ofd, now=now)
        found = {finding["code"] for finding in findings(seen)} - {"drive_warnings"}
        warnings = tuple(sorted(found | set(drive.warnings)))
        before, self._snapshot = (
            self._snapshot,
            replace(self._snapshot, drive=drive, ofd=ofd, warnings=warnings, taken_at=now),
        )
        if before.warnings != warnings:
            await self.note("warnings", {"codes": list(warnings)})


def lost_by(error: GatewayError) -> bool:
    """Whether the connection is of no use after this error."""
    return isinstance(error, (LinkError, ProtocolError))
