"""Orders over a whole emulated shop in one process, killed at any commit and started again on the same disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from emulated_house import EmulatedHouse
from order_play import rub

from devices.errors import GatewayError
from emulator.records import DocumentRecord
from gateway.orders.goods import Line
from gateway.orders.log import Put
from gateway.orders.order import Event, Paid
from gateway.orders.policy import Policy
from gateway.orders.service import Orders
from gateway.orders.words import Means, OrderType
from gateway.shop import Shop
from protocols.ffd.numbers import T
from protocols.ffd.tlv import decode


class OrderHouse(EmulatedHouse):
    """`orders` lives and dies with the shop."""

    orders: Orders

    async def start(self, **mortal: int) -> Shop:
        shop = await super().start(**mortal)
        self.orders = Orders(shop, now=self.now)
        await self.orders.start()
        return shop

    async def kill(self) -> None:
        for task in list(self.orders._tasks.running):
            task.cancel()
        await asyncio.gather(*self.orders._tasks.running, return_exceptions=True)
        await super().kill()

    async def stop(self) -> None:
        await self.orders.stop()
        await super().stop()

    async def put(self, *lines: Line, number: str = "1001", version: int | None = None, **policy: Any) -> None:
        await self.orders.put(
            number,
            Put(
                at=self.now(),
                type=OrderType.GOODS,
                lines=lines,
                remote=False,
                common='{"taxation":"osn"}',
                policy=Policy(**policy),
            ),
            version=version,
        )

    async def happens(self, event: Event, number: str = "1001") -> None:
        await self.orders.happen(number, event, repr(event))

    def totals(self) -> list[str]:
        """What the drive holds: operation, total and its money tags, document by document."""
        return [_told(record) for record in self.receipts()]


async def killed_and_restarted(house: OrderHouse, calls: Callable[[OrderHouse], Awaitable[None]], **when: int) -> None:
    """A life that ends at the commit `before` or `after`, and another one; the callers say everything in both."""
    await house.start(**when)
    calling = asyncio.ensure_future(calls(house))
    dying = asyncio.create_task(house.died.wait())
    await asyncio.wait({calling, dying}, timeout=600, return_when=asyncio.FIRST_COMPLETED)
    for task in (calling, dying):
        task.cancel()
    with suppress(asyncio.CancelledError, GatewayError):
        await calling
    await house.kill()
    await house.start()
    await calls(house)


def paid(**sums: str) -> tuple[Paid, ...]:
    return tuple(Paid(Means(name), rub(amount)) for name, amount in sums.items())


def _told(record: DocumentRecord) -> str:
    (document,) = decode(record.tlv)
    told = {element.tag: element.value for element in document.value if isinstance(element.value, int)}  # type: ignore[union-attr]
    operation = "sell_refund" if told[T.SETTLEMENT_SIGN] == 2 else "sell"
    money = [f"{tag} {told[tag]}" for tag in (1031, 1081, 1215, 1216) if told.get(tag)]
    return f"{operation}: {', '.join(money)}"
