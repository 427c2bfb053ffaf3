"""What became of a command whose answer was lost: asked of the register, never guessed (design.md, rules 2 and 3).

The caller has lost the link, or was restarted, and holds the `Bookmark` it wrote down before the command's first byte.
`settle` connects again behind the driver's fence (late bytes drained, open document cancelled), so nothing of the old
attempt can still become a document, asks what the command's row of `settling.SETTLING` names, and lets
`devices.registers.verdicts` judge.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from devices.errors import ProtocolError
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Bookmark,
    Difference,
    MarkingVerdict,
    Outcome,
    Paper,
    Register,
)
from devices.registers.doubts import Doubt, Unprovable, unprovable
from devices.registers.marking import verdicts, warnings_of
from devices.registers.readback import PAPER_PENDING, compared
from devices.registers.settling import SETTLING, Asked, Command
from devices.registers.verdicts import (
    CashWanted,
    Found,
    NotThere,
    Open,
    ReportWanted,
    ShiftWanted,
    Verdict,
    Wanted,
    ffd_of,
    judge_cash,
    judge_documents,
    judge_report,
)
from protocols.ffd.documents import document_code
from protocols.ffd.enums import DocumentCode
from protocols.ffd.receipt import Receipt

__all__ = [
    "Absent",
    "Answered",
    "CashWanted",
    "Exists",
    "ReportWanted",
    "Settled",
    "ShiftWanted",
    "Unprovable",
    "Wanted",
    "settle",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists:
    """The command took effect. `outcome` is as the driver would have answered; None where no document is made."""

    outcome: Outcome | None
    foreign: tuple[ArchivedDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Proven: no such document exists and none can still come; it may be sent anew. `foreign` are others' documents."""

    foreign: tuple[ArchivedDocument, ...] = ()


Settled = Exists | Absent


async def settle(
    register: Register,
    bookmark: Bookmark,
    wanted: Wanted,
    *,
    port_kept: bool = True,
    claimed: Collection[tuple[int, int]] = (),
    answered: Answered | None = None,
    fenced_at: int | None = None,
) -> Settled:
    """Find out whether `wanted`, sent after `bookmark`, took effect.

    `port_kept` is False when the port was released to another program before the command was fenced off: then a
    document that looks like ours may be the other program's. `claimed` are the documents (number, sign) that belong to
    other jobs, `answered` is what a whole answer told before the link was lost, `fenced_at` is that of `Unprovable`
    from an earlier call. Raises LinkError, Retryable or NeedsOperator while the register cannot be asked (call again),
    Unprovable when asking it can never help.
    """
    row = SETTLING[command_of(wanted)]
    await register.connect()
    await register.fence(bookmark)
    if row.asked is Asked.REPORTS:
        return _settled(judge_report(bookmark, await register.bookmark(counters=True)), (), None, None)
    drive = await register.drive()
    if drive.number != bookmark.fn:
        facts = f"it is {drive.number}, the command went to {bookmark.fn}"
        raise unprovable(Doubt.OTHER_DRIVE, facts, awaits=bookmark.fn)
    if drive.last_document < bookmark.document:
        facts = f"its last one is {drive.last_document}, it was {bookmark.document}"
        raise unprovable(Doubt.FEWER_DOCUMENTS, facts)
    last = drive.last_document if fenced_at is None else min(fenced_at, drive.last_document)
    if isinstance(wanted, CashWanted):
        now = await register.bookmark(counters=True)
        return _settled(judge_cash(wanted, bookmark, now, port_kept=port_kept), (), None, last)
    assert not isinstance(wanted, ReportWanted), "settled above"
    made = await _made_since(register, bookmark.document, last)
    verdict = judge_documents(
        wanted,
        bookmark,
        made,
        ffd=register.identity.ffd,
        port_kept=port_kept,
        claimed=claimed,
        answered=answered,
        own_cashiers=await register.own_cashiers() if isinstance(wanted, ShiftWanted) else (),
    )
    document = verdict.document if isinstance(verdict, Found) else None
    outcome = None if document is None else await _outcome(register, document, wanted)
    return _settled(verdict, made, outcome, last)


def command_of(wanted: Wanted) -> Command:
    """The row of the table."""
    if isinstance(wanted, ShiftWanted):
        return Command.OPEN_SHIFT if wanted.opening else Command.CLOSE_SHIFT
    if isinstance(wanted, CashWanted):
        return Command.CASH_IN if wanted.kopecks >= 0 else Command.CASH_OUT
    if isinstance(wanted, ReportWanted):
        return Command.X_REPORT
    return Command.CORRECTION if document_code(wanted) is DocumentCode.CORRECTION else Command.RECEIPT


def _settled(
    verdict: Verdict, made: tuple[ArchivedDocument, ...], outcome: Outcome | None, fenced_at: int | None
) -> Settled:
    if isinstance(verdict, Open):
        raise unprovable(verdict.doubt, verdict.facts, candidates=verdict.candidates, fenced_at=fenced_at)
    if isinstance(verdict, NotThere):
        return Absent(foreign=made)
    return Exists(outcome=outcome, foreign=tuple(one for one in made if one is not verdict.document))


async def _made_since(register: Register, before: int, last: int) -> tuple[ArchivedDocument, ...]:
    found = []
    for number in range(before + 1, last + 1):
        try:
            document = await register.document(number)
        except ProtocolError as error:
            if error.code != "document_malformed":
                raise
            # The bytes arrived under a good checksum: reading them again will not make them readable.
            raise unprovable(Doubt.UNREADABLE_DOCUMENT, f"document {number}", fenced_at=last) from error
        if document is None:
            raise unprovable(Doubt.HIDDEN_DOCUMENT, f"document {number} of {last}", fenced_at=last)
        found.append(document)
    return tuple(found)


async def _outcome(register: Register, document: ArchivedDocument, wanted: Receipt | ShiftWanted) -> Outcome:
    found: tuple[Difference, ...] = ()
    marking: tuple[MarkingVerdict, ...] = ()
    if isinstance(wanted, Receipt) and document.elements:
        identity = register.identity
        identity = replace(identity, ffd=ffd_of(document, identity.ffd))
        found = compared(wanted, identity, document.elements)
        marking = verdicts(wanted, identity.ffd, document.elements)
    on_paper = not isinstance(wanted, Receipt) or wanted.print_paper
    pending = on_paper and (await register.state()).paper is not Paper.PRESENT
    return Outcome(
        fiscal=document.fiscal,
        differences=found,
        warnings=(*warnings_of(marking), *((PAPER_PENDING,) if pending else ())),
        marking=marking,
    )
