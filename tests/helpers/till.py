"""A driver on an emulated register, in one process and virtual time, and a worker who sells exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from devices.errors import DeviceError, LinkError, NeedsOperator, ProtocolError, Retryable
from devices.links.pair import PairLink
from devices.links.trace import Direction, TracingLink
from devices.registers.base import Bookmark, Outcome, Register
from devices.registers.factory import FAMILIES, create
from devices.registers.settle import Exists, Wanted, settle
from emulator.faults import Fault, FaultKind
from emulator.place import EmulatedRegister
from emulator.plans import Plan, RegisterPlan
from emulator.records import DocumentRecord
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.ffd.enums import FfdVersion, Operation, PaymentMethod, PaymentObject, Taxation, Vat
from protocols.ffd.receipt import Cashier, Customer, Item, Payments, Receipt

MOSCOW = ZoneInfo("Europe/Moscow")
OPENING_TIME = datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW)
CASHIER = Cashier(name="Иванова А. А.", inn="500100732259")


def item(name: str = "Чай", price: int = 12_345, quantity: str = "1", **other: Any) -> Item:
    amount = Decimal(quantity)
    values: dict[str, Any] = {
        "vat": Vat.VAT22,
        "payment_method": PaymentMethod.FULL_PAYMENT,
        "payment_object": PaymentObject.COMMODITY,
        "sum": int(price * amount + Decimal("0.5")),
    }
    return Item(name=name, price=price, quantity=amount, **(values | other))


def receipt(*items: Item, **other: Any) -> Receipt:
    lines = items or (item(),)
    total = sum(line.sum for line in lines)
    values: dict[str, Any] = {
        "operation": Operation.SELL,
        "taxation": Taxation.OSN,
        "payments": Payments(cash=total),
        "cashier": CASHIER,
        "customer": Customer(email="buyer@example.ru"),
    }
    return Receipt(items=lines, **(values | other))


class Till:
    """The driver, the register behind it, and what went over the wire (`frames`: Shtrih-M's)."""

    def __init__(self, shop: Shop, family: str, options: Mapping[str, str], timeouts: Mapping[str, float]) -> None:
        self.shop = shop
        self.options = options
        self.emulated: EmulatedRegister = shop.registers["kkt-1"]
        self.frames: list[bytes] = []
        self.on_frame: Callable[[bytes], None] = lambda frame: None  # just before it is sent
        web = FAMILIES[family].web
        self.link = TracingLink(PairLink(self.emulated.connect, name="pair:kkt-1", web=web), self._seen)
        self.driver: Register = create(family, self.link, zone=MOSCOW, options=options, timeouts=timeouts)

    def _seen(self, direction: Direction, data: bytes, at: float) -> None:
        if direction is Direction.SENT and data[:1] == b"\x02":
            self.frames.append(data)
            self.on_frame(data)

    def fault(self, kind: FaultKind, command: int | None = None, **other: Any) -> None:
        self.emulated.faults.add(Fault(kind=kind, command=command, **other))

    def documents(self, first: int = 1) -> list[DocumentRecord]:
        return self.emulated.documents(first)

    @property
    def device(self) -> Any:
        return self.emulated.device

    async def perform(self, wanted: Wanted, act: Any, *, tries: int = 60) -> Outcome | None:
        """As the gateway's worker does it: act once, and after anything but success ask what became of it."""
        for _ in range(tries):
            bookmark = await self._until(self._bookmark)
            failure: Exception | None = None
            try:
                return await act()
            except (LinkError, ProtocolError, DeviceError) as error:
                failure = error
            settled = await self._until(lambda bookmark=bookmark: settle(self.driver, bookmark, wanted))
            if isinstance(settled, Exists):
                return settled.outcome
            if isinstance(failure, DeviceError) and not isinstance(failure, (NeedsOperator, Retryable)):
                raise failure
            await asyncio.sleep(0.1)
        raise AssertionError(f"not done after {tries} tries: {failure}")

    async def _bookmark(self) -> Bookmark:
        return await self.driver.bookmark(counters=True)

    async def sell(self, wanted: Receipt) -> Outcome:
        outcome = await self.perform(wanted, lambda: self.driver.fiscalise(wanted))
        assert outcome is not None
        return outcome

    async def _until(self, ask: Any) -> Any:
        for _ in range(200):
            try:
                return await ask()
            except (LinkError, ProtocolError, NeedsOperator, Retryable) as error:
                last = error
                await asyncio.sleep(0.1)
                if isinstance(error, (LinkError, ProtocolError)) and ask == self._bookmark:
                    await self._until(self.driver.connect)
        raise AssertionError(f"the register did not come back: {last}")


@asynccontextmanager
async def till(
    *,
    family: str = "shtrih",
    ffd: FfdVersion = FfdVersion.V1_2,
    shift: bool = True,
    real_speed: bool = False,
    quirks: frozenset[str] = frozenset(),
    start: datetime = OPENING_TIME,
    options: Mapping[str, str] | None = None,
    timeouts: Mapping[str, float] | None = None,
    seed: int = 1,
    oism: bool = False,
) -> AsyncIterator[Till]:
    """A connected till, its shift open unless told otherwise. The shop's clock is the loop's.

    `oism`: the shop has a marking system, else no code can be checked online.
    """
    clock = Clock(start, local=MOSCOW, ticks=asyncio.get_running_loop().time)
    settings = Settings(ffd=ffd, quirks=quirks, real_speed=real_speed)
    plan = Plan(registers=(RegisterPlan(settings=settings, family=family),), with_oism=oism)
    shop = Shop(plan, clock=clock, random=Random(seed))
    await shop.start()
    made = Till(shop, family, options or {}, timeouts or {})
    try:
        await made.driver.connect()
        if shift:
            await made.driver.open_shift(CASHIER)
        made.frames.clear()
        yield made
    finally:
        await made.driver.close()
        await shop.close()
