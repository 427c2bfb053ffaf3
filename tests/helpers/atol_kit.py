"""An emulated ATOL register on the bench: a clock to turn, commands as dataclasses, documents as tags."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from emulator.fiscal_drive import Factory, FiscalDrive, default_registration
from emulator.registers.atol.register import AtolRegister
from emulator.storage import Storage
from protocols.atol.commands import DeviceRefusal, answer_to, encode_request
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.registers import value_of
from protocols.atol.statuses import Mode
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, encode

MOSCOW = timezone(timedelta(hours=3))
START = datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW)
VAT20, VAT10, VAT0, NO_VAT = 1, 2, 5, 6


class AtolBench:
    """`call` raises `DeviceRefusal`; `refused` answers its number."""

    def __init__(
        self,
        ffd: FfdVersion = FfdVersion.V1_05,
        *,
        quirks: frozenset[str] = frozenset(),
        storage: Storage | None = None,
        real_speed: bool = False,
    ) -> None:
        self.at = START
        self.storage = storage or Storage()
        rng = Random(1)

        def make_drive(clock: Any) -> FiscalDrive:
            return FiscalDrive(
                self.storage,
                now=clock,
                rng=rng,
                ffd=ffd,
                factory=Factory(number="9999078900001234", ffd=ffd),
                registration=default_registration(ffd),
            )

        self.register = AtolRegister(
            make_drive, self.storage, now=lambda: self.at, rng=rng, quirks=quirks, real_speed=real_speed
        )
        self.drive = self.register.drive

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)

    def call(self, request: Any) -> Any:
        return answer_to(request, self.register.execute(encode_request(request)))

    def refused(self, request: Any) -> int:
        """The error number; 0 when the register did what was asked."""
        try:
            self.call(request)
        except DeviceRefusal as refusal:
            return refusal.number
        return 0

    def extended(self) -> Any:
        return self.read(55)

    def read(self, number: int, first: int = 0, second: int = 0) -> Any:
        return value_of(number, self.call(s.ReadRegister(number, first, second)).value)

    def document(self, number: int | None = None) -> tuple[Element, ...]:
        stored = self.drive.document(self.drive.last_document if number is None else number)
        assert stored is not None
        return stored.elements

    def mode(self, mode: Mode, user: int = 30) -> None:
        """Out of the mode it is in, and into another."""
        self.call(s.LeaveMode())
        self.call(s.EnterMode(mode, user))

    def open_shift(self, user: int = 30) -> None:
        self.mode(Mode.REGISTRATION, user)
        self.call(r.OpenShift(0))

    def close_shift(self) -> None:
        self.mode(Mode.Z_REPORTS)
        self.call(r.CloseShift())

    def open(self, kind: int = 1, flags: int = 0) -> None:
        self.call(r.OpenReceipt(flags, kind))

    def sell(self, price: int = 10000, *tags: Element, **more: Any) -> None:
        """A position by EAh, E8h and EBh."""
        self.call(r.BeginItem(0, 1, 0))
        self.tag(*tags)
        self.call(end_item(price, **more))

    def tag(self, *elements: Element) -> None:
        for element in elements:
            for request in r.write_tag(encode((element,)), printed=False):
                self.call(request)

    def close(self, form: int = 1, amount: int = 0) -> None:
        self.call(r.CloseReceipt(0, form, amount))

    def receipt(self, price: int = 10000, **more: Any) -> None:
        """One position, paid in cash."""
        self.open()
        self.sell(price, **more)
        self.close()

    def read_back(self, number: int) -> tuple[int, bytes]:
        """Code and TLV of a document, as a host reads them."""
        begun = self.call(d.BeginTlv(number))
        data = b""
        while len(data) < begun.size:
            data += self.call(d.ReadTlv()).data
        return begun.code, data


def end_item(price: int = 10000, quantity: str = "1", **more: Any) -> r.EndItem:
    given: dict[str, Any] = {"flags": 0, "sum": 0, "tax": VAT10, "tax_sum": 0, "section": 1, "object": 1, "method": 4}
    given |= {"sign": 0, "discount": 0, "name": "Молоко 1л"} | more
    return r.EndItem(price=price, quantity=Decimal(quantity), reserved=b"\0\0", **given)
