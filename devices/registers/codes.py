"""The drive's table of checked marking codes, whatever commands a family has for it.

A code that was checked and accepted stays in the drive until a receipt carries it away, and one that was checked waits
for a decision. Neither may be left when a receipt comes to nothing: a check is decided at once, the table is emptied
behind every fence and after every refusal.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from devices.errors import DeviceError, Rejected, Retryable
from devices.registers.base import CodeCheck, MarkingVerdict
from devices.registers.marking import (
    MINUS,
    ONLINE_SILENT,
    MarkedUnit,
    MarkingRefused,
    letter,
    reason_of,
    verdict,
)
from devices.registers.waiting import Tell, noticed
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt

Q = TypeVar("Q")
T = TypeVar("T")

#: How often and how long apart a code is tried again while marking is blocked: that may be for a moment only, while a
#: notification goes out (UNCONFIRMED).
BLOCKED_TRIES: Final = 3
BLOCKED_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCode(Generic[Q]):
    """The command that checks the code of the item with this index.

    `over`: it tells of a movement that may have happened already, as corrections do: where the marking system finds it
    wrong, the code is asked about once more, as of a unit that stays where it is.
    """

    item: int
    check: Q
    over: bool = False


def checks_of(receipt: Receipt, ffd: FfdVersion, check: Callable[[MarkedUnit], Q]) -> Iterator[MarkedCode[Q]]:
    """The `check` of each line that has a code; none before ФФД 1.2."""
    for index, item in enumerate(receipt.items):
        if item.marking is not None and ffd is FfdVersion.V1_2:
            unit = MarkedUnit.of(item, receipt.operation)
            yield MarkedCode(item=index, check=check(unit), over=receipt.correction is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Generic[Q]):
    """A code in the drive's table as it was asked about last."""

    check: Q
    verdict: MarkingVerdict


class Codes(ABC, Generic[Q]):
    """The table on one connection. `Q` is the family's command that checks a code.

    `leftovers`: refusals of a check that somebody else's leftovers cause, so that all is cleared and begun anew;
    `blocked`: that no code can be checked for the moment; `no_clearing`: that the firmware cannot clear, where a
    cancelled receipt takes its codes with it.
    """

    leftovers: frozenset[int]
    blocked: int
    no_clearing: frozenset[int] = frozenset()

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._dirty = True  # something may be in the table
        self._forgot = False  # the last receipt came to nothing because a code was gone from the table

    # --- the family's commands

    @abstractmethod
    async def fence(self) -> None:
        """Nothing of an earlier connection is left in the table."""

    @abstractmethod
    async def _asked(self, check: Q) -> CodeCheck:
        """What drive and marking system say of a code; it waits for its decision then."""

    @abstractmethod
    async def _decide(self, *, accept: bool) -> int | None:
        """The code that waits is accepted or rejected: 2106 as it stands then, None where that is not told."""

    @abstractmethod
    async def _empty(self) -> None:
        """The command that forgets all accepted codes."""

    @abstractmethod
    def _unmoved(self, check: Q) -> Q:
        """The same question about a unit that stays where it is."""

    @abstractmethod
    def _with(self, flags: int, heard: CodeCheck, asked: Q) -> CodeCheck:
        """The check with these flags (`settled`)."""

    async def _silent(self) -> None:
        """The marking system did not answer, and there are further lines."""

    async def _over(self) -> None:
        """The codes of a receipt are over."""

    # --- what is done with them

    def lost(self) -> None:
        """The connection is over: what is in the table is not known any more."""
        self._dirty = True

    async def clear(self) -> None:
        """Reject what waits for a decision, forget what was accepted."""
        self._dirty = True
        try:
            await self._empty()
        except Rejected:
            # UNCONFIRMED whether all firmware clears while a decision is wanted: then that comes first.
            with suppress(Rejected):
                await self._decide(accept=False)
            try:
                await self._empty()
            except Rejected as error:
                if error.number not in self.no_clearing:
                    raise
        self._dirty = False

    async def give_up(self) -> None:
        """`clear` beside another failure, which is the one to be told: what is left is found at the next receipt."""
        await self._over()
        if self._dirty:
            with suppress(DeviceError):
                await self.clear()

    def carried_away(self) -> None:
        """A receipt was closed: its codes left the table with it."""
        self._dirty = self._forgot = False

    def forgotten(self, item: int, *, number: int, command: str) -> Retryable | None:
        """The drive does not know a code that it accepted a moment ago: the error for the first time, since the line
        may have made another code of it. None when it happens again: the register forgets, and its word counts."""
        if self._forgot:
            return None
        self._forgot = True
        return Retryable(
            f"/items/{item}/marking: the drive does not know the code that it has just accepted",
            number=number,
            command=command,
            hint="Накопитель забыл проверенный код. Чек будет пробит заново.",
            code="marking_check_lost",
        )

    async def check_all(self, codes: Sequence[MarkedCode[Q]], *, refuse: bool) -> tuple[Accepted[Q], ...]:
        """Check and accept the codes of a receipt. With `refuse`, [M-] of any of them is MarkingRefused.

        All are checked even then, so that the caller hears of every bad line at once.
        """
        if not codes:
            return ()
        found = await self._begun(lambda: self._checked(codes, refuse=refuse))
        await self._over()
        refuse_bad([one.verdict for one in found], refuse=refuse)
        return found

    async def ask(self, request: Q) -> CodeCheck:
        """One check, rejected at once."""
        check = await self._begun(lambda: self._check(request))
        await self._decide(accept=False)
        self._dirty = False
        return check

    async def _begun(self, check: Callable[[], Awaitable[T]]) -> T:
        """On an empty table, and once more where leftovers were in the way."""
        if self._dirty:
            await self.clear()
        self._dirty = True
        try:
            return await check()
        except Rejected as error:
            if error.number not in self.leftovers:
                raise
        await self.clear()
        self._dirty = True
        return await check()

    async def _checked(self, codes: Sequence[MarkedCode[Q]], *, refuse: bool) -> tuple[Accepted[Q], ...]:
        found = []
        spoilt = False
        for code in codes:
            request = code.check
            check = await self._check(request)
            if (refuse or code.over) and check.result == MINUS:
                # The line may have spoilt the code under its one-byte checksum: a first refusal is not believed.
                await self._decide(accept=False)
                check = await self._check(request)
            if code.over and check.result == MINUS:
                await self._decide(accept=False)
                request = self._unmoved(request)
                check = await self._check(request)
            spoilt = spoilt or (refuse and check.result == MINUS)
            # Of a receipt that will not be made no code is accepted any more.
            flags = await self._decide(accept=not spoilt)
            if check.online == ONLINE_SILENT and code is not codes[-1]:
                await self._silent()
            decided = check if spoilt or flags is None else self._with(flags, check, request)
            found.append(Accepted(check=request, verdict=verdict(code.item, decided)))
        return tuple(found)

    async def _check(self, request: Q) -> CodeCheck:
        for _ in range(BLOCKED_TRIES):
            try:
                async with noticed(self._tell):
                    return await self._asked(request)
            except Rejected as error:
                if error.number != self.blocked:
                    raise
            await asyncio.sleep(BLOCKED_PAUSE)
        return await self._asked(request)


def refuse_bad(marking: Sequence[MarkingVerdict], *, refuse: bool) -> None:
    """MarkingRefused where the caller does not sell what is [M-]."""
    if refuse and any(one.result == MINUS for one in marking):
        raise MarkingRefused(marking)


def settled(flags: int, heard: CodeCheck, *, planned: int, code: bytes) -> CodeCheck:
    """What was heard of a code, with letter and reason of these flags; `planned` is 2003."""
    reason = reason_of(
        flags,
        planned=planned,
        code=code,
        local_reason=heard.local_reason,
        online=heard.online,
        processed=heard.processed,
        status=heard.status,
    )
    return replace(heard, flags=flags, result=letter(flags), reason=reason)
