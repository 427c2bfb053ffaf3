"""A human's verdict on a job whose fate nobody can prove: its document exists, or it does not.

What a person says is held against what the drive and the journal know, and kept with the job.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from devices.errors import LinkError, RequestError
from devices.registers.base import ArchivedDocument, Fiscal, Register, Warn
from gateway.jobs.model import Job, JobError, JobState
from gateway.journal import IllegalTransition, Journal

T = TypeVar("T")


class Ask(Protocol):
    """Ask a register of the shop between two of its jobs; LinkError when it cannot be asked in time."""

    async def __call__(self, register: str, question: Callable[[Register], Awaitable[T]]) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one `settling` job; `by` is the name of the token that it came with."""

    journal: Journal
    ask: Ask
    now: Callable[[], datetime]
    by: str | None

    async def absent(self, job: Job) -> Job:
        """There is no document: the job failed. IllegalTransition; RequestError where the journal contradicts."""
        _settling(job)
        if not job.warnings:
            raise IllegalTransition(
                f"job {job.id!r} does not wait for a person: the gateway is asking the drive itself",
                hint="Шлюз сам выясняет, пробит ли документ. Подождите: понадобится человек — задание скажет.",
            )
        await self.journal.deny(job.id)
        error = JobError(
            code="resolved_absent",
            detail="a person stated that no document exists; retry makes it anew",
            hint="Оператор подтвердил, что документа нет. Чтобы пробить его, выполните retry.",
        )
        return await self.journal.transition(
            job.id,
            JobState.FAILED,
            only_if=JobState.SETTLING,
            attempt=job.attempts,
            error=error,
            result=self._kept(None),
            warnings=(),
        )

    async def present(self, job: Job, document: int | None) -> Job:
        """It is this document: the job is done. IllegalTransition; RequestError where drive or journal contradict."""
        _settling(job)
        if document is None:
            raise RequestError("say which document it is", hint="Укажите номер ФД документа.", code="document_missing")
        stated = Warn(
            code="resolved_by_operator",
            detail=f"a person stated that document {document} is this one",
            hint="Соответствие документа подтверждено человеком.",
        )
        fiscal = await self._stated(job, document)
        return await self.journal.transition(
            job.id,
            JobState.DONE,
            only_if=JobState.SETTLING,
            attempt=job.attempts,
            fiscal=fiscal,
            result=self._kept(document),
            warnings=(stated,),
        )

    def _kept(self, document: int | None) -> Mapping[str, Any]:
        """A person's verdict, its moment and whose token it came with, kept with the job."""
        said: dict[str, Any] = {"exists": document is not None, "at": self.now().isoformat(timespec="seconds")}
        said |= {} if self.by is None else {"by": self.by}
        return {"resolved": said if document is None else {**said, "document": document}}

    async def _stated(self, job: Job, document: int) -> Fiscal | None:
        sent_to = None if job.bookmark is None else job.bookmark.fn
        unowned = (one.fiscal for one in self.journal.unowned(job.register) if one.fiscal.document == document)
        kept = [fiscal for fiscal in unowned if sent_to in {None, fiscal.fn}]
        if kept:  # of a job that went to no drive we know of, the newest one is meant
            return max(kept, key=lambda fiscal: fiscal.datetime)

        async def look(driver: Register) -> tuple[bool, ArchivedDocument | None]:
            replaced = sent_to is not None and (await driver.drive()).number != sent_to
            return replaced, None if replaced else await driver.document(document)

        try:
            replaced, archived = await self.ask(job.register, look)
        except LinkError as error:
            if error.code == "register_busy":
                raise  # it will answer
            return None  # the drive may be long gone; the verdict stands without its data
        if replaced:  # a document of the same number in the drive of today is another one
            await self._nobodys(job, sent_to, document)
            return None
        if archived is None:
            raise RequestError(
                f"the fiscal drive has no document {document}",
                hint="В накопителе нет документа с таким номером: проверьте номер ФД.",
                code="document_unknown",
            )
        await self._nobodys(job, archived.fiscal.fn, document, archived.fiscal.sign)
        return archived.fiscal

    async def _nobodys(self, job: Job, fn: str | None, document: int, sign: int | None = None) -> None:
        """RequestError where another job has this document of this drive."""
        claimed = await self.journal.claimed(fn or "", document, document)
        for (_, signed), owner in claimed.items():
            if sign in {None, signed} and owner != job.id:
                raise RequestError(
                    f"document {document} belongs to job {owner!r}",
                    hint="Этот документ уже относится к другому заданию.",
                    code="document_claimed",
                )


def _settling(job: Job) -> None:
    if job.state is not JobState.SETTLING:
        raise IllegalTransition(
            f"job {job.id!r} is {job.state}; only a job that is settling needs a verdict",
            hint="Решение нужно только для документа, судьба которого не установлена.",
        )
