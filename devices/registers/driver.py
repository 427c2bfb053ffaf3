"""What every driver does alike, whatever its family: what was read of the device, its clock, marking, errors.

A family's own `Driver` inherits this and adds its commands; what is left abstract in `base.Register` is its own.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import ClassVar, Final, Generic, TypeVar

from devices.errors import DeviceError, LinkError, Rejected, RequestError
from devices.links.base import Link
from devices.registers.archive import empty_fiscal, missing
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Capability,
    CodeCheck,
    Fiscal,
    Identity,
    Keep,
    MarkingState,
    Register,
    Warn,
)
from devices.registers.marking import NOT_IN_FFD, MarkedUnit, marking_not_registered
from devices.registers.readback import answered_of_old, answered_of_other
from devices.registers.timing import Timeouts
from protocols.ffd.characters import fit
from protocols.ffd.enums import DocumentCode, FfdVersion, Measure, Operation

#: Seconds within which nobody takes a register's line, changes its settings and gives it back: a vendor's tool needs
#: longer to connect alone.
SAME_SETTINGS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseProfile:
    """Who the device is. `clock`: its wall clock (naive) at the loop's time `read_at`."""

    identity: Identity
    clock: datetime
    read_at: float


P = TypeVar("P", bound=BaseProfile)


class BaseDriver(Register, Generic[P]):
    """`zone`: where the register's wall clock ticks."""

    #: What no register of the family can.
    lacks: ClassVar[frozenset[Capability]] = frozenset()
    #: ФФД in which its corrections have items.
    correction_items: ClassVar[frozenset[FfdVersion]] = frozenset({FfdVersion.V1_1, FfdVersion.V1_2})

    def __init__(self, link: Link, *, zone: tzinfo, timeouts: Timeouts) -> None:
        self._link = link
        self._zone = zone
        self._timeouts = timeouts
        self._profile: P | None = None

    # --- the family's part

    @abstractmethod
    async def _connect(self) -> None:
        """`connect` of a closed driver. What it raises closes it again."""

    @abstractmethod
    async def _archived(self, number: int, base: Fiscal) -> ArchivedDocument | None:
        """`document`; `base` holds the drive's and the registration's numbers."""

    async def _check_code(self, unit: MarkedUnit) -> CodeCheck:
        """`check_code` of a register that is registered for marked goods."""
        return await super().check_code(unit.code)

    async def _marking(self) -> MarkingState | None:
        """`marking_state` of one."""
        return None

    async def _unload(self, keep: Keep) -> int:
        """`unload_notifications` of one that is autonomous."""
        return await super().unload_notifications(keep)

    # --- connection

    @property
    def identity(self) -> Identity:
        return self._known().identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        identity, lacks = self.identity, set(self.lacks)
        if identity.ffd not in self.correction_items:
            lacks.add(Capability.CORRECTION_ITEMS)
        if identity.ffd is not FfdVersion.V1_2 or not identity.marking:
            lacks.add(Capability.MARKING)
        return frozenset(Capability) - lacks

    async def connect(self) -> None:
        await self.close()
        try:
            await self._connect()
        except BaseException:
            await self.close()
            raise

    # --- asking

    async def document(self, number: int) -> ArchivedDocument | None:
        return await self._archived(number, self._empty_fiscal())

    async def check_code(
        self,
        code: bytes,
        *,
        operation: Operation = Operation.SELL,
        measure: Measure = Measure.PIECE,
        quantity: Decimal = Decimal(1),
        fraction: tuple[int, int] | None = None,
    ) -> CodeCheck:
        if self.identity.ffd is not FfdVersion.V1_2:
            return NOT_IN_FFD
        if Capability.MARKING not in self.capabilities | self.lacks:
            raise marking_not_registered("the code")
        return await self._check_code(
            MarkedUnit(code=code, operation=operation, measure=measure, quantity=quantity, fraction=fraction)
        )

    async def marking_state(self) -> MarkingState | None:
        return await self._marking() if Capability.MARKING in self.capabilities else None

    async def unload_notifications(self, keep: Keep) -> int:
        state = await self.marking_state()
        autonomous = state is not None and state.autonomous
        return await (self._unload(keep) if autonomous else super().unload_notifications(keep))

    # --- what the family's methods are made of

    def _known(self) -> P:
        if self._profile is None:
            raise never_connected(self._link)
        return self._profile

    def _saw(self, clock: datetime) -> None:
        """What the register's wall clock shows now."""
        self._profile = replace(self._known(), clock=clock.replace(tzinfo=None), read_at=self._now())

    def _clock(self) -> datetime:
        """The register's wall clock now, reckoned from what it showed last."""
        profile = self._known()
        passed = timedelta(seconds=self._now() - profile.read_at)
        return (profile.clock + passed).replace(tzinfo=self._zone)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _lately(self, heard_at: float) -> bool:
        """Whether nobody can have changed settings since then."""
        return self._now() - heard_at <= SAME_SETTINGS

    def _empty_fiscal(self) -> Fiscal:
        return empty_fiscal(self.identity, self._clock())

    def _heard(self, answered: Answered) -> None:
        self.answered = answered

    async def _tell(self, warn: Warn) -> None:
        if self.tell is not None:
            await self.tell(warn)

    async def _reported(self, code: DocumentCode, last: int, before: int | None) -> Fiscal:
        """The report that was just answered, the drive's document `last`; `before`: its last one until then.

        LinkError where it is another document: what became of the report must be settled.
        """
        if before is not None and last <= before:
            raise answered_of_old(last, before)
        document = await self.document(last)
        if document is None:
            raise missing(last)
        if document.code is not code:
            raise answered_of_other(last, document.code, code)
        return document.fiscal


def never_connected(link: Link) -> LinkError:
    return LinkError(
        f"{link.name}: the register was never connected",
        hint="Связь с кассой ещё не установлена.",
        code="link_closed",
    )


def shift_must_be_closed(error: DeviceError) -> Rejected:
    """What a refusal to set the clock means while a shift is open."""
    return Rejected(
        f"the clock can be set only while the shift is closed ({error.detail}); close the shift first",
        number=error.number,
        command=error.command,
        hint="Часы кассы устанавливают при закрытой смене: снимите Z-отчёт и повторите.",
        code="shift_must_be_closed",
    )


def printable(line: str) -> str:
    """In the device's characters; what has no likeness among them is left for the command to refuse."""
    fitted = fit(line)
    return line if fitted.refused else fitted.text


@contextmanager
def code_fits() -> Iterator[None]:
    """RequestError where a marking code does not fit the command that checks it."""
    try:
        yield
    except ValueError as error:
        raise RequestError(
            f"the register cannot take this code: {error}",
            hint="Код маркировки слишком длинный или пустой. Отсканируйте его ещё раз.",
            code="marking_code_unfit",
        ) from error


@contextmanager
def text_fits() -> Iterator[None]:
    """RequestError where text does not fit the command that prints it."""
    try:
        yield
    except ValueError as error:
        raise RequestError(
            f"the register cannot print this text: {error}",
            hint="В тексте слишком длинная строка или символы, которых касса не знает.",
            code="text_unprintable",
        ) from error
