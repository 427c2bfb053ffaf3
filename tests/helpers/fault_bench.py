"""One job, one thing that goes wrong, one look at what became of both: the bench under the fault matrix.

A gateway's shop with one emulated register in memory, in virtual time. What a row of the matrix states is observed
from outside: the journal's events, the drive, the tape, the line.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from fault_jobs import CASHIER, Scene
from till import MOSCOW, OPENING_TIME

from devices.links.pair import PairLink
from devices.links.trace import Direction, TracingLink
from devices.registers.factory import create
from emulator.channels import PipeEnd
from emulator.families import FAMILIES
from emulator.faults import parse_fault
from emulator.place import EmulatedRegister
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop as EmulatedShop
from gateway.jobs.model import FINAL_STATES, Job, JobKind, NewJob
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal, database
from gateway.journal.executor import Executor, InlineExecutor
from gateway.shop import Shop
from protocols.shtrih.commands import COMMANDS, Bare, code_of, encode_request
from protocols.shtrih.framing import Packet, PacketReader
from protocols.shtrih.tables import SKIP_PRINTING

NAME, JOB = "kkt-1", "job"
#: Virtual seconds after which somebody looks at a job that is not through, and how often.
PATIENCE, LOOKS = 12.0, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`states` of the job from acceptance to its end; `made` how often the wanted effect is there; `settled` whether
    the register was asked behind a new connection; `said` the codes of warnings and errors on the way; `operator`
    what a person had to do."""

    states: str
    made: int
    settled: bool
    said: str
    operator: str

    @classmethod
    def of_row(cls, row: Sequence[str]) -> Seen:
        """From the data's columns."""
        states, made, settled, said, operator = row
        return cls(states=states, made=int(made), settled=settled == "yes", said=said, operator=operator)

    def as_row(self) -> list[str]:
        """The way back."""
        return [self.states, str(self.made), "yes" if self.settled else "no", self.said, self.operator]


class Disk:
    """The journal's writing connection, whose next commit may fail."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kept: bool | None = None

    def fails(self, *, kept: bool) -> None:
        self._kept = kept

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or self._kept is None:
            return self._connection.execute(sql, *arguments)
        self._connection.execute("COMMIT" if self._kept else "ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Bench:
    """The emulated register outlives the gateway: `start` and `kill` concern the gateway alone."""

    def __init__(self, directory: Path, scene: Scene, protocol: str) -> None:
        self.directory = directory
        self.scene = scene
        self.protocol = protocol
        self.connections = 0
        self.line: Callable[[PipeEnd], Any] = lambda pipe: pipe  # what lies between the two
        self.commands: list[str] = []  # sent since `listen`
        self.disks: list[Disk] = []
        self._packets = PacketReader()

    async def switch_on(self) -> None:
        self.clock = Clock(OPENING_TIME, local=MOSCOW, ticks=asyncio.get_running_loop().time)
        settings = Settings(name=NAME, ffd=self.scene.ffd)
        self.emulated = EmulatedShop(
            Plan(registers=(RegisterPlan(settings=settings),), with_oism=True),
            clock=self.clock,
            random=random.Random(1),
        )
        await self.emulated.start()
        for request in self.scene.before:
            self.execute(request)
        self.scene.prepare(self.register)

    @property
    def register(self) -> EmulatedRegister:
        return self.emulated.registers[NAME]

    def execute(self, request: Bare) -> None:
        """A command from nowhere, before the gateway is there."""
        answer = self.register.device.register.execute(encode_request(request))  # type: ignore[attr-defined]
        refused = answer[2 if answer[0] == 0xFF else 1]
        assert not refused, (request, answer.hex())

    async def start(self, executor: Executor | None = None) -> None:
        self.journal = await Journal.open(
            self.directory,
            now=self.now,
            executor=executor or InlineExecutor(),
            on_fatal=lambda error: None,
            connect=self._open_disk,  # type: ignore[arg-type]
        )
        link = TracingLink(PairLink(self._connect, name=NAME), self._heard)
        driver = create("shtrih", link, zone=MOSCOW, options={"protocol": self.protocol})
        settings = RegisterSettings(name=NAME, family="shtrih", cashier=CASHIER, poll_seconds=3600.0)
        self.shop = Shop(self.journal, {NAME: settings}, {NAME: driver}, now=self.now, rng=random.Random(1))
        await self.shop.start()

    async def stop(self) -> None:
        await self.shop.drain()
        await self.journal.close()

    def stop_all(self) -> None:
        """The process is gone: nothing of it runs any more."""
        for task in self.shop._running.values():
            task.cancel()

    async def kill(self) -> None:
        """What is left is the files."""
        self.stop_all()
        await asyncio.gather(*self.shop._running.values(), return_exceptions=True)
        for connection in self.journal._connections:
            connection.close()

    async def switch_off(self) -> None:
        await self.emulated.close()

    def now(self) -> datetime:
        return self.clock()

    def break_down(self, command: str, fault: str) -> None:
        """The next time this command comes."""
        found = parse_fault(fault)
        code = FAMILIES["shtrih"].command_code(command)
        self.register.faults.add(replace(found, command=code))

    async def submit(self, job_id: str = JOB, kind: JobKind | None = None, body: str = "{}") -> Job:
        text = self.scene.body if kind is None else body
        digest = hashlib.sha256(text.encode()).hexdigest()
        job, _ = await self.shop.submit(
            NewJob(id=job_id, kind=kind or self.scene.kind, register=NAME, body=text, digest=digest)
        )
        return job

    async def ended(self) -> list[str]:
        """Wait for the job's end; what an operator did for it, once it waited for him."""
        acts: list[str] = []
        for _ in range(LOOKS):
            job = await self.shop.wait(JOB, PATIENCE)
            needed = await self._operate()
            if job.state in FINAL_STATES and not needed:
                break
            acts += needed
            await asyncio.sleep(5)
        return acts

    async def seen(self, before: int, connections: int) -> Seen:
        acts = await self.ended()
        self._nothing_is_left_open()
        events = [one for one in await self.journal.events(0) if one.subject == JOB]
        said: list[str] = []
        for event in events:
            said += event.data.get("warnings", ())
            if event.data.get("error"):
                said.append(event.data["error"])
        return Seen(
            states=_path([event.state for event in events]),
            made=self.scene.effect(self.register) - before,
            settled=self.connections > connections,
            said=" ".join(dict.fromkeys(said)),
            operator=" ".join(acts),
        )

    def _nothing_is_left_open(self) -> None:
        """However the job ended: the next one, whoever posts it, finds the register as it should be."""
        core = self.register.device.register.core  # type: ignore[attr-defined]
        assert core.draft is None, "a receipt is open in the register"
        assert not core.drive.current, "a document is half made in the drive"
        assert not core.memory.number(SKIP_PRINTING), "the next document would not be printed"
        state = self.register.device.state()["marking"]
        assert state["step"] == "none", "a marking code waits for its decision in the drive"
        assert state["accepted"] == [], "a marking code is half accepted in the drive"

    async def _operate(self) -> list[str]:
        """What a person sees at the register and sets right."""
        device = self.register.device
        memory = device.register.core.memory  # type: ignore[attr-defined]
        acts = []
        if not memory.paper_present:
            device.set_paper(present=True)
            acts.append("roll")
        if memory.cover_open:
            device.set_cover(open_=False)
            acts.append("cover")
        if device.drive.resource.documents_left < 10:
            device.drive.leave_room(None)
            acts.append("drive")
        if memory.clock_lost:
            await self.submit("clock", JobKind.SET_CLOCK)
            await self.shop.wait("clock", 60)
            acts.append("clock")
        return acts

    def _open_disk(self, path: Path, *, synchronous: str) -> Disk:
        """What reached the file stays there, so nothing needs to be synced. The writing connection is opened first."""
        disk = Disk(database.connect(path, synchronous="OFF"))
        self.disks.append(disk)
        return disk

    def _connect(self) -> Any:
        self.connections += 1
        return self.line(self.register.connect())

    def _heard(self, direction: Direction, data: bytes, at: float) -> None:
        if direction is not Direction.SENT:
            return
        if data[:1] == b"\x02":
            self._note(data[2:-1])
        elif data[:1] == b"\x8f":
            for event in self._packets.feed(data):
                if isinstance(event, Packet) and event.data:
                    self._note(event.data)

    def _note(self, message: bytes) -> None:
        command = COMMANDS.get(code_of(message))
        if command is not None:
            self.commands.append(command.name)


#: A held job is tried again now and then until its operator has acted.
_HELD_AGAIN = re.compile(r"(?:held>(?:queued>)?(?:running>)?)+held")


def _path(states: Sequence[str]) -> str:
    """The states in order, with nothing said of how often the same was tried while a job was held."""
    path = ">".join(state for state, _ in groupby(states))
    return _HELD_AGAIN.sub("held", path)


async def idle(bench: Bench) -> None:
    """The register was connected and looked at; from here on every byte belongs to the job."""
    await asyncio.sleep(2)
    bench.commands.clear()


async def as_it_should_be(directory: Path, scene: Scene, protocol: str) -> tuple[Seen, set[str], int]:
    """The job with nothing going wrong, its commands, and how often the journal commits for it."""
    bench = Bench(directory, scene, protocol)
    await bench.switch_on()
    await bench.start()
    await idle(bench)
    before, connections, commits = scene.effect(bench.register), bench.connections, bench.journal.commits
    await bench.submit()
    seen = await bench.seen(before, connections)
    commits = bench.journal.commits - commits
    await bench.stop()
    await bench.switch_off()
    return seen, set(bench.commands), commits


async def struck(directory: Path, scene: Scene, protocol: str, command: str, fault: str) -> Seen:
    """One row: the fault strikes the job's command."""
    bench = Bench(directory, scene, protocol)
    await bench.switch_on()
    await bench.start()
    await idle(bench)
    before, connections = scene.effect(bench.register), bench.connections
    bench.break_down(command, fault)
    await bench.submit()
    seen = await bench.seen(before, connections)
    assert not bench.register.faults.listed(), "the fault never struck"
    await bench.stop()
    await bench.switch_off()
    return seen


async def died(directory: Path, scene: Scene, protocol: str, death: str, number: int) -> Seen:
    """One row: the gateway dies at the job's commit of this number and is started again; the caller repeats himself."""
    bench = Bench(directory, scene, protocol)
    fate = Fate()
    await bench.switch_on()
    await bench.start(fate)
    await idle(bench)
    before, connections = scene.effect(bench.register), bench.connections
    fate.doom(death, number, bench)
    submitting = asyncio.create_task(bench.submit())
    async with asyncio.timeout(60):
        await fate.died.wait()
    await asyncio.sleep(0)
    acknowledged = submitting.done() and submitting.exception() is None
    submitting.cancel()
    await bench.kill()
    await bench.start()
    if not acknowledged:
        await bench.submit()
    seen = await bench.seen(before, connections + 1)
    await bench.stop()
    await bench.switch_off()
    return seen


class Fate(InlineExecutor):
    """Runs the journal's writes until the commit that the gateway, or its disk, does not survive.

    `killed_before`, `killed_after`: the process is gone on either side of the commit. `disk_full`: the commit fails and
    leaves nothing. `fsync_failed`: it fails, yet what was written is there after the restart.
    """

    def __init__(self) -> None:
        self.died = asyncio.Event()
        self._death, self._left, self._bench = "", 0, None

    def doom(self, death: str, number: int, bench: Bench) -> None:
        self._death, self._left, self._bench = death, number, bench

    def submit(self, work: Callable[[], None]) -> None:
        if self.died.is_set() and self._death.startswith("killed"):
            return
        self._left -= 1
        if self._bench is None or self._left:
            work()
            return
        self.died.set()
        if self._death == "killed_before":
            self._bench.stop_all()
        elif self._death == "killed_after":
            self._bench.stop_all()
            work()
        else:
            for disk in self._bench.disks:
                disk.fails(kept=self._death == "fsync_failed")
            work()
