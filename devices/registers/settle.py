"""What became of a command whose answer was lost: asked of the fiscal drive, never guessed (design.md, rules 2 and 3).

The caller has lost the link, or was restarted, and holds the `Bookmark` it wrote down before the command's first byte.
`settle` connects again behind the driver's fence (late bytes drained, open document cancelled), so nothing of the old
attempt can still become a document, and then reads every document the drive has made since the bookmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument, Bookmark, Difference, Outcome, Paper, Register
from devices.registers.marks import verdicts
from devices.registers.readback import PAPER_PENDING, compared
from protocols.ffd.compare import same_document
from protocols.ffd.documents import document_code
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.receipt import Receipt

#: БСО is what a receipt is on a register registered so.
_KINDS = {
    DocumentCode.RECEIPT: frozenset({DocumentCode.RECEIPT, DocumentCode.BSO}),
    DocumentCode.CORRECTION: frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION}),
}


class ShiftWanted(StrEnum):
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashWanted:
    """A cash in (positive) or cash out (negative), kopecks."""

    kopecks: int


Wanted = Receipt | ShiftWanted | CashWanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists:
    """The command took effect. `outcome` is as the driver would have answered; None for cash in / out."""

    outcome: Outcome | None
    foreign: tuple[ArchivedDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Proven: no such document exists and none can still come; it may be sent anew. `foreign` are others' documents."""

    foreign: tuple[ArchivedDocument, ...] = ()


Settled = Exists | Absent


class Unprovable(GatewayError):
    """The drive cannot tell; only a human's verdict (`resolve`) can. `candidates` are the documents to look at."""

    code = "cannot_be_proven"

    def __init__(self, detail: str, *, hint: str, candidates: tuple[ArchivedDocument, ...] = ()) -> None:
        super().__init__(detail, hint=hint)
        self.candidates = candidates


async def settle(register: Register, bookmark: Bookmark, wanted: Wanted, *, port_kept: bool = True) -> Settled:
    """Find out whether `wanted`, sent after `bookmark`, took effect.

    `port_kept` is False when the port was released to another program since: then a document that looks like ours may
    be the other program's. Raises LinkError, Retryable or NeedsOperator while the register cannot be asked (call
    again), Unprovable when asking it can never help.
    """
    await register.connect()
    drive = await register.drive()
    if drive.number != bookmark.fn:
        raise Unprovable(
            f"the drive is {drive.number}, the command went to {bookmark.fn}",
            hint="В кассе другой фискальный накопитель. Проверьте по бумаге или в ОФД, есть ли документ, и ответьте.",
        )
    if drive.last_document < bookmark.document:
        raise Unprovable(
            f"the drive's last document is {drive.last_document}, it was {bookmark.document} before",
            hint="В накопителе меньше документов, чем было. Обратитесь в сервисный центр.",
        )
    if isinstance(wanted, CashWanted):
        return await _settle_cash(register, bookmark, wanted, port_kept=port_kept)
    found = await _made_since(register, bookmark.document, drive.last_document)
    ours = [document for document in found if _is_wanted(document, wanted, register.identity.ffd)]
    if not ours:
        return Absent(foreign=tuple(found))
    if not port_kept:
        raise Unprovable(
            f"document {ours[0].fiscal.document} looks like ours, but the port was lent to another program meanwhile",
            hint="Документ похож на наш, но порт кассы отдавали другой программе. Проверьте его и ответьте.",
            candidates=tuple(ours),
        )
    document = ours[0]
    return Exists(
        outcome=await _outcome(register, document, wanted),
        foreign=tuple(other for other in found if other is not document),
    )


async def _made_since(register: Register, before: int, last: int) -> list[ArchivedDocument]:
    found = []
    for number in range(before + 1, last + 1):
        document = await register.document(number)
        if document is None:
            raise Unprovable(
                f"the drive counts {last} documents but does not show document {number}",
                hint="Накопитель не отдаёт документ. Проверьте его на бумаге или в ОФД и ответьте.",
            )
        found.append(document)
    return found


def _is_wanted(document: ArchivedDocument, wanted: Receipt | ShiftWanted, ffd: FfdVersion) -> bool:
    if wanted is ShiftWanted.OPEN:
        return document.code is DocumentCode.SHIFT_OPEN
    if wanted is ShiftWanted.CLOSE:
        return document.code is DocumentCode.SHIFT_CLOSE
    if document.elements:
        return same_document(wanted, ffd, document.elements, document.code)
    # No read-back: kind, operation and total are all there is.
    return (
        document.code in _KINDS[document_code(wanted)]
        and document.operation is wanted.operation
        and document.total == wanted.total
    )


async def _outcome(register: Register, document: ArchivedDocument, wanted: Receipt | ShiftWanted) -> Outcome:
    found: tuple[Difference, ...] = ()
    if isinstance(wanted, Receipt) and document.elements:
        found = compared(wanted, register.identity, document.elements)
    on_paper = not isinstance(wanted, Receipt) or wanted.print_paper
    pending = on_paper and (await register.state()).paper is not Paper.PRESENT
    return Outcome(
        fiscal=document.fiscal,
        differences=found,
        warnings=(PAPER_PENDING,) if pending else (),
        marking=verdicts(document.elements),
    )


async def _settle_cash(register: Register, bookmark: Bookmark, wanted: CashWanted, *, port_kept: bool) -> Settled:
    """Cash in and out leave no document: the register's own counts of them tell."""
    now = await register.bookmark()
    before, after = (bookmark.cash_ins, now.cash_ins) if wanted.kopecks >= 0 else (bookmark.cash_outs, now.cash_outs)
    if before is None or after is None or now.shift != bookmark.shift:
        raise Unprovable(
            "the register does not count cash operations, or its shift has changed since",
            hint="Проверьте по ленте, прошло ли внесение или выплата, и ответьте.",
        )
    if after == before:
        return Absent()
    if not port_kept or after > before + 1:
        raise Unprovable(
            f"the count of cash operations went from {before} to {after}",
            hint="Внесений или выплат больше, чем сделала программа. Проверьте по ленте и ответьте.",
        )
    return Exists(outcome=None)
