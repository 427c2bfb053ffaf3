"""One step of one job: from the state it is in as far as it goes now."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from devices.errors import GatewayError, NeedsOperator, ProtocolError, Rejected, Retryable
from devices.registers.base import ArchivedDocument, Paper, RegisterState, Warn
from devices.registers.doubts import Doubt, unprovable
from devices.registers.marking import MarkingRefused
from devices.registers.settle import Exists, Unprovable, settle
from devices.registers.settling import Asked, Lost
from gateway.jobs import bodies
from gateway.jobs import task as tasks
from gateway.jobs.actions import ACTIONS, changes, demand
from gateway.jobs.backlog import Backlog, Entry
from gateway.jobs.connection import Connection, lost_by
from gateway.jobs.diagnosis import at_the_till, unreachable
from gateway.jobs.model import FINAL_STATES, Job, JobError, JobKind, JobState
from gateway.jobs.permit import PermitDenied, PermitGate, unchecked
from gateway.jobs.recovery import Recovery
from gateway.jobs.register import RegisterSettings
from gateway.jobs.shifts import ready_shift
from gateway.jobs.task import Task
from gateway.jobs.units import UNITS, UnitGate, UnitGone, sold_again
from gateway.journal import IllegalTransition, Journal, JournalFailed, UnitsMoved
from protocols.ffd.enums import DocumentCode
from protocols.ffd.rules import left_out

log = structlog.get_logger(__name__)

#: Seconds before the next try while the register is busy.
BUSY_DELAYS = (0.1, 0.2, 0.5, 1.0, 2.0)
#: Seconds between two looks at a register that waits for its operator.
HELD_POLL = 1.0
#: Seconds after which a held job is tried again although the register looks as before.
HELD_DELAYS = (2.0, 5.0, 15.0, 30.0)
#: After so many failures in a row the job says why it waits.
PATIENCE = 3


#: Shifts are opened and closed for receipts without a job of their own.
_SHIFTS = frozenset({DocumentCode.SHIFT_OPEN, DocumentCode.SHIFT_CLOSE})


class Steps:
    """The state machine of `gateway.jobs.states` for the jobs of one register."""

    def __init__(
        self,
        connection: Connection,
        backlog: Backlog,
        settings: RegisterSettings,
        journal: Journal,
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        units: UnitGate,
        permit: PermitGate | None = None,
    ) -> None:
        self._units = units
        self._permit = permit
        self._connection = connection
        self._driver = connection.driver
        self._backlog = backlog
        self._settings = settings
        self._journal = journal
        self._now = now
        self._rng = rng
        self.recovery = Recovery(self._driver, settings, journal, now=now, note=connection.note)

    async def step(self, entry: Entry) -> None:
        """Raises JournalFailed only: everything else becomes a state of the job."""
        try:
            await self._advance(entry)
        except JournalFailed:
            raise
        except IllegalTransition:
            # Cancelled or resolved while the step was under way; the entry shows it as soon as that is on disk.
            await self._journal.barrier()
            log.info("job changed by its caller", job=entry.id, state=entry.job.state.value)
        except GatewayError as error:
            await self._guarded(entry, error)
        except Exception as error:
            log.exception("unexpected failure", job=entry.id, register=self._settings.name)
            entry.stumbles += 1
            await self._guarded(entry, _unexpected(error))

    async def _guarded(self, entry: Entry, error: GatewayError) -> None:
        try:
            await self._stopped_by(entry, error)
        except JournalFailed:
            raise
        except IllegalTransition:
            await self._journal.barrier()
            log.info("job changed by its caller", job=entry.id, state=entry.job.state.value)
        except Exception as bug:
            # While looking into an error: what was under way is unknown again, and asked about by the next step.
            log.exception("unexpected failure", job=entry.id, register=self._settings.name)
            await self._connection.down(_unexpected(bug))
            entry.tries += 1
            entry.not_before = self._connection.retry_at
            if entry.job.state is JobState.RUNNING:
                await self._journal.transition(entry.id, JobState.SETTLING)

    # --- forward

    async def _advance(self, entry: Entry) -> None:
        if entry.job.kind is JobKind.RELEASE:
            await self._release(entry)
            return
        if entry.job.state is JobState.RUNNING:  # found so after a restart: its fate is unknown
            await self._journal.transition(entry.id, JobState.SETTLING, warnings=())
        if entry.job.state is JobState.SETTLING:
            if await self._settled(entry):
                return
            # Proven absent: what the register said no with, if anything, decides; else the job starts anew.
            refusal, entry.refusal = entry.refusal, None
            if refusal is not None:
                await self._refused(entry, refusal, bookmark=None)
                return
            entry.tries = 0
            await self._anew(entry)
        await self._connection.ensure()
        if entry.job.state is JobState.HELD:
            if not await self._operator_acted(entry):
                return
            # Held in the middle of a document: what is left of it is cleared away, with proof, before it starts anew.
            if entry.job.bookmark is not None:
                if await self._settled(entry):
                    return
                await self._anew(entry)
        await self._attempt(entry)

    async def _anew(self, entry: Entry) -> None:
        """Proven absent: an old bookmark must not vouch for documents that others make from now on."""
        await self._journal.transition(entry.id, JobState.QUEUED, bookmark=None, warnings=())

    async def _attempt(self, entry: Entry) -> None:
        action = ACTIONS[entry.job.kind]
        demand(action, self._driver)
        task = tasks.make(entry.job, self._settings, self._driver.identity, self._now())
        if action.settling.lost is not Lost.AGAIN:  # the archive cannot be read before a lost clock is set
            await self.recovery.check(task)
        seen = None
        if task.receipt is not None:
            await self._driver.check(task.receipt)
            if self._permit is not None:
                # Before a shift is opened for it: of a receipt that may not be sold nothing is made at all.
                task, entry.permitted = await self._permit.passed(task, self._driver.identity, entry.permitted)
                if entry.job.state in FINAL_STATES:
                    return  # cancelled while others were asked
                await self._driver.check(task.document)  # with tag 1260 it may have become too long
            task, seen = await self._units.passed(task)
        if await ready_shift(self._connection, task, entry.foreign):
            await self._done(entry, task, {"warnings": (_NOTHING_TO_CLOSE,), "error": None})
            return
        bookmark = None
        if action.settling.lost is Lost.SETTLE:
            # A shift opened above is a document of its own: the bookmark is read after it.
            bookmark = await self._driver.bookmark(counters=action.settling.counters)
            self._connection.same_drive(bookmark.fn)
        entry.answered, entry.foreign, entry.permitted = None, (), None
        try:
            await self._journal.transition(
                entry.id,
                JobState.RUNNING,
                as_seen=seen,
                attempts=entry.job.attempts + 1,
                bookmark=bookmark,
                intent=task.intent,
                warnings=(),
                error=None,
            )
        except UnitsMoved:
            return  # nothing was sent: the next turn looks again
        self._driver.tell = partial(self._tell, entry)
        try:
            answer = await action.perform(self._driver, task)
        finally:
            self._driver.tell = None
        await self._done(entry, task, changes(answer))

    async def _tell(self, entry: Entry, warn: Warn) -> None:
        """What the register waits for, while it does."""
        await self._journal.transition(entry.id, JobState.RUNNING, warnings=(warn,))

    async def _done(self, entry: Entry, task: Task, facts: dict[str, Any]) -> None:
        await self._connection.attention(None)
        if task.receipt is not None:
            lacking = left_out(task.receipt, self._driver.identity.ffd)
            said = tuple(Warn(code=one.code, detail=f"{one.pointer}: {one.message}", hint=one.hint) for one in lacking)
            facts = {
                **facts,
                "warnings": said + unchecked(task.intent) + sold_again(task.intent) + tuple(facts["warnings"]),
            }
        await self._journal.transition(entry.id, JobState.DONE, **facts)

    async def _settled(self, entry: Entry) -> bool:
        """Ask the drive about a job that was under way. True: it exists and is done; False: proven absent."""
        job = entry.job
        action = ACTIONS[job.kind]
        if action.wanted is None:
            await self._connection.ensure()
            if action.settling.lost is Lost.GIVE_UP and entry.refusal is None:
                entry.refusal = _MAYBE_PRINTED
            return False
        if job.bookmark is None:
            # Nothing was sent in this journal's memory: documents that no job owns decide.
            await self._connection.ensure()
            await self.recovery.check(tasks.make(job, self._settings, self._driver.identity, self._now()))
            return False
        task = tasks.again(job, self._settings, self._now())
        intent = job.intent or {}
        if intent.get("drive_away"):
            raise unprovable(Doubt.DRIVE_AWAY, f"the command went to {job.bookmark.fn}")
        others = await self._journal.claimed(job.bookmark.fn, job.bookmark.document + 1, intent.get("fenced_at"))
        self._connection.anew()
        settled = await settle(
            self._driver,
            job.bookmark,
            action.wanted(task),
            port_kept=not intent.get("port_released", False),
            claimed={which for which, owner in others.items() if owner != job.id},
            answered=entry.answered,
            fenced_at=intent.get("fenced_at"),
        )
        await self._connection.up()
        await self._tell_foreign(job, settled.foreign, others)
        if not isinstance(settled, Exists):
            entry.foreign = settled.foreign
            return False
        answer = settled.outcome if action.told is None else await action.told(self._driver)
        await self._exists(entry, task, changes(answer))
        return True

    async def _exists(self, entry: Entry, task: Task, facts: dict[str, Any]) -> None:
        """It is proven that it was done. The drive outranks whoever said otherwise meanwhile."""
        try:
            await self._done(entry, task, facts)
        except IllegalTransition:
            job = await self._journal.get(entry.id)
            fiscal = facts.get("fiscal")
            if fiscal is not None and job is not None and job.fiscal is None:
                found = {"job": entry.id, "state": job.state.value, "document": fiscal.document, "fn": fiscal.fn}
                await self._connection.note("unwanted_document", found)
            raise

    async def _tell_foreign(
        self, job: Job, documents: Iterable[ArchivedDocument], others: Mapping[tuple[int, int], str]
    ) -> None:
        """Somebody else works on this register: no harm done, but worth knowing."""
        numbers = [
            document.fiscal.document
            for document in documents
            if (document.fiscal.document, document.fiscal.sign) not in others and document.code not in _SHIFTS
        ]
        if numbers:
            await self._connection.note("foreign_documents", {"job": job.id, "documents": numbers})

    async def _release(self, entry: Entry) -> None:
        for other in tuple(self._backlog):  # who is resolved or cancelled meanwhile leaves it
            job = await self._journal.whole(other.id)
            intent = job.intent or {}
            if job.state not in {JobState.SETTLING, JobState.HELD} or job.bookmark is None or "fenced_at" in intent:
                continue
            with suppress(IllegalTransition):
                lent = {**intent, "port_released": True}
                await self._journal.transition(job.id, job.state, only_if=job.state, intent=lent)
        until = await self._connection.release(bodies.minutes_of(entry.job.body))
        await self._journal.transition(entry.id, JobState.DONE, result={"until": until.isoformat(timespec="seconds")})

    async def _operator_acted(self, entry: Entry) -> bool:
        """Whether trying a held job again makes sense: the register looks otherwise, or long enough passed."""
        loop = asyncio.get_running_loop()
        state = await self._connection.state()
        if state.paper is Paper.WAITING_CONTINUE and not state.cover_open:
            await self._driver.recover()
            return True
        before, entry.held_by = entry.held_by, state
        if state.paper is Paper.OUT or state.cover_open:
            entry.not_before = loop.time() + HELD_POLL
            return False
        if before is not None and _same(before, state) and entry.retry_at > loop.time():
            entry.not_before = loop.time() + HELD_POLL
            return False
        return True

    # --- what stops a step

    async def _stopped_by(self, entry: Entry, error: GatewayError) -> None:
        lost = lost_by(error)
        if lost:
            await self._connection.down(error)
        if isinstance(error, Unprovable):
            await self._still_settling(entry, error)
        elif entry.job.state is JobState.RUNNING:
            entry.answered = self._driver.answered
            if lost:
                await self._journal.transition(entry.id, JobState.SETTLING, warnings=())
                entry.not_before = self._connection.retry_at
            else:
                await self._said_no(entry, error)
        elif entry.job.state is JobState.SETTLING:
            await self._still_settling(entry, error)
        elif lost:
            await self._unreached(entry, error)
        elif entry.job.bookmark is not None and not isinstance(error, (NeedsOperator, Retryable)):
            # Held in the middle of a document: a refusal to be asked about it proves nothing.
            await self._journal.transition(entry.id, JobState.SETTLING)
            await self._still_settling(entry, error)
        else:
            await self._refused(entry, error)

    async def _said_no(self, entry: Entry, error: GatewayError) -> None:
        """The register refused in the middle of it: first prove that nothing came of it."""
        entry.refusal = error
        try:
            if isinstance(error, NeedsOperator) and await self._nothing_yet(entry):
                entry.refusal = None
                await self._refused(entry, error)
                return
            if await self._settled(entry):
                entry.refusal = None
                return
        except JournalFailed:
            raise
        except GatewayError as doubt:
            if lost_by(doubt):
                await self._connection.down(doubt)
            await self._journal.transition(entry.id, JobState.SETTLING)
            await self._still_settling(entry, doubt)
            return
        entry.refusal = None
        await self._refused(entry, error, bookmark=None)

    async def _nothing_yet(self, entry: Entry) -> bool:
        """Whether the drive has made no document since the bookmark.

        Every command was answered, so none is on its way: a document that is half made stays so until it is cancelled,
        which needs what the operator is wanted for (paper, cover). Of what leaves no document the drive knows nothing.
        """
        bookmark, action = entry.job.bookmark, ACTIONS[entry.job.kind]
        if bookmark is None or action.settling.asked is not Asked.ARCHIVE:
            return False
        drive = await self._driver.drive()
        return (drive.number, drive.last_document) == (bookmark.fn, bookmark.document)

    async def _still_settling(self, entry: Entry, error: GatewayError) -> None:
        if isinstance(error, Unprovable):
            self._backlog.park(entry, error.awaits)
            known: dict[str, Any] = {} if error.fenced_at is None else {"fenced_at": error.fenced_at}
            if error.awaits is not None and ACTIONS[entry.kind].settling.asked is not Asked.ARCHIVE:
                known["drive_away"] = True
            await self._complain(entry, JobState.SETTLING, error, intent={**known, **(entry.job.intent or {})})
            return
        entry.tries += 1
        entry.not_before = self._later(entry, error)
        if entry.tries >= PATIENCE or isinstance(error, NeedsOperator):
            await self._complain(entry, JobState.SETTLING, error)

    async def _unreached(self, entry: Entry, error: GatewayError) -> None:
        """Nothing was sent, so the job waits where it is."""
        entry.not_before = self._connection.retry_at
        entry.tries += 1
        if entry.stumbles >= PATIENCE and error.code == "internal_error" and entry.job.bookmark is None:
            await self._fail(entry, error)
        elif entry.job.kind is JobKind.DIAGNOSE and max(entry.tries, self._connection.failures) >= PATIENCE:
            await self._journal.transition(entry.id, JobState.DONE, result=unreachable(error), warnings=())
        elif entry.tries >= PATIENCE:
            await self._complain(entry, entry.job.state, error)

    async def _refused(self, entry: Entry, error: GatewayError, **changes: Any) -> None:
        """It is certain that nothing exists: wait for the operator, try again, or fail."""
        if isinstance(error, Rejected) and _doubtful(entry):
            await self._once_more(entry, error)
        elif isinstance(error, NeedsOperator) and entry.job.kind is JobKind.DIAGNOSE:
            # What the operator is wanted for is what he asks.
            await self._journal.transition(entry.id, JobState.DONE, result=unreachable(error), warnings=())
        elif isinstance(error, NeedsOperator):
            loop = asyncio.get_running_loop()
            error = await self._in_plain_words(error)
            entry.held_by = self._connection.snapshot.state
            entry.retry_at = loop.time() + HELD_DELAYS[min(entry.tries, len(HELD_DELAYS) - 1)]
            entry.tries += 1
            entry.not_before = loop.time() + HELD_POLL
            await self._connection.attention(error)
            await self._complain(entry, JobState.HELD, error, **changes)
        elif isinstance(error, Retryable):
            entry.not_before = self._later(entry, error)
            entry.tries += 1
            if entry.job.state is not JobState.QUEUED or entry.tries >= PATIENCE:
                await self._complain(entry, JobState.QUEUED, error, **changes)
        else:
            await self._fail(entry, error)

    async def _once_more(self, entry: Entry, error: Rejected) -> None:
        """The register may have refused what the line made of the command: a frame's check is one byte."""
        entry.refused = True
        log.info("refused, tried once more", job=entry.id, code=error.code, detail=error.detail)
        if entry.job.bookmark is None:  # otherwise the proof has just connected anew
            await self._driver.close()
            self._connection.anew()
        if entry.job.state is not JobState.QUEUED:
            await self._anew(entry)

    async def _in_plain_words(self, error: NeedsOperator) -> NeedsOperator:
        """Registers name the consequence (a wrong mode); the person at the till needs the cause (no paper)."""
        if not self._connection.connected:
            return error
        try:
            cause = at_the_till(await self._connection.state())
        except GatewayError:
            return error
        if cause is None or cause.code == error.code:
            return error
        detail = f"{cause.detail}; the register said: {error.detail}"
        return NeedsOperator(detail, number=error.number, command=error.command, hint=cause.hint, code=cause.code)

    async def _fail(self, entry: Entry, error: GatewayError) -> None:
        reason = JobError(code=error.code, detail=error.detail, hint=error.hint)
        marking = error.marking if isinstance(error, MarkingRefused) else ()
        said = {"permit": error.lines} if isinstance(error, PermitDenied) else {}
        said |= {UNITS: error.lines} if isinstance(error, UnitGone) else {}
        intent = {**(entry.job.intent or {}), **said} or None
        await self._journal.transition(
            entry.id, JobState.FAILED, error=reason, warnings=(), marking=marking, intent=intent
        )

    async def _complain(self, entry: Entry, state: JobState, error: GatewayError, **changes: Any) -> None:
        """Say in the job why it waits, once per reason."""
        warning = Warn(code=error.code, detail=error.detail, hint=error.hint)
        said = entry.job.warnings[0] if entry.job.warnings else None
        # Of what cannot be proven the detail says what to look at.
        known = said == warning if isinstance(error, Unprovable) else said is not None and said.code == error.code
        if known and entry.job.state is state:
            return
        await self._journal.transition(entry.id, state, warnings=(warning,), **changes)

    def _later(self, entry: Entry, error: GatewayError) -> float:
        if lost_by(error):
            return self._connection.retry_at
        delay = BUSY_DELAYS[min(entry.tries, len(BUSY_DELAYS) - 1)]
        return asyncio.get_running_loop().time() + delay * self._rng.uniform(0.8, 1.0)


def _doubtful(entry: Entry) -> bool:
    """Whether a refusal is to be heard a second time before it is believed."""
    return not entry.refused and ACTIONS[entry.job.kind].settling.lost is not Lost.GIVE_UP


def _same(before: RegisterState, now: RegisterState) -> bool:
    """Whether a register looks as it did, its clock aside."""
    return replace(before, clock=now.clock) == now


def _unexpected(error: Exception) -> GatewayError:
    return ProtocolError(
        f"unexpected failure in the gateway: {error!r}",
        hint="Сбой шлюза. Чек не потерян, шлюз выяснит, что с ним стало; передайте журнал службы в поддержку.",
        code="internal_error",
    )


#: No fiscal document hangs on it, so the job may fail without knowing.
_MAYBE_PRINTED = GatewayError(
    "the answer was lost, so it may have been printed or not; look at the paper and post it again if needed",
    hint="Связь прервалась во время печати: посмотрите на ленту и при необходимости повторите.",
    code="maybe_printed",
)
_NOTHING_TO_CLOSE = Warn(
    code="shift_already_closed",
    detail="the shift was closed already, so no document was made",
    hint="Смена уже была закрыта.",
)
