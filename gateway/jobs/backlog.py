"""The jobs of one register in order of acceptance, and which of them may run now.

A queue may be long, and bodies are heavy: a job is read when its turn comes, and held in memory from then on.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from devices.errors import GatewayError
from devices.registers.base import Answered, ArchivedDocument, RegisterState
from gateway.jobs.actions import ACTIONS
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, Waiting
from gateway.jobs.permit import Permitted

#: May run while the first job waits for a register that does not answer.
WITHOUT_REGISTER = frozenset({JobKind.DIAGNOSE, JobKind.RELEASE})
#: May run before the first job in some state of it.
OVERTAKING = WITHOUT_REGISTER | {kind for kind, action in ACTIONS.items() if action.overtakes}


@dataclass(slots=True, eq=False)
class Entry:
    """A job in the worker's hands. `state`, and `taken` once its turn has come, are as committed last."""

    id: str
    sequence: int
    kind: JobKind
    state: JobState
    taken: Job | None = None  # the whole of it
    not_before: float = 0.0  # loop time of the next attempt
    tries: int = 0  # attempts in a row that did not come to a verdict
    retry_at: float = 0.0  # loop time from which a held job is tried although its register looks as before
    stumbles: int = 0  # unexpected failures in a row, before anything was sent
    parked: bool = False  # cannot be proven: waits for a human's verdict and blocks nobody
    awaits: str | None = None  # number of the drive that could tell, while another one answers in its place
    refusal: GatewayError | None = None  # what the register said no with, while absence is not yet proven
    refused: bool = False  # the register said no once already, with proof that nothing came of it
    answered: Answered | None = None  # what the register did answer in this attempt
    foreign: tuple[ArchivedDocument, ...] = ()  # made by others while this job was being settled
    permitted: Permitted | None = None  # permit mode's verdicts, while nothing was sent on them
    held_by: RegisterState | None = field(default=None, repr=False)  # the register as it was when the job was held

    @property
    def job(self) -> Job:
        """Of an entry whose turn has come."""
        assert self.taken is not None, "read when its turn comes"
        return self.taken


class Backlog:
    """Not final jobs only; the order of `Job.sequence`."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._overtakers: list[
            Entry
        ] = []  # the few whose kind may ever run before the first: a long queue costs no look
        self._by_id: dict[str, Entry] = {}
        self._held: dict[str, Entry] = {}
        self._parked: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def get(self, job_id: str) -> Entry | None:
        return self._by_id.get(job_id)

    @property
    def queued(self) -> int:
        """How many take a place in the queue: those that wait for a person's verdict are over, as far as it goes."""
        return len(self._entries) - len(self._parked)

    @property
    def held(self) -> tuple[Entry, ...]:
        """Those that wait for an operator: few, however long the queue."""
        return tuple(self._held.values())

    def park(self, entry: Entry, awaits: str | None) -> None:
        """It waits for a person's verdict from now on, or for the drive of this number."""
        if self._by_id.get(entry.id) is entry:  # else it has just come to its end
            entry.parked, entry.awaits = True, awaits
            self._parked[entry.id] = entry

    def unpark(self, entry: Entry) -> None:
        """Its turn comes at once, whatever it waited for."""
        entry.parked, entry.awaits = False, None
        entry.not_before, entry.tries, entry.held_by = 0.0, 0, None
        self._parked.pop(entry.id, None)

    def awaiting(self, fn: str) -> tuple[Entry, ...]:
        """Parked jobs that this drive can tell about."""
        return tuple(entry for entry in self._parked.values() if entry.awaits == fn)

    def update(self, job: Job | Waiting) -> Entry | None:
        """Take the job as committed now; answers its entry, None once it is final."""
        entry = self._by_id.get(job.id)
        if entry is not None:
            entry.state = job.state
            if entry.taken is not None and isinstance(job, Job):
                entry.taken = job
        if job.state is not JobState.HELD:
            self._held.pop(job.id, None)
        if job.state in FINAL_STATES:
            self._parked.pop(job.id, None)
            if entry is not None:
                del self._by_id[job.id]
                self._entries.remove(entry)
                if entry.kind in OVERTAKING:
                    self._overtakers.remove(entry)
            return None
        if entry is None:
            entry = self._by_id[job.id] = Entry(job.id, job.sequence, job.kind, job.state)
            _queue(self._entries, entry)
            if job.kind in OVERTAKING:
                _queue(self._overtakers, entry)
        if job.state is JobState.HELD:
            self._held[job.id] = entry
        return entry

    def choose(self, now: float, *, released: bool) -> Entry | None:
        """The job to work on at loop time `now`: the first one, or one that may overtake it while it waits."""
        return next((entry for entry in self._candidates(released=released) if entry.not_before <= now), None)

    def next_due(self, *, released: bool) -> float | None:
        """Loop time at which `choose` will have an answer, as far as known now."""
        return min((entry.not_before for entry in self._candidates(released=released)), default=None)

    def _candidates(self, *, released: bool) -> Iterator[Entry]:
        if released:
            yield from (e for e in self._overtakers if e.kind is JobKind.RELEASE and not e.parked)
            return
        head = next((entry for entry in self._entries if not entry.parked), None)
        if head is None:
            return
        yield head
        for entry in self._overtakers:
            if entry is not head and not entry.parked and _may_overtake(entry.kind, head):
                yield entry


def _queue(entries: list[Entry], entry: Entry) -> None:
    if not entries or entries[-1].sequence < entry.sequence:
        entries.append(entry)
    else:
        insort(entries, entry, key=_sequence)


def _sequence(entry: Entry) -> int:
    return entry.sequence


def _may_overtake(kind: JobKind, head: Entry) -> bool:
    """Nobody overtakes a job that has not said why it waits: a diagnosis of a slow line takes minutes."""
    if head.taken is None or not head.taken.warnings:
        return False
    if head.state is JobState.HELD:
        return kind is JobKind.RELEASE or ACTIONS[kind].overtakes
    if head.state is JobState.SETTLING:
        # Anything else would move the drive on, or lend the port, before the question is answered. A register that
        # lost its clock does not answer it before the clock is set.
        return kind in {JobKind.DIAGNOSE, JobKind.SET_CLOCK}
    return kind in WITHOUT_REGISTER
