"""An emulated register of any family on the bench: a clock to turn, commands as dataclasses, documents as tags."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, ClassVar

from emulator.fiscal_drive import Factory, FiscalDrive, Registration, default_registration
from emulator.storage import Storage
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element

MOSCOW = timezone(timedelta(hours=3))
START = datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW)


class RegisterBench:
    """`call` raises the family's `refusal`; `refused` answers its number."""

    refusal: ClassVar[type[Exception]]

    def __init__(
        self,
        register: Any,
        ffd: FfdVersion,
        *,
        quirks: frozenset[str] = frozenset(),
        storage: Storage | None = None,
        registration: Registration | None = None,
        number: str = "9999078900001234",
        start: datetime = START,
        fiscalised: bool = True,
        **more: Any,
    ) -> None:
        self.at = start
        self.storage = storage or Storage()
        rng = Random(1)

        def make_drive(clock: Any) -> FiscalDrive:
            return FiscalDrive(
                self.storage,
                now=clock,
                rng=rng,
                ffd=ffd,
                factory=Factory(number=number, ffd=ffd),
                registration=registration or default_registration(ffd),
                fiscalised=fiscalised,
            )

        self.register = register(make_drive, self.storage, now=lambda: self.at, rng=rng, quirks=quirks, **more)
        self.drive: FiscalDrive = self.register.drive

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)

    def call(self, *request: Any, **more: Any) -> Any:
        """The family's reply."""
        raise NotImplementedError

    def refused(self, request: Any, **more: Any) -> int:
        """The error number; 0 when the register did what was asked."""
        try:
            self.call(request, **more)
        except self.refusal as refusal:
            return int(refusal.number)  # type: ignore[attr-defined]
        return 0

    def document(self, number: int | None = None) -> tuple[Element, ...]:
        stored = self.drive.document(self.drive.last_document if number is None else number)
        assert stored is not None
        return stored.elements
