"""One seed: a world is made, lived in, mended and judged."""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import structlog
from campaign_families import FAMILIES, USUAL, Family

from devices.errors import GatewayError, RequestError
from emulator.faults import Fault, FaultKind
from gateway.jobs import bodies
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.jobs.register import RegisterSnapshot
from simulation import chained
from simulation.callers import Caller
from simulation.crm import Crm
from simulation.doubts import justified
from simulation.houses import Dead, House
from simulation.judge import SPOILT, Finding, gather, judge, total_of
from simulation.loop import RunsInCircles, SeededLoop
from simulation.orders import RECEIPTS, Orders
from simulation.story import Story
from simulation.weather import Weather
from simulation.world import Conditions, World, draw

#: Virtual seconds in good weather after which every job has its last word, and the OFD every document.
PATIENCE = 7200.0
#: Virtual seconds after which the next job of a register must have said why it waits.
MUTE = 120.0
#: Virtual seconds that the bad times may go on for orders whose lives are longer than the other callers'.
STORM = 900.0
#: Seconds for which two gateways on one register may struggle in good weather.
CONTEST = 600.0
#: Where a directory costs no disk.
MEMORY = Path("/dev/shm")


@dataclass(slots=True)
class Result:
    """What one seed came to."""

    seed: int
    digest: str = ""
    events: int = 0
    conditions: str = ""
    jobs: Counter[str] = field(default_factory=Counter)
    chains: Counter[str] = field(default_factory=Counter)  # orders, their accepted events, their documents …
    receipts: int = 0  # receipts and corrections that have their last word
    faulted: int = 0  # of them: something struck their register or gateway between posting and last word
    in_hand: int = 0  # of them: while the receipt itself was being worked on or posted
    struck: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    lived: float = 0.0  # seconds of the shop's clock
    spoilt: list[Finding] = field(default_factory=list)  # on the wire, and told: no faults
    findings: list[Finding] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


def live(seed: int, *, family: str = USUAL, story: bool = False) -> Result:
    """Live one seed in a world of one family's registers; the same gives the same result, event for event."""
    result = Result(seed)
    directory = Path(tempfile.mkdtemp(prefix="simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    rng = Random(f"{seed}/loop")
    try:
        with (
            _uncollected(),
            _listening() as complaints,
            asyncio.Runner(loop_factory=lambda: SeededLoop(rng)) as runner,
        ):
            try:
                runner.run(_live(seed, FAMILIES[family], directory, result, keep=story))
            except RunsInCircles as error:
                result.findings.append(Finding("silent", str(error)))
        result.findings += [Finding("wrong", one) for one in complaints]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return result


@contextmanager
def _uncollected() -> Iterator[None]:
    """A life is short and its memory is small: looking for cycles in the midst of it costs a sixth of the processor."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
        gc.collect()


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Log lines go nowhere; exceptions that somebody caught only to log them are findings."""
    complaints: list[str] = []

    def listen(_: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event.get("exc_info"):
            complaints.append(f"{event.get('event')}: {sys.exc_info()[1]!r}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[listen], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield complaints
    finally:
        structlog.configure(**before)


async def _live(seed: int, family: Family, directory: Path, result: Result, *, keep: bool) -> None:
    rng = Random(f"{seed}/plan")
    conditions = draw(seed, rng, family)
    story = Story(asyncio.get_running_loop().time, family.name, keep=keep)
    result.story = story.lines
    result.conditions = str(conditions)
    story.tell("world", result.conditions)
    world = World(seed, conditions, directory, story)
    weather = Weather(world, rng)
    caller = Caller(world, rng)
    crm = Crm(world)
    await world.begin()
    crm.begin()
    mute: dict[str, Finding] = {}
    watch = asyncio.create_task(_watch(world, mute))
    posting = await _bad_times(world, weather, caller, crm, rng)
    watch.cancel()
    weather.clear()
    findings = [*mute.values(), *await _good_times(world, caller, posting, result)]
    crm.end()
    findings += await judge(world, caller)
    findings += [Finding(*one) for one in await chained.judged(world, await gather(world), crm)]
    await _count(world, result)
    result.chains = await chained.counted(world, crm)
    result.findings = [one for one in findings if one.kind != SPOILT]
    result.spoilt = [one for one in findings if one.kind == SPOILT]
    for finding in findings:
        story.tell("judge", str(finding))
    result.struck = Counter(world.struck)
    result.lived = world.lived.total_seconds()
    await world.end()
    result.digest, result.events = story.digest, story.events


async def _bad_times(world: World, weather: Weather, caller: Caller, crm: Crm, rng: Random) -> list[asyncio.Task[None]]:
    assert world.shop.oism is not None
    orders = Orders(rng, now=world.now, manual=world.conditions.manual, put=world.shop.oism.book.put)
    houses = list(world.houses.values())

    def on_taken(house: House, register: str) -> None:
        for _ in range(_misfortunes(world.conditions, rng)):
            weather.strike(register)

    def on_fault(register: str, fault: Fault) -> None:
        if fault.kind is FaultKind.CLOCK_LOST:  # the cashier sets it, or a technician
            house = rng.choice(world.house_of(register))
            order = orders.make(house.name, register, JobKind.SET_CLOCK)
            seconds = rng.choice((0.5, 5.0))
            posting.append(asyncio.create_task(_after(seconds, caller.post(order)), name=order.id))

    world.on_taken, world.on_fault = on_taken, on_fault
    posting: list[asyncio.Task[None]] = []
    for _ in range(world.conditions.jobs):
        house = rng.choice(houses)
        register = rng.choice(house.registers)
        order = orders.make(house.name, register)
        if rng.random() < 0.3:
            weather.strike(register)
        if rng.random() < 0.1:
            _wait_for_the_drives(world)
        task = asyncio.create_task(caller.post(order), name=order.id)
        posting.append(task)
        if order.new.kind in RECEIPTS and rng.random() < 0.05:
            posting.append(asyncio.create_task(caller.post(orders.twin(order))))
        if order.total and rng.random() < 0.04:
            posting.append(asyncio.create_task(caller.other_content(order, orders.changed(order))))
        if rng.random() < 0.85:  # most callers come one after another, some all at once
            await asyncio.wait({task}, timeout=rng.choice((1.0, 60.0)))
    await crm.through(STORM)
    world.on_taken = lambda house, register: None
    world.on_fault = lambda register, fault: None
    return [*posting, *crm.tasks]


async def _after(seconds: float, what: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(seconds)
    await what


async def _watch(world: World, mute: dict[str, Finding]) -> None:
    """Whatever the weather: the job that is next says why nothing happens to it, or its register does."""
    since: dict[tuple[str, str], tuple[object, float]] = {}
    while True:
        await asyncio.sleep(20.0)
        now = world.loop.time() - world.loop.stalled  # nobody can speak while the machine stands still
        for house in world.houses.values():
            for name in house.registers if house.alive else ():
                waiting = [job for job in await house.unfinished(name) if not _parked(job)]
                if not waiting or not house.alive:
                    continue
                job = waiting[0]
                seen = (house.lives, job.id, job.state, job.attempts)
                before, began = since.get((house.name, name), (None, now))
                if seen != before or world.cables[name].slowness:  # a slow line makes everything long
                    since[house.name, name] = seen, now
                elif now - began > MUTE and not job.warnings and not _says_why(house.shop.registers[name].snapshot):
                    what = (
                        f"{house.name} {job.id} is {job.state} for {now - began:.0f} s in bad weather and says nothing"
                    )
                    mute.setdefault(job.id, Finding("silent", what))


def _says_why(snapshot: RegisterSnapshot) -> bool:
    """The register is in trouble, or lent: each restart under a clock that was set back begins those minutes anew."""
    return snapshot.problem is not None or snapshot.released_until is not None


def _misfortunes(conditions: Conditions, rng: Random) -> int:
    whole = int(conditions.rage)
    return whole + (rng.random() < conditions.rage - whole)


async def _good_times(world: World, caller: Caller, posting: list[asyncio.Task[None]], result: Result) -> list[Finding]:
    """Wait until everything has its last word, people's verdicts included."""
    found: list[Finding] = []
    deadline = world.loop.time() + PATIENCE
    people = [asyncio.create_task(_cashier(world)), asyncio.create_task(_technician(world))]
    late = set(posting)
    while late and world.loop.time() < deadline:
        _, late = await asyncio.wait(late, timeout=60.0)
        for house in world.houses.values():
            if late and all(one.alive for one in world.houses.values()):  # every journal is looked into
                await _verdicts(world, house, result, found)
    for task in (one for one in posting if one in late):
        found.append(Finding("silent", f"the caller of {task.get_name()} waits for an answer in good weather"))
        task.cancel()
    for task in posting:
        if task.done() and not task.cancelled() and task.exception() is not None:
            raise task.exception()  # type: ignore[misc]
    _wait_for_the_drives(world)
    dead = [house for house in world.houses.values() if not await _until(lambda house=house: house.alive, deadline)]
    found += [Finding("silent", f"{house.name} does not run in good weather") for house in dead]
    for house in (one for one in world.houses.values() if one.alive):
        await _last_words(world, house, deadline)
        await _verdicts(world, house, result, found)
        await _last_words(world, house, deadline)
    for person in people:
        person.cancel()
    for register in world.shop.registers.values():
        await _until(lambda register=register: not register.device.drive.backlog.count, deadline + PATIENCE)
        await _until(lambda register=register: not register.device.drive.marking.unsent, deadline + PATIENCE)
    return found


def _wait_for_the_drives(world: World) -> None:
    """A clock that was set wrong made documents of tomorrow: until then the drive refuses every other."""
    for register in world.shop.registers.values():
        last = register.device.drive.last_at if register.powered else None
        ahead = 0.0 if last is None else (last - world.now().replace(tzinfo=None)).total_seconds()
        if ahead > 0:
            world.clock.advance(ahead + 60)


async def _until(fine: Callable[[], bool], deadline: float) -> bool:
    """Look once a second, as a person would."""
    loop = asyncio.get_running_loop()
    while not fine() and loop.time() < deadline:  # noqa: ASYNC110 - nobody would set an event
        await asyncio.sleep(1.0)
    return fine()


async def _last_words(world: World, house: House, deadline: float) -> None:
    """Until no job of the gateway moves any more."""
    while world.loop.time() < deadline:
        waiting = [job for name in house.registers for job in await house.unfinished(name)]
        if all(_parked(job) for job in waiting):
            break
        await asyncio.sleep(1.0 if len(waiting) < 10 else 10.0)


async def _technician(world: World) -> None:
    """Two gateways take the register from each other, and what takes long (a diagnosis on a slow line) may never end:
    after a while somebody leaves it to one of them, turn about.
    """
    await asyncio.sleep(CONTEST)
    while len(world.houses) > 1:
        for house in world.houses.values():
            for other in world.houses.values():
                other.unplugged = other is not house
            await asyncio.sleep(CONTEST / 4)


def _parked(job: Job) -> bool:
    return job.state is JobState.SETTLING and any(one.code == "cannot_be_proven" for one in job.warnings)


async def _cashier(world: World) -> None:
    """Does what held jobs ask for, where shifts are left to people."""
    wanted = {"shift_closed": JobKind.OPEN_SHIFT, "shift_expired": JobKind.CLOSE_SHIFT}
    while True:
        for house in world.houses.values():
            held = [job for name in house.registers for job in await house.unfinished(name)] if house.alive else []
            for job in held:
                kind = wanted.get(job.warnings[0].code) if job.state is JobState.HELD and job.warnings else None
                if kind is None:
                    continue
                body, digest = bodies.canonical({})
                key = f"{kind}:by-hand:{job.register}:{int(world.loop.time())}"
                new = NewJob(id=key, kind=kind, register=job.register, body=body, digest=digest)
                with suppress(Dead, GatewayError):
                    await house.call(lambda shop, new=new: shop.submit(new))
        await asyncio.sleep(5.0)


async def _verdicts(world: World, house: House, result: Result, found: list[Finding]) -> None:
    """A person looks into the drive and says what became of jobs that could not be proven."""
    for name in house.registers:
        for job in await house.unfinished(name):
            if not _parked(job):
                continue
            why = job.warnings[0].detail
            result.parked[f"{job.kind.value}"] += 1
            world.story.tell("person", f"looks at {job.id}: {why}")
            if not justified(world, job):
                found.append(Finding("illegal", f"{house.name} {job.id} is parked without need: {why}"))
            if job.kind in RECEIPTS:
                evidence = await gather(world)
                free = [
                    number
                    for (drive, number), document in evidence.documents.items()
                    if document.total == total_of(job)
                    and (drive, number) not in evidence.claims
                    and (job.bookmark is None or drive == job.bookmark.fn)
                ]
                try:
                    await house.shop.resolve(job.id, exists=bool(free), document=free[0] if free else None)
                except (RequestError, GatewayError) as error:
                    found.append(Finding("silent", f"{house.name} {job.id} cannot be resolved: {error}"))


async def _count(world: World, result: Result) -> None:
    known = {(house.name, job.id): job for house, job in (await gather(world)).jobs}
    for key, order in world.orders.items():
        job = known.get(key)
        if job is None:
            continue
        result.jobs[job.kind.value] += 1
        if job.kind in RECEIPTS and job.state in FINAL_STATES:
            result.receipts += 1
            # Killed before anybody heard the last word: that was a misfortune, too.
            result.faulted += order.ended_at < 0 or order.ended_at > order.posted_at
            result.in_hand += order.struck
