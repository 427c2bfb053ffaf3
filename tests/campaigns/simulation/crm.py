"""A program that leads orders: it says what happened, repeats what it got no answer to, and minds what fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from devices.errors import GatewayError
from gateway.jobs.model import FINAL_STATES, JobState
from gateway.journal import IllegalTransition, JournalFailed, UnknownJob
from gateway.journal.orders import OrderMoved
from gateway.orders.accept import accept_event, accept_order
from gateway.orders.book import Book, DocumentState
from gateway.orders.picking import picked
from gateway.orders.policy import Policy
from gateway.orders.schema import DocumentBody, ScanBody
from gateway.orders.service import EventConflict, Orders, StaleOrder
from gateway.orders.words import Rejected
from gateway.receipts.faults import BodyFaults
from gateway.shop import Draining
from simulation import chains
from simulation.chains import Chain, Said, Wishes
from simulation.houses import Dead, House
from simulation.units import Units

if TYPE_CHECKING:
    from simulation.world import World

T = TypeVar("T")

#: What makes it say the same again; seconds until then.
_COME_BACK = (Dead, Draining, JournalFailed, OrderMoved)
_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
#: Virtual seconds within which the orders of a world begin.
_BEGIN = 120.0
#: Seconds between two looks at an order, and how long its next document may say nothing.
_LOOK, MUTE = 20.0, 120.0
#: How often a person tries a failed document again before giving it up in good weather.
_TRIES = 2


class Crm:
    """One task each order; `complaints` are answers that may not be."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.chains: list[Chain] = []
        self.complaints: list[str] = []
        self.mute: dict[str, str] = {}  # by order
        self.tasks: list[asyncio.Task[None]] = []
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        world = self._world
        rng = Random(f"{world.seed}/crm")
        assert world.shop.oism is not None
        units, spare = Units(rng, world.shop.oism.book.put, chains.FIRST_UNIT), list[str]()
        for place in range(world.conditions.chains):
            house = rng.choice(list(world.houses.values()))
            chain = Chain(
                f"order-{place + 1}", house.name, rng.choice(house.registers), chains.policy(rng), rng.random() < 0.1
            )
            self.chains.append(chain)
            own = Random(f"{world.seed}/crm/{chain.number}")
            life = _Life(world, chain, own, Wishes(chain, own, units, spare), self.complaints)
            self.tasks.append(asyncio.create_task(life.live(), name=chain.number))
        if self.chains:
            self._watching = asyncio.create_task(self._watch(), name="orders watched")

    async def through(self, seconds: float) -> None:
        """Until every order has been led to its end, for so long at most."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds)

    def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        """Whatever the weather: an order with a document to make moves, or says why it does not."""
        since: dict[str, tuple[object, float]] = {}
        world = self._world
        while True:
            await asyncio.sleep(_LOOK)
            now = world.loop.time() - world.loop.stalled
            for chain in self.chains:
                house = world.houses[chain.house]
                if not house.alive or chain.put is None:
                    since.pop(chain.number, None)
                    continue
                book = await house.orders.get(chain.number)
                head = book.head
                job = None if head is None else await house.journal.get(head.document.id)
                if head is None or head.document.by_bank or (job is not None and job.state not in FINAL_STATES):
                    since.pop(chain.number, None)  # the bank's, or its job says why
                    continue
                seen = (house.lives, head.document.id, head.state, job and (job.state, job.attempts))
                before, began = since.get(chain.number, (None, now))
                if seen != before:
                    since[chain.number] = seen, now
                elif now - began > MUTE and house.alive and not house.orders.attention(book):
                    what = f"{head.document.id} is {head.state}, its job {job and job.state}, and nobody is told"
                    self.mute.setdefault(chain.number, f"{house.name} {chain.number}: {what}")


class _Life:
    """One order, from its first PUT to its last word."""

    def __init__(self, world: World, chain: Chain, rng: Random, wishes: Wishes, complaints: list[str]) -> None:
        self._world = world
        self._chain = chain
        self._rng = rng
        self._wishes = wishes
        self._complaints = complaints
        self._body: dict[str, Any] = {}
        self._tried: dict[str, int] = {}  # documents that a person retried

    async def live(self) -> None:
        rng, chain = self._rng, self._chain
        await asyncio.sleep(rng.uniform(0.0, _BEGIN))
        self._body = self._wishes.composition()
        while not await self._put(self._body):
            self._body = self._wishes.composition()
        for number in range(1, rng.choice((4, 7, 10, 14)) + 1):
            book = await self._see()
            if book.order.cancelled or (book.order.settled and rng.random() < 0.3):
                break
            await self._step(f"e{number}", book)
            if rng.random() < 0.6:
                await self._ask(lambda orders: orders.wait(chain.number, rng.choice((1.0, 5.0, 60.0))))
            else:
                await asyncio.sleep(rng.choice((0.0, 0.0, 0.01, 1.0, 20.0)))
            if rng.random() < 0.5:
                await self._mind(await self._see(), patient=False)
        chain.over = True
        while (book := await self._see()).head is not None:
            await self._mind(book, patient=True)
            await asyncio.sleep(rng.choice((1.0, 5.0, 15.0)))

    # --- what it does next

    async def _step(self, name: str, book: Book) -> None:
        rng, wishes = self._rng, self._wishes
        manner = rng.random()
        if manner < 0.15:
            await self._edit()
            return
        if manner < 0.25:
            for scan in wishes.scans(book.order):
                await self._scan(scan)
            return
        told = wishes.event(name, book)
        if (said := self._meant(told)) is None:
            return
        if manner < 0.35:
            with suppress(*_COME_BACK):
                await self._house.call(lambda _: self._planned(said))
        if manner > 0.85:  # two things at once: which comes first is chance
            other = self._meant(wishes.event(f"{name}b", book))
            also = [self._tell(other)] if other is not None else []
            await asyncio.gather(self._tell(said), *also)
            return
        if manner > 0.75:
            await self._hang_up(said)
        if manner > 0.7:
            await asyncio.gather(self._tell(said), self._tell(said))
            return
        await self._tell(said)
        if manner > 0.6:
            await self._again()
        elif manner > 0.55:
            await self._other_content(said, self._wishes.other(told))

    def _meant(self, told: dict[str, Any]) -> Said | None:
        """An event that the gateway's first look lets pass."""
        try:
            event, digest = accept_event(told)
        except BodyFaults:
            return None
        assert not isinstance(event, DocumentBody)
        said = Said(event, digest)
        self._chain.said[event.id] = said
        self._tale(f"says {told}")
        return said

    async def _edit(self) -> None:
        body = self._wishes.edited(self._body)
        version = None
        if self._rng.random() < 0.3:
            version = (await self._see()).version - (self._rng.random() < 0.2)
        if await self._put(body, version):
            self._body = body

    async def _again(self) -> None:
        """Something said long ago is said once more."""
        said = self._rng.choice(list(self._chain.said.values()))
        if not said.refused:  # what was refused then may be allowed by now: it would be another event
            await self._tell(said)

    # --- calls

    @property
    def _house(self) -> House:
        return self._world.houses[self._chain.house]

    async def _ask(self, what: Callable[[Orders], Awaitable[T]]) -> T:
        """Say it until there is an answer."""
        house, pause = self._house, _PAUSE
        while True:
            try:
                return await house.call(lambda _: what(house.orders))
            except _COME_BACK:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _see(self) -> Book:
        return await self._ask(lambda orders: orders.current(self._chain.number))

    async def _put(self, body: dict[str, Any], version: int | None = None) -> bool:
        """True when it was accepted."""
        number = self._chain.number
        self._tale(f"puts {body} version {version}")
        try:
            put, _ = accept_order(body, number, self._house.now, Policy())
        except BodyFaults as error:
            self._tale(f"hears {error.faults}")
            return False
        try:
            book, _ = await self._ask(lambda orders: orders.put(number, put, version=version))
        except (Rejected, StaleOrder) as error:
            if version is not None and isinstance(error, StaleOrder):
                # Its answer may have been lost: then it is this very PUT that made the version old.
                book = await self._see()
                if not book.differs(put):
                    self._chain.put = put
                    return True
            self._tale(f"hears {error}")
            return False
        self._chain.put = put
        if book.differs(put):
            self._complain(f"a PUT was accepted, and the order is another: {book.order.lines}")
        return True

    async def _tell(self, said: Said) -> None:
        number = self._chain.number
        said.sent = True
        try:
            book = await self._ask(lambda orders: self._happens(orders, said))
        except EventConflict:
            if not said.contested:
                self._complain(f"event {said.event.id} is refused for a conflict that there is not")
        except Rejected as error:
            self._tale(f"{said.event.id} is refused: {error}")
            if said.accepted:
                self._complain(f"event {said.event.id} was accepted and is refused later: {error}")
            said.refused = said.refused or error.code
        else:
            self._tale(f"{said.event.id} is accepted")
            said.accepted = True
            if book.events.get(said.event.id) != said.digest:
                self._complain(f"event {said.event.id} was answered, and order {number} does not know it")

    async def _happens(self, orders: Orders, said: Said) -> Book:
        """As the API does: what has been heard of its documents goes before."""
        await orders.current(self._chain.number)
        return await orders.happen(self._chain.number, said.event, said.digest)

    async def _planned(self, said: Said) -> None:
        with suppress(Rejected):
            await self._house.orders.plan(self._chain.number, said.event, said.digest)

    async def _hang_up(self, said: Said) -> None:
        said.sent = True
        telling = asyncio.create_task(self._house.call(lambda _: self._happens(self._house.orders, said)))
        await asyncio.sleep(self._rng.choice((0.0, 0.0, 0.001, 0.01)))
        telling.cancel()
        with suppress(asyncio.CancelledError, Rejected, *_COME_BACK):
            await telling

    async def _other_content(self, said: Said, told: dict[str, Any]) -> None:
        event, digest = accept_event(told)
        assert not isinstance(event, DocumentBody)
        if digest == said.digest or not said.accepted:
            return
        try:
            await self._house.call(lambda _: self._house.orders.happen(self._chain.number, event, digest))
        except (*_COME_BACK, EventConflict):
            return
        except Rejected as error:
            self._complain(f"event {event.id} with other content is judged as if it was new: {error}")
        else:
            self._complain(f"event {event.id} was accepted with two contents")

    async def _scan(self, told: dict[str, Any]) -> None:
        scan, now = ScanBody.model_validate(told), self._house.now
        self._tale(f"scans {told}")
        with suppress(Rejected):
            await self._ask(
                lambda orders: orders.scan(
                    self._chain.number,
                    lambda book: picked(book.order, scan.code, scan.item, now(), remove=scan.remove),
                )
            )

    # --- what fails, and what the bank's till makes

    async def _mind(self, book: Book, *, patient: bool) -> None:
        """A person looks after the document that the order stands at, or the bank's till has made its own."""
        head = book.head
        if head is None:
            return
        name = head.document.id
        if head.document.by_bank:
            await self._bank(name)
        elif head.state is DocumentState.FAILED:
            tries = self._tried.get(name, 0)
            self._tried[name] = tries + 1
            await self._decide(name, give_up=tries >= _TRIES or (not patient and self._rng.random() < 0.3))
        elif not patient and self._rng.random() < 0.15:  # nobody waits for its register any more
            await self._decide(name, give_up=True)

    async def _decide(self, name: str, *, give_up: bool) -> None:
        self._tale(f"{'gives up' if give_up else 'retries'} {name}")
        try:
            job = await self._house.call(lambda shop: (shop.cancel if give_up else shop.retry)(name))
        except _COME_BACK:
            return
        except UnknownJob:
            with suppress(Rejected):
                await self._ask(lambda orders: orders.record(self._chain.number, name, None))
        except (IllegalTransition, GatewayError) as error:
            self._tale(f"hears {error}")
        else:
            if give_up and job.state is not JobState.CANCELLED:
                self._complain(f"{name} was given up and is {job.state}")

    async def _bank(self, name: str) -> None:
        rng, chain = self._rng, self._chain
        if name not in chain.by_bank and rng.random() < 0.3:
            fiscal = None
        else:
            number = chain.by_bank.setdefault(name, int(chain.number.rpartition("-")[2]) * 1000 + len(chain.by_bank))
            fiscal = {"fn": "9999078900009999", "document": number, "sign": number}
        with suppress(Rejected):  # said again after a lost answer
            await self._ask(lambda orders: orders.record(chain.number, name, fiscal))

    # --- inside

    def _tale(self, text: str) -> None:
        self._world.story.tell(self._chain.number, text)

    def _complain(self, text: str) -> None:
        self._complaints.append(f"{self._chain.house} {self._chain.number}: {text}")
