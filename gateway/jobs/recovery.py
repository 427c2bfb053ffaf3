"""Documents of the fiscal drive that no job owns: found at the first connection, compared before anything starts.

A journal that was rebuilt, restored from a backup or copied back may not know of documents that this gateway made. So
before the first job of a process starts, every document beyond what the journal accounts for is read and, unless a job
owns it, kept as recovered. A job whose content equals a recovered document does not start: it waits (`settling`) for a
person, who says whether the document is its own. The rule in full, with its reasons: docs/journal.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from devices.registers.base import ArchivedDocument, DriveState, Register
from devices.registers.settle import Unprovable
from gateway.jobs.model import JobKind
from gateway.jobs.register import RegisterSettings
from gateway.jobs.task import Task
from gateway.journal import Journal
from gateway.journal.records import Cause, Drive, Loss, Recovered
from gateway.journal.report import write
from gateway.marking.permit import DECREE, is_requisite
from protocols.ffd.compare import same_document
from protocols.ffd.documents import document_code
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, TlvError, decode, find

#: How long after it was found a document made while no gateway was running is taken for a caller's repeated receipt.
RETRY_HORIZON: Final = timedelta(hours=24)
#: How far back a drive is read of which the journal knows nothing.
PERIOD: Final = timedelta(days=30)
#: The same after an ordinary stop, where reading on would keep the shop waiting for little.
UNWATCHED_PERIOD: Final = timedelta(days=7)
UNWATCHED_MOST: Final = 3000
#: How far a register's clock may be behind ours.
CLOCK_SKEW: Final = timedelta(hours=1)
#: Documents of one commit.
BATCH: Final = 50
#: Documents whose owners are looked up at once.
OWNED: Final = 1000

_SALE_CODES = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO, DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})
_KINDS = {DocumentCode.BSO: DocumentCode.RECEIPT, DocumentCode.BSO_CORRECTION: DocumentCode.CORRECTION}

#: Change fiscal state or the drawer's count, and no receipt in the drive tells of them.
_LEAVING_NO_RECEIPT = frozenset({JobKind.OPEN_SHIFT, JobKind.CLOSE_SHIFT, JobKind.CASH_IN, JobKind.CASH_OUT})

Note = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class RecoveredDocument(Unprovable):
    """The drive holds a document with this content, and the journal does not know whose it is."""

    code = "recovered_document"


class Recovery:
    """Of one register. Called by its worker alone."""

    def __init__(
        self, driver: Register, settings: RegisterSettings, journal: Journal, *, now: Callable[[], datetime], note: Note
    ) -> None:
        self._driver = driver
        self._settings = settings
        self._journal = journal
        self._now = now
        self._note = note
        self._began = now()
        self._reviewed: str | None = None  # the drive whose documents this process has accounted for

    async def review(self) -> None:
        """Account for the documents of the drive that answers now: once in a process, and after its replacement.

        Raises what the driver raises; what was read until then is kept.
        """
        fn = self._driver.identity.fn
        if fn == self._reviewed:
            return
        last = (await self._driver.drive()).last_document
        journal, known = self._journal, self._journal.drives.get(fn)
        loss = journal.loss
        if loss is not None and known is not None and known.loss >= loss.id:
            loss = None
        before = max(known.reviewed if known else 0, 0 if _torn(loss) else journal.last_owned(fn))
        since = await self._since(before, loss)
        if loss is None and before == 0 and since is None:
            before = last  # a drive that this journal has never worked with: its past is not ours
        drive = Drive(fn=fn, register=self._settings.name, reviewed=last, loss=journal.loss.id if journal.loss else 0)
        if last > before or loss is not None:
            await self._read(drive, before, loss, since)
        elif known is None or known.loss != drive.loss:
            await journal.recover((), replace(drive, reviewed=max(last, before)))
        self._reviewed = fn

    async def seen(self, drive: DriveState | None) -> None:
        """The register was just looked at with no job in hand: what others have made on it meanwhile is foreign."""
        known = None if drive is None else self._journal.drives.get(drive.number)
        if drive is None or known is None or drive.number != self._reviewed or drive.last_document <= known.reviewed:
            return
        if drive.last_document > self._journal.last_owned(drive.number):
            await self._journal.recover((), replace(known, reviewed=drive.last_document))

    async def check(self, task: Task) -> None:
        """Before a job starts anew: Unprovable when a document that no job owns may be its own."""
        await self.review()
        job = task.job
        marks = job.intent or {}
        unowned = self._journal.unowned(self._settings.name)
        denied = self._journal.denied_at(job.id) if unowned or marks.get("salvaged") else None
        if marks.get("salvaged") and denied is None:
            self._doubt(task, marks.get("fn"))
        if task.receipt is None:
            return
        found = [
            one
            for one in unowned
            if (denied is None or one.found_at > denied) and self._may_be(one, task, task.receipt)
        ]
        if found:
            raise _refusal(found)

    def _doubt(self, task: Task, fn: str | None) -> None:
        """What no comparison can clear of a job that was unfinished in the rows that were saved."""
        if task.job.kind in _LEAVING_NO_RECEIPT:
            raise RecoveredDocument(
                f"the journal was rebuilt or restored, and whether this {task.job.kind} was done before is not known",
                hint="Журнал восстановлен: проверьте по ленте, была ли операция выполнена, и вынесите решение.",
            )
        if fn is not None and fn != self._driver.identity.fn:
            raise RecoveredDocument(
                f"the journal was rebuilt or restored, and the register's drive was {fn} before: it cannot be asked",
                hint="Журнал восстановлен, а ФН в кассе другой. Проверьте чек по бумаге или в ОФД и вынесите решение.",
                awaits=fn,
            )

    def _may_be(self, one: Recovered, task: Task, receipt: Receipt) -> bool:
        if one.cause is Cause.UNWATCHED and task.job.created_at > one.found_at + RETRY_HORIZON:
            return False
        elements = _elements(one)
        if not _same(one, receipt, elements, self._driver.identity.ffd):
            return False
        # In no doubt about the journal, a document that names another cashier was made by that cashier.
        return one.cause is Cause.LOST or receipt.cashier is None or _named(elements) in {"", receipt.cashier.name}

    async def _since(self, before: int, loss: Loss | None) -> datetime | None:
        """The moment at which reading back may end, None where only a number ends it."""
        if loss is not None:
            return self._now() - PERIOD if before == 0 else None
        if before:
            return self._now() - UNWATCHED_PERIOD
        # Accepted before this process began, jobs may have been done by a later state of this journal.
        return await self._journal.oldest_unfinished(self._settings.name, self._began)

    async def _read(self, drive: Drive, before: int, loss: Loss | None, since: datetime | None) -> None:
        """Newest first, so that a bounded period ends the reading."""
        oldest = None if since is None else since - CLOCK_SKEW
        cause = Cause.UNWATCHED if loss is None else Cause.LOST
        found: list[Recovered] = []
        kept = read = 0
        number = drive.reviewed
        first, owned = number + 1, frozenset[int]()
        while number > before and (loss is not None or read < UNWATCHED_MOST):
            if number < first:
                first = max(before + 1, number - OWNED + 1)
                owned = frozenset(one for one, _ in await self._journal.claimed(drive.fn, first, number))
            if number not in owned:
                document = await self._driver.document(number)
                read += 1
                if document is not None and oldest is not None and document.fiscal.datetime < oldest:
                    break
                if document is not None and document.code in _SALE_CODES:
                    found.append(self._kept(document, cause))
                    kept += 1
            if len(found) == BATCH:
                await self._journal.recover(found)
                found = []
            number -= 1
        await self._journal.recover(found, drive)
        if kept:
            await self._note("documents_unowned", {"fn": drive.fn, "count": kept, "from": number + 1})
        if loss is not None:
            await self._tell(drive, number, kept)

    async def _tell(self, drive: Drive, before: int, kept: int) -> None:
        """The report says what was found on this drive."""
        loss = self._journal.loss
        assert loss is not None
        facts = {"fn": drive.fn, "from": before + 1, "to": drive.reviewed, "recovered": kept}
        registers = {**loss.report.get("registers", {}), drive.register: facts}
        await self._journal.amend_loss({**loss.report, "registers": registers})
        assert self._journal.loss is not None
        write(self._journal.directory, self._journal.loss)

    def _kept(self, document: ArchivedDocument, cause: Cause) -> Recovered:
        return Recovered(
            register=self._settings.name,
            fiscal=document.fiscal,
            operation=document.operation,
            total=document.total,
            tlv=document.raw,
            cause=cause,
            found_at=self._now().astimezone(UTC),
        )


def _torn(loss: Loss | None) -> bool:
    """Whether rows in the middle may be missing: then the last document that a job owns proves nothing."""
    return loss is not None and loss.cause == "damaged"


def _elements(one: Recovered) -> tuple[Element, ...]:
    try:
        return decode(one.tlv)
    except TlvError:
        return ()


def _same(one: Recovered, receipt: Receipt, elements: tuple[Element, ...], ffd: FfdVersion) -> bool:
    code = one.fiscal.code
    if elements:
        return same_document(_unpermitted(receipt), ffd, _unmarked(elements), code)
    kind = None if code is None else _KINDS.get(code, code)
    return kind == document_code(receipt) and one.operation is receipt.operation and one.total == receipt.total


def _unpermitted(receipt: Receipt) -> Receipt:
    """Without permit mode's requisites: they belong to one attempt, and it is not known which one made the document."""
    items = (
        replace(item, industry=tuple(detail for detail in item.industry if not is_requisite(detail)))
        for item in receipt.items
    )
    return replace(receipt, items=tuple(items))


def _unmarked(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """The same for a document of the drive."""
    return tuple(
        Element(one.tag, tuple(part for part in one.value if not _is_requisite(part)))
        if one.tag == T.ITEM and isinstance(one.value, tuple)
        else one
        for one in elements
    )


def _is_requisite(part: Element) -> bool:
    if part.tag != T.ITEM_INDUSTRY_ATTRIBUTE or not isinstance(part.value, tuple):
        return False
    held = {int(inner.tag): inner.value for inner in part.value}
    return all(held.get(tag) == value for tag, value in DECREE.items())


def _named(elements: tuple[Element, ...]) -> str:
    cashier = find(elements, T.CASHIER)
    return "" if cashier is None else " ".join(str(cashier.value).split())


def _refusal(found: list[Recovered]) -> RecoveredDocument:
    numbers = ", ".join(str(one.fiscal.document) for one in found)
    first = found[0].fiscal
    return RecoveredDocument(
        f"no job owns document {numbers} of drive {first.fn} (the first of {first.datetime.isoformat()}, sign "
        f"{first.sign}), and its content is this job's: say whether it is this job's document (resolve)",
        hint=f"В ФН уже есть такой чек (ФД {numbers}), и неизвестно, чей он. Сверьте бумагу и вынесите решение.",
    )
