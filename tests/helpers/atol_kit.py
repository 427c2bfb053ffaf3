"""An emulated ATOL register on the bench: a clock to turn, commands as dataclasses, documents as tags."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from register_bench import RegisterBench

from emulator.registers.atol.register import AtolRegister
from protocols.atol.commands import DeviceRefusal, answer_to, encode_request
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.registers import value_of
from protocols.atol.statuses import Mode
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, encode

VAT20, VAT10, VAT0, NO_VAT = 1, 2, 5, 6


class AtolBench(RegisterBench):
    """ФФД 1.05 unless told otherwise; what else the bench takes is `RegisterBench`'s."""

    refusal = DeviceRefusal

    def __init__(self, ffd: FfdVersion = FfdVersion.V1_05, **more: Any) -> None:
        super().__init__(AtolRegister, ffd, **more)

    def call(self, request: Any) -> Any:
        return answer_to(request, self.register.execute(encode_request(request)))

    def extended(self) -> Any:
        return self.read(55)

    def read(self, number: int, first: int = 0, second: int = 0) -> Any:
        return value_of(number, self.call(s.ReadRegister(number, first, second)).value)

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
