"""A register of whatever family answers: `family = "auto"`.

It is recognised at every connect. As long as it stays silent the family known last is asked for alone, because it is
most likely switched off; who answers otherwise is recognised anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from devices.errors import LinkError, ProtocolError, RequestError
from devices.links.base import Link
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Bookmark,
    Capability,
    CodeCheck,
    DriveState,
    Identity,
    Keep,
    MarkingState,
    OfdState,
    Outcome,
    Register,
    RegisterState,
    SettingsTable,
    Warn,
)
from devices.registers.family import Family, Options, spoken_over
from devices.registers.identify import identify, look
from devices.registers.timing import Timeouts
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt

#: Silent attempts in a row after which not only the family known last is asked for.
LOYAL: Final = 5
SILENT: Final = "register_silent"


class AutoRegister(Register):
    """Delegates to the driver of the family that was recognised last; until then only `connect` and `close` work."""

    family = "auto"

    def __init__(
        self, link: Link, families: Mapping[str, Family], *, zone: tzinfo, timeouts: Timeouts, options: Options
    ) -> None:
        self._link = link
        self._families = spoken_over(link, families)
        self._zone = zone
        self._timeouts = timeouts
        self._options = options
        self._silences = 0
        self._found: Register | None = None
        self._tell: Callable[[Warn], Awaitable[object]] | None = None

    # --- connection

    async def connect(self) -> None:
        await self.close()
        name = await self._who()
        if self._found is None or self.family != name:
            self._found = self._driver(name)
            self._found.tell = self._tell
            self.family = name
        await self._found.connect()

    async def close(self) -> None:
        if self._found is not None:
            await self._found.close()

    async def _who(self) -> str:
        """The family that answers now."""
        if len(self._families) == 1:
            return next(iter(self._families))  # nobody else speaks over this link; its driver finds out who is there
        known = {name: row for name, row in self._families.items() if self._found is not None and name == self.family}
        if known:
            seen = await look(self._link, known, self._timeouts)
            self._silences = 0 if seen.heard else self._silences + 1
            if seen.family is not None:
                return seen.family
            if self._silences % LOYAL:
                raise self._silent()
        heard = b""
        async for seen in identify(self._link, self._families, self._timeouts):
            if seen.family is not None:
                return seen.family
            heard += seen.heard
        if heard:
            raise ProtocolError(
                f"{self._link.name}: what answers ({heard[:16].hex(' ')}) speaks none of {', '.join(self._families)}",
                hint="На этой связи отвечает не касса или касса незнакомого семейства. Проверьте, что подключено:"
                " fiscal-gateway diagnose.",
                code="family_unrecognised",
            )
        raise self._silent()

    def _driver(self, name: str) -> Register:
        row = self._families[name]
        try:
            return row.make(self._link, self._zone, self._timeouts, self._options)
        except RequestError as error:
            raise RequestError(
                f"{self._link.name}: a register of family {name} answers, and {error.detail}",
                hint=f"Здесь отвечает касса семейства {row.title}, а настройки (options) не для неё. {error.hint}",
                code=error.code,
            ) from error

    def _silent(self) -> LinkError:
        return LinkError(
            f"{self._link.name}: nobody answers in any protocol",
            hint="Касса не отвечает. Проверьте питание и кабель; если касса занята, дождитесь окончания печати.",
            code=SILENT,
        )

    @property
    def _driven(self) -> Register:
        if self._found is None:
            raise LinkError(
                f"{self._link.name}: the register was never connected",
                hint="Связь с кассой ещё не установлена.",
                code="link_closed",
            )
        return self._found

    # --- as the driver says

    @property
    def identity(self) -> Identity:
        return self._driven.identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._driven.capabilities

    @property
    def answered(self) -> Answered | None:  # type: ignore[override]
        return None if self._found is None else self._found.answered

    @property
    def tell(self) -> Callable[[Warn], Awaitable[object]] | None:
        return self._tell

    @tell.setter
    def tell(self, tell: Callable[[Warn], Awaitable[object]] | None) -> None:
        self._tell = tell
        if self._found is not None:
            self._found.tell = tell

    async def fence(self, bookmark: Bookmark) -> None:
        await self._driven.fence(bookmark)

    async def state(self) -> RegisterState:
        return await self._driven.state()

    async def drive(self) -> DriveState:
        return await self._driven.drive()

    async def ofd(self) -> OfdState:
        return await self._driven.ofd()

    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        return await self._driven.bookmark(counters=counters)

    async def document(self, number: int) -> ArchivedDocument | None:
        return await self._driven.document(number)

    async def own_cashiers(self) -> Collection[str]:
        return await self._driven.own_cashiers()

    async def counters(self) -> Mapping[str, int]:
        return await self._driven.counters()

    async def settings(self) -> Sequence[SettingsTable]:
        return await self._driven.settings()

    async def check_code(
        self,
        code: bytes,
        *,
        operation: Operation = Operation.SELL,
        measure: Measure = Measure.PIECE,
        quantity: Decimal = Decimal(1),
        fraction: tuple[int, int] | None = None,
    ) -> CodeCheck:
        return await self._driven.check_code(
            code, operation=operation, measure=measure, quantity=quantity, fraction=fraction
        )

    async def marking_state(self) -> MarkingState | None:
        return await self._driven.marking_state()

    async def unload_notifications(self, keep: Keep) -> int:
        return await self._driven.unload_notifications(keep)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return self._driven.faults(receipt)

    async def check(self, receipt: Receipt) -> None:
        await self._driven.check(receipt)

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._driven.open_shift(cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._driven.close_shift(cashier)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        return await self._driven.fiscalise(receipt)

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._driven.cash_in(kopecks, cashier)

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._driven.cash_out(kopecks, cashier)

    async def x_report(self) -> Mapping[str, int]:
        return await self._driven.x_report()

    async def open_drawer(self) -> None:
        await self._driven.open_drawer()

    async def print_text(self, lines: Sequence[str]) -> None:
        await self._driven.print_text(lines)

    async def copy_last(self) -> None:
        await self._driven.copy_last()

    async def set_clock(self, now: datetime) -> None:
        await self._driven.set_clock(now)

    async def recover(self) -> None:
        await self._driven.recover()
