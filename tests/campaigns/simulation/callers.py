"""Hostile callers: they repeat, hang up, post twice at once, change the content of a key, cancel and retry."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from devices.errors import GatewayError
from gateway.jobs.model import FINAL_STATES, JobState, NewJob
from gateway.journal import IllegalTransition, JournalFailed, KeyConflict, UnknownJob
from gateway.shop import Draining, QueueFull
from simulation.houses import Dead, House
from simulation.orders import Order
from simulation.world import World

#: What makes a caller come back with the same key; seconds until then.
_COME_BACK = (Dead, QueueFull, Draining, JournalFailed)
_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
#: Seconds a caller waits for an answer before it hangs up.
_PATIENCE = (0.0, 0.0, 0.5, 5.0, 60.0)


class Caller:
    """Posts orders, one task each."""

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self.complaints: list[str] = []

    async def post(self, order: Order) -> None:
        """See one order through until it is accepted, or given up on purpose."""
        rng, world = self._rng, self._world
        house = world.houses[order.house]
        world.orders[order.house, order.id] = order
        order.posted_at = world.hits[order.new.register]
        world.story.tell("caller", f"posts {order.id} to {order.house} {order.new.register} {order.new.body}")
        manner = rng.random()
        if manner < 0.12:
            await self._hang_up(house, order)
            if rng.random() < 0.3:
                return  # never comes back: it may exist or not
        elif manner < 0.2:
            again = asyncio.create_task(self._until_accepted(house, order))
            await self._until_accepted(house, order)
            await again
        if not await self._until_accepted(house, order):
            return
        if manner > 0.95:
            await self._meddle(house, order)
        patience = rng.choice(_PATIENCE)
        if patience:
            with suppress(Dead, UnknownJob):
                await house.call(lambda shop: shop.wait(order.id, patience))

    async def other_content(self, order: Order, new: NewJob) -> None:
        """One key, two contents: whichever is there first stays."""
        house = self._world.houses[order.house]
        self._world.story.tell("caller", f"posts other content under {order.id}")
        order.contested = True
        try:
            await house.call(lambda shop: shop.submit(new))
        except (*_COME_BACK, KeyConflict):
            return
        if order.accepted:
            self.complaints.append(f"{house.name}: other content was accepted under the key {order.id}")

    async def _until_accepted(self, house: House, order: Order) -> bool:
        """False: the key belongs to other content."""
        new = order.new
        pause = _PAUSE
        while True:
            try:
                job, _ = await house.call(lambda shop: shop.submit(new))
            except _COME_BACK:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except KeyConflict:
                if order.accepted or not order.contested:
                    self.complaints.append(f"{house.name}: {new.id} is refused for a conflict that there is not")
                return False
            else:
                order.accepted = True
                if job.digest != new.digest:
                    self.complaints.append(f"{house.name}: {new.id} was answered with other content")
                return True

    async def _hang_up(self, house: House, order: Order) -> None:
        posting = asyncio.create_task(house.call(lambda shop: shop.submit(order.new)))
        await asyncio.sleep(self._rng.choice((0.0, 0.0, 0.001, 0.01)))
        posting.cancel()
        with suppress(asyncio.CancelledError, KeyConflict, *_COME_BACK):
            await posting

    async def _meddle(self, house: House, order: Order) -> None:
        """Cancel it, or try it again once it failed."""
        await asyncio.sleep(self._rng.choice((0.0, 0.01, 0.5)))
        try:
            job = await house.call(lambda shop: shop.cancel(order.id))
            self._world.story.tell("caller", f"cancelled {order.id}")
            if job.state is not JobState.CANCELLED:
                self.complaints.append(f"{house.name}: {order.id} was cancelled and is {job.state}")
        except IllegalTransition:
            with suppress(GatewayError, Dead):
                job = await house.call(lambda shop: shop.wait(order.id, 30))
                if job.state not in FINAL_STATES or job.state is JobState.FAILED:
                    await house.call(lambda shop: shop.retry(order.id))
        except (*_COME_BACK, UnknownJob):
            return
