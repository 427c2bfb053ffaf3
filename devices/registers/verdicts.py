"""From what a register answered to what is proven: pure functions, one per kind of evidence (`settling.SETTLING`).

Content decides, never numbers alone. A gateway has one command under way on a register, so at most one document is its
own: of several alike ones none is taken without a further proof.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from devices.registers.base import Answered, ArchivedDocument, Bookmark
from devices.registers.doubts import Doubt
from protocols.ffd.compare import same_document, spoilt_document
from protocols.ffd.documents import document_code
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Cashier, Receipt
from protocols.ffd.tlv import find

#: БСО is what a receipt is on a register registered so.
_KINDS = {
    DocumentCode.RECEIPT: frozenset({DocumentCode.RECEIPT, DocumentCode.BSO}),
    DocumentCode.CORRECTION: frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION}),
}

#: Operation registers are two bytes wide.
COUNTER_WRAP = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftWanted:
    """A report that opens or closes a shift, in this cashier's name."""

    opening: bool
    cashier: Cashier | None = None

    @property
    def code(self) -> DocumentCode:
        return DocumentCode.SHIFT_OPEN if self.opening else DocumentCode.SHIFT_CLOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class CashWanted:
    """A cash in (positive) or cash out (negative), kopecks."""

    kopecks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWanted:
    """An X report on paper."""


Wanted = Receipt | ShiftWanted | CashWanted | ReportWanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """It exists. `document` is None for what leaves none."""

    document: ArchivedDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotThere:
    """Proven: it does not exist, and nothing of it can still come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Only a person can tell."""

    doubt: Doubt
    facts: str
    candidates: tuple[ArchivedDocument, ...] = ()


Verdict = Found | NotThere | Open


def judge_documents(
    wanted: Receipt | ShiftWanted,
    bookmark: Bookmark,
    documents: Collection[ArchivedDocument],
    *,
    ffd: FfdVersion,
    port_kept: bool = True,
    claimed: Collection[tuple[int, int]] = (),
    answered: Answered | None = None,
    own_cashiers: Collection[str] = (),
) -> Verdict:
    """`documents`: all that were made after the bookmark and before the command was fenced off.

    `claimed`: (number, sign) of documents that other jobs have; `own_cashiers`: names the register writes by itself
    where it cannot be told the cashier. `ffd` is that of documents which do not say.
    """
    ours_perhaps = [one for one in documents if (one.fiscal.document, one.fiscal.sign) not in claimed]
    for one in ours_perhaps:
        if answered == Answered(document=one.fiscal.document, sign=one.fiscal.sign):
            return Found(document=one)
    alike = [one for one in ours_perhaps if _is_wanted(one, wanted, bookmark, ffd=ffd, own_cashiers=own_cashiers)]
    if not alike:
        spoilt = [one for one in ours_perhaps if isinstance(wanted, Receipt) and _may_be_spoilt(one, wanted, ffd)]
        if spoilt:
            return Open(doubt=Doubt.NEARLY_ALIKE, facts="it differs in a detail", candidates=tuple(spoilt))
        return NotThere()
    if not port_kept:
        return Open(doubt=Doubt.PORT_LENT, facts="one looks like ours", candidates=tuple(alike))
    if len(alike) > 1:
        return Open(doubt=Doubt.SEVERAL_ALIKE, facts=f"there are {len(alike)}", candidates=tuple(alike))
    return Found(document=alike[0])


def judge_cash(wanted: CashWanted, before: Bookmark, after: Bookmark, *, port_kept: bool = True) -> Verdict:
    """Cash in and out leave no document: counts and sums of the shift tell."""
    incoming = wanted.kopecks >= 0
    was, now = (before.cash_ins, after.cash_ins) if incoming else (before.cash_outs, after.cash_outs)
    had, has = (before.cash_in_sum, after.cash_in_sum) if incoming else (before.cash_out_sum, after.cash_out_sum)
    if was is None or now is None:
        return Open(doubt=Doubt.NO_COUNTERS, facts=f"asked was {_cash(wanted)}")
    if (after.shift, after.shift_open) != (before.shift, before.shift_open):
        return Open(doubt=Doubt.SHIFT_CHANGED, facts=f"shift {before.shift} → {after.shift}, asked was {_cash(wanted)}")
    more = (now - was) % COUNTER_WRAP
    grown = None if had is None or has is None else has - had
    facts = f"asked was {_cash(wanted)}, the count went from {was} to {now}, the sum from {had} to {has} kopecks"
    if grown is not None and (grown < 0 or (more == 0) != (grown == 0)):
        return Open(doubt=Doubt.COUNTERS_DISAGREE, facts=facts)
    # Every operation is a kopeck at least: with less than that for the others, ours cannot be among them.
    if more == 0 or (grown is not None and (grown < abs(wanted.kopecks) + more - 1)):
        return NotThere()
    if more == 1 and grown is not None and grown != abs(wanted.kopecks):
        return NotThere()
    if more > 1:
        return Open(doubt=Doubt.SEVERAL_OPERATIONS, facts=facts)
    if not port_kept:
        return Open(doubt=Doubt.PORT_LENT, facts=facts)
    return Found()


def judge_report(before: Bookmark, after: Bookmark) -> Verdict:
    """An X report is no fiscal document: one that was counted since is good enough, whoever asked for it."""
    if before.fn != after.fn or before.x_reports is None or after.x_reports is None:
        return NotThere()
    return NotThere() if after.x_reports == before.x_reports else Found()


def _is_wanted(
    document: ArchivedDocument,
    wanted: Receipt | ShiftWanted,
    bookmark: Bookmark,
    *,
    ffd: FfdVersion,
    own_cashiers: Collection[str],
) -> bool:
    if isinstance(wanted, ShiftWanted):
        return _is_shift_wanted(document, wanted, bookmark, own_cashiers)
    if document.elements:
        return same_document(wanted, ffd_of(document, ffd), document.elements, document.code)
    # No read-back: kind, operation and total are all there is.
    return (
        document.code in _KINDS[document_code(wanted)]
        and document.operation is wanted.operation
        and document.total == wanted.total
    )


def _may_be_spoilt(document: ArchivedDocument, wanted: Receipt, ffd: FfdVersion) -> bool:
    return spoilt_document(wanted, ffd_of(document, ffd), document.elements, document.code)


def _is_shift_wanted(
    document: ArchivedDocument, wanted: ShiftWanted, bookmark: Bookmark, own_cashiers: Collection[str]
) -> bool:
    shift = bookmark.shift + 1 if wanted.opening else bookmark.shift
    if document.code is not wanted.code or document.fiscal.shift not in {None, shift}:
        return False
    named, inn = find(document.elements, T.CASHIER), find(document.elements, T.CASHIER_INN)
    if wanted.cashier is None or named is None:
        return True
    name = _words(named.value)
    if name in {_words(own) for own in own_cashiers}:
        return True
    same_inn = inn is None or wanted.cashier.inn is None or _words(inn.value) == _words(wanted.cashier.inn)
    return name == _words(wanted.cashier.name) and same_inn


def ffd_of(document: ArchivedDocument, otherwise: FfdVersion) -> FfdVersion:
    """The version the document itself was made in (1209): the register may have been re-registered since."""
    element = find(document.elements, T.FFD_VERSION)
    known = {version.code: version for version in FfdVersion}
    if element is None or not isinstance(element.value, int):
        return otherwise
    return known.get(element.value, otherwise)


def _words(value: object) -> str:
    return " ".join(str(value).split())


def _cash(wanted: CashWanted) -> str:
    amount = abs(wanted.kopecks)
    return f"cash {'in' if wanted.kopecks >= 0 else 'out'} of {amount // 100}.{amount % 100:02d}"
