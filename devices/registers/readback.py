"""The drive's document against the request (design.md, rule 6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import tzinfo

from devices.errors import DeviceError, LinkError, ProtocolError
from devices.registers.archive import fiscal_of, parse
from devices.registers.base import Difference, Fiscal, Identity, MarkingVerdict, Outcome, Warn
from devices.registers.marking import differences as marking_differences
from devices.registers.marking import warnings_of
from protocols.ffd.compare import differences
from protocols.ffd.enums import DocumentCode
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, Value

PAPER_PENDING = Warn(
    code="paper_pending",
    detail="the document exists but is not fully printed",
    hint="Чек фискализирован, но не допечатан. Вставьте бумагу: касса допечатает его.",
)


NOT_READ_BACK = Warn(
    code="not_read_back",
    detail="this firmware cannot read documents back, so the document was not compared with the request",
    hint="Прошивка кассы не даёт прочитать чек из накопителя: сверка не выполнена.",
)


def read_back(
    receipt: Receipt,
    identity: Identity,
    fiscal: Fiscal,
    raw: bytes | None,
    verdicts: tuple[MarkingVerdict, ...],
    *,
    zone: tzinfo,
) -> Outcome:
    """What was made: `fiscal` as the answers told it, `raw` the TLV that the drive holds (None: it cannot be read)."""
    warnings = warnings_of(verdicts)
    if raw is None:
        return Outcome(fiscal=fiscal, warnings=(*warnings, NOT_READ_BACK), marking=verdicts)
    elements = parse(raw)
    return Outcome(
        fiscal=fiscal_of(elements, fiscal, zone=zone),
        differences=compared(receipt, identity, elements, marking=verdicts),
        warnings=tuple(warnings),
        marking=verdicts,
    )


async def surely_read_back(
    read: Callable[[], Awaitable[bytes | None]],
    receipt: Receipt,
    identity: Identity,
    fiscal: Fiscal,
    verdicts: tuple[MarkingVerdict, ...],
    *,
    zone: tzinfo,
) -> Outcome:
    """As `read_back`, of lines whose frames are summed up in one byte: what would be an alarm is read once more."""
    raw = await read()
    with suppress(ProtocolError):
        outcome = read_back(receipt, identity, fiscal, raw, verdicts, zone=zone)
        if not outcome.differences and NOT_READ_BACK not in outcome.warnings:
            return outcome
    return read_back(receipt, identity, fiscal, await read(), verdicts, zone=zone)


def answered_of_old(document: int, last: int) -> LinkError:
    """The closing was answered with a document that was there before: what became of it must be settled."""
    return LinkError(
        f"the closing was answered with document {document}, the drive was at {last} before",
        hint="Касса ответила про старый документ: программа проверит, создан ли новый.",
        code="answer_contradicts_drive",
    )


def answered_of_none(document: int, last: int) -> LinkError:
    """The closing was answered with a document that the drive does not have: the line made another number of it."""
    return LinkError(
        f"the closing was answered with document {document}, the drive is at {last}",
        hint="Касса ответила про документ, которого в накопителе нет: программа проверит, какой создан.",
        code="answer_contradicts_drive",
    )


def answered_of_other(document: int, found: DocumentCode, asked: DocumentCode) -> LinkError:
    """The drive's document after a report is no such report: what became of it must be settled."""
    return LinkError(
        f"document {document} of the drive is {found.name}, asked for was {asked.name}",
        hint="После отчёта в накопителе другой документ: программа проверит, создан ли отчёт.",
        code="answer_contradicts_drive",
    )


def refused_yet_made(error: DeviceError, before: int, now: int) -> LinkError:
    """A refusal, and the drive has a document more all the same: it must be settled."""
    return LinkError(
        f"{error.command} was refused ({error.detail}), yet the drive went on from document {before} to {now}",
        hint="Касса ответила ошибкой, но документ в накопителе появился: он будет проверен.",
        code="answer_contradicts_drive",
    )


def compared(
    receipt: Receipt,
    identity: Identity,
    elements: Sequence[Element],
    *,
    marking: Iterable[MarkingVerdict] | None = None,
) -> tuple[Difference, ...]:
    """Every departure, except what the register rightly adds from its registration.

    `marking`: the checks of this very receipt; None where their answers are not known any more.
    """
    deviations = differences(receipt, identity.ffd, elements, _registered(identity))
    found = (Difference(path=one.path, asked=one.asked, found=one.found) for one in deviations)
    return (*found, *marking_differences(receipt, identity.ffd, elements, marking))


def _registered(identity: Identity) -> dict[int, Value]:
    known: dict[int, Value] = {
        T.USER_NAME: identity.user_name,
        T.SETTLEMENT_ADDRESS: identity.address,
        T.SETTLEMENT_PLACE: identity.place,
        T.SENDER_EMAIL: identity.sender_email,
        T.KKT_SERIAL_NUMBER: identity.serial,
        T.USER_INN: identity.inn,
    }
    return {tag: value for tag, value in known.items() if value}
