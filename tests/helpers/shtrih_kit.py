"""An emulated Shtrih-M register on the bench: a clock to turn, commands as dataclasses, documents as tags."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from register_bench import RegisterBench

from emulator.registers.shtrih.register import ShtrihRegister
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, encode, find
from protocols.shtrih.commands import DeviceRefusal, answer_to, encode_request
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t

ADMIN = 30
VAT10, VAT0, NO_VAT, VAT20, VAT22 = 2, 4, 8, 1, 0xCB
OSN = 1


class Bench(RegisterBench):
    """ФФД 1.2 unless told otherwise; what else the bench takes is `RegisterBench`'s."""

    refusal = DeviceRefusal

    def __init__(self, ffd: FfdVersion = FfdVersion.V1_2, **more: Any) -> None:
        super().__init__(ShtrihRegister, ffd, **more)

    def call(self, request: Any) -> Any:
        return answer_to(request, self.register.execute(encode_request(request)))

    @property
    def mode(self) -> int:
        return self.call(s.ShortStatus(ADMIN)).mode

    @property
    def submode(self) -> int:
        return self.call(s.ShortStatus(ADMIN)).submode

    def setting(self, table: int, field: int, value: int, row: int = 1, size: int = 1) -> None:
        self.call(t.WriteTable(ADMIN, table, row, field, value.to_bytes(size, "little")))

    def money(self, number: int) -> int:
        return self.call(t.ReadMoney(ADMIN, number)).value

    def counter(self, number: int) -> int:
        return self.call(t.ReadCounter(ADMIN, number)).value

    def open_shift(self) -> None:
        self.call(r.OpenShift(ADMIN))

    def sell(self, price: int = 10000, **more: Any) -> None:
        self.call(item(price, **more))

    def close(self, cash: int = 0, **more: Any) -> Any:
        return self.call(closing(cash, **more))

    def receipt(self, price: int = 10000, **more: Any) -> Any:
        """One item, paid in cash."""
        self.sell(price, **more)
        return self.close(price)

    def tag(self, *elements: Element) -> None:
        self.call(d.SendTlv(ADMIN, encode(elements)))


def item(price: int = 10000, quantity: str = "1", **more: Any) -> o.OperationV2:
    given = {"operation": 1, "sum": None, "tax_sum": None, "tax": VAT10, "department": 1, "method": 4, "object": 1}
    given |= {"name": "Молоко 1л"} | more
    return o.OperationV2(password=given.pop("password", ADMIN), quantity=Decimal(quantity), price=price, **given)


def closing(cash: int = 0, electronic: int = 0, **more: Any) -> o.CloseReceiptV2:
    """`forms` {14: kopecks} adds payment forms; `taxes` are the six sums of the host."""
    forms = {1: cash, 2: electronic} | more.pop("forms", {})
    payments = tuple(forms.get(form, 0) for form in range(1, 17))
    given = {"rounding": 0, "taxes": (0,) * 6, "taxation": OSN, "closing": ("", ())} | more
    return o.CloseReceiptV2(given.pop("password", ADMIN), payments, **given)


def value(elements: tuple[Element, ...], *path: int) -> Any:
    """Value of a tag down a path; None when it is not there."""
    found: Any = elements
    for tag in path:
        element = find(found, tag)
        if element is None:
            return None
        found = element.value
    return found


def flat(elements: tuple[Element, ...]) -> dict[int, Any]:
    return {element.tag: element.value for element in elements}
