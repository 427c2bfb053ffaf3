"""What a register's answers leave open: each doubt once, in words for the job and for the person who must look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument
from protocols.ffd.enums import DocumentCode


class Doubt(StrEnum):
    """Why nobody but a person can tell what became of a command."""

    OTHER_DRIVE = "other_drive"
    DRIVE_AWAY = "drive_away"
    FEWER_DOCUMENTS = "fewer_documents"
    HIDDEN_DOCUMENT = "hidden_document"
    UNREADABLE_DOCUMENT = "unreadable_document"
    SEVERAL_ALIKE = "several_alike"
    NEARLY_ALIKE = "nearly_alike"
    PORT_LENT = "port_lent"
    NO_COUNTERS = "no_counters"
    SHIFT_CHANGED = "shift_changed"
    COUNTERS_DISAGREE = "counters_disagree"
    SEVERAL_OPERATIONS = "several_operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """`title` for the page of tables, `look` (Russian) for the person at the till."""

    title: str
    look: str


DOUBTS: Final[Mapping[Doubt, DoubtRow]] = {
    Doubt.OTHER_DRIVE: DoubtRow(
        title="the register holds another fiscal drive than the command went to",
        look="В кассе другой фискальный накопитель. Если вернуть прежний, шлюз спросит его сам; иначе проверьте "
        "документ по бумаге или в ОФД и ответьте.",
    ),
    Doubt.DRIVE_AWAY: DoubtRow(
        title="another drive was in the register since, so its counters may be of that drive's shifts",
        look="В кассе побывал другой ФН, её счётчики не доказательство. Проверьте по ленте, прошла ли операция.",
    ),
    Doubt.FEWER_DOCUMENTS: DoubtRow(
        title="the drive counts fewer documents than before the command",
        look="В накопителе меньше документов, чем было. Обратитесь в сервисный центр, документ ищите в ОФД.",
    ),
    Doubt.HIDDEN_DOCUMENT: DoubtRow(
        title="the drive counts a document that it does not show",
        look="Накопитель не отдаёт документ. Проверьте его на бумаге или в ОФД и ответьте.",
    ),
    Doubt.UNREADABLE_DOCUMENT: DoubtRow(
        title="a document since the bookmark cannot be decoded",
        look="Документ в накопителе не читается. Проверьте его на бумаге или в ОФД и ответьте.",
    ),
    Doubt.SEVERAL_ALIKE: DoubtRow(
        title="several documents with exactly our content were made, and at most one is ours",
        look="Таких документов несколько, наш из них не больше одного: на кассе работает кто-то ещё. Сверьте их.",
    ),
    Doubt.NEARLY_ALIKE: DoubtRow(
        title="a document with our total differs in one detail: another program's, or ours spoilt on a bad line",
        look="Документ с нашей суммой отличается в мелочи: он чужой или наш, искажённый помехой. Сверьте и ответьте.",
    ),
    Doubt.PORT_LENT: DoubtRow(
        title="the port was lent to another program before the register could be asked",
        look="Порт кассы отдавали другой программе, документ мог сделать и она. Проверьте его и ответьте.",
    ),
    Doubt.NO_COUNTERS: DoubtRow(
        title="the register does not count what the command does",
        look="Касса не считает внесения и выплаты. Проверьте по ленте, прошла ли операция, и ответьте.",
    ),
    Doubt.SHIFT_CHANGED: DoubtRow(
        title="the shift was closed or opened since, which resets the counts of cash operations",
        look="Смена с тех пор сменилась, счётчики обнулены. Проверьте по ленте, прошла ли операция, и ответьте.",
    ),
    Doubt.COUNTERS_DISAGREE: DoubtRow(
        title="count and sum of the cash operations contradict each other",
        look="Счётчики кассы противоречат друг другу. Проверьте по ленте, прошла ли операция, и ответьте.",
    ),
    Doubt.SEVERAL_OPERATIONS: DoubtRow(
        title="several cash operations were made since, and ours may be among them",
        look="Внесений или выплат больше, чем сделала программа. Проверьте по ленте, есть ли среди них наша.",
    ),
}


class Unprovable(GatewayError):
    """The register cannot tell; only a human's verdict (`resolve`) can.

    `awaits` is the number of the drive that could tell, where another one answers in its place. `candidates` are the
    documents to look at. `fenced_at`: the drive's last document when nothing of the command could come any more, so
    that later documents are somebody else's for certain; None while that is not known.
    """

    code = "cannot_be_proven"

    def __init__(
        self,
        detail: str,
        *,
        hint: str,
        doubt: Doubt | None = None,
        candidates: tuple[ArchivedDocument, ...] = (),
        fenced_at: int | None = None,
        awaits: str | None = None,
    ) -> None:
        super().__init__(detail, hint=hint)
        self.doubt = doubt
        self.awaits = awaits
        self.candidates = candidates
        self.fenced_at = fenced_at


def unprovable(
    doubt: Doubt,
    facts: str,
    *,
    candidates: tuple[ArchivedDocument, ...] = (),
    fenced_at: int | None = None,
    awaits: str | None = None,
) -> Unprovable:
    """The error for this doubt; `facts` are the numbers, the candidates are added to both texts."""
    row = DOUBTS[doubt]
    detail, hint = f"{row.title}: {facts}", row.look
    if candidates:
        detail += "; look at " + "; ".join(_described(one) for one in candidates)
        hint += " Смотрите: " + "; ".join(_described_ru(one) for one in candidates) + "."
    return Unprovable(detail, hint=hint, doubt=doubt, candidates=candidates, fenced_at=fenced_at, awaits=awaits)


_NAMES_RU: Final = {
    DocumentCode.RECEIPT: "чек",
    DocumentCode.BSO: "БСО",
    DocumentCode.CORRECTION: "чек коррекции",
    DocumentCode.BSO_CORRECTION: "БСО коррекции",
    DocumentCode.SHIFT_OPEN: "открытие смены",
    DocumentCode.SHIFT_CLOSE: "закрытие смены",
}


def _described(document: ArchivedDocument) -> str:
    fiscal = document.fiscal
    total = "" if document.total is None else f" over {_rubles(document.total)}"
    kind = f"{document.operation} " if document.operation else ""
    return f"document {fiscal.document}: {kind}{document.code.name.lower()}{total}, {fiscal.datetime:%Y-%m-%d %H:%M}"


def _described_ru(document: ArchivedDocument) -> str:
    fiscal = document.fiscal
    total = "" if document.total is None else f" на {_rubles(document.total)}"
    return f"ФД {fiscal.document} ({_NAMES_RU.get(document.code, 'документ')}{total}, {fiscal.datetime:%d.%m.%Y %H:%M})"


def _rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"
