"""An emulated Пирит register on the bench: a clock to turn, commands as dataclasses, documents as tags."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from register_bench import RegisterBench

from emulator.registers.pirit.register import PiritRegister
from protocols.ffd.enums import FfdVersion, Vat
from protocols.pirit.commands import COMMANDS, DeviceRefusal, encode_request, parse_reply
from protocols.pirit.commands import drive as d
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands import state as st
from protocols.pirit.device import message_of
from protocols.pirit.fields import Cashier
from protocols.pirit.framing import PASSWORD, Reply, Request
from protocols.pirit.vat import BY_VAT

CASHIER = Cashier("Иванова А. А.")
SALE, REFUND, CASH_IN, CASH_OUT, BUY, BUY_REFUND = 2, 3, 4, 5, 6, 7
PACKET, NO_PRINT = 0x10, 0x80
CASH, CARD, PREPAID, CREDIT, OTHER = 0, 1, 13, 14, 15


class PiritBench(RegisterBench):
    """ФФД 1.2 unless told otherwise; `silent` says that nothing was answered, `begun` that work was begun."""

    refusal = DeviceRefusal

    def __init__(self, ffd: FfdVersion = FfdVersion.V1_2, *, begun: bool = True, **more: Any) -> None:
        super().__init__(PiritRegister, ffd, **more)
        self.ffd = ffd
        if begun:
            self.begin()

    def raw(self, request: Any, *, payload: bytes | None = None, password: bytes = PASSWORD) -> bytes:
        """The executor's answer to a request."""
        frame = encode_request(0x20, request, ffd=self.ffd, password=password)
        return self.register.execute(message_of(frame, payload))

    def call(self, request: Any, *, payload: bytes | None = None, password: bytes = PASSWORD) -> Any:
        answer = self.raw(request, payload=payload, password=password)
        reply = Reply(0x20, int(answer[:2], 16), int(answer[2:4], 16), answer[4:])
        return parse_reply(COMMANDS.of(type(request)), reply)

    def sent(self, command: int, data: bytes, *, password: bytes = PASSWORD) -> int:
        """The error number that raw fields are answered with."""
        return int(self.register.execute(message_of(Request(0x20, command, data, password)))[2:4], 16)

    def why(self) -> int:
        """Extended code of the last refusal."""
        return int(self.call(st.ExtendedError()).number)

    def silent(self, request: Any) -> bool:
        return self.raw(request) == b""

    def begin(self) -> None:
        self.call(st.BeginWork(self.at.replace(tzinfo=None)))

    @property
    def state(self) -> tuple[int, int]:
        """Type and state of the document."""
        value = self.call(st.Status()).document
        return value & 15, value >> 4

    @property
    def flags(self) -> int:
        return int(self.call(st.Status()).flags)

    def open_shift(self) -> None:
        self.call(s.OpenShift(CASHIER))

    def close_shift(self) -> None:
        self.call(s.CloseShift(CASHIER))

    def open(self, mode: int = SALE, **more: Any) -> None:
        given: dict[str, Any] = {"operator": CASHIER, "number": None, "taxation": 0}
        self.call(r.OpenDocument(mode, 1, **(given | more)))

    def sell(self, price: int = 10000, quantity: str = "1", vat: Vat = Vat.VAT10, **more: Any) -> Any:
        given: dict[str, Any] = {"unit": "0"} if self.ffd is FfdVersion.V1_2 else {}
        name = more.pop("name", "Молоко 1л")
        return self.call(r.AddItem(name, "", Decimal(quantity), price, BY_VAT[vat].row, **(given | more)))

    def pay(self, amount: int, kind: int = CASH) -> None:
        self.call(r.Payment(kind, amount))

    def close(self, **more: Any) -> Any:
        return self.call(r.CloseDocument(2, **more))

    def receipt(self, price: int = 10000, mode: int = SALE, **more: Any) -> Any:
        """One item, paid in cash."""
        self.open(mode)
        return self.receipt_of_open(price, **more)

    def receipt_of_open(self, price: int = 10000, **more: Any) -> Any:
        """The open receipt, with one item more, paid in cash."""
        self.sell(price, **more)
        self.pay(price)
        return self.close()

    def read_back(self, number: int) -> tuple[int, bytes]:
        """Code and TLV of a document, as a host reads them."""
        begun = self.call(d.SelectDocument(number))
        data = b""
        while len(data) < begun.size:
            data += self.call(d.ReadTlv()).data
        return begun.code, data
