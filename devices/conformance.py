"""Whether a real register answers as its driver expects: questions only, each answer checked against the others.

The checks are pure functions of what was read; `examine` asks and yields what they find. Nothing is printed, made or
set. The driver's own way in would cancel a document that somebody left open, so a register with one is not entered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Any, Final

from devices.discovery import diagnose
from devices.errors import GatewayError
from devices.links.base import Link
from devices.links.trace import Direction, TracingLink
from devices.registers.base import (
    ArchivedDocument,
    Bookmark,
    Capability,
    DriveState,
    Identity,
    OfdState,
    Register,
    RegisterState,
    Shift,
)
from devices.registers.factory import AUTO, FAMILIES, create
from devices.registers.timing import Timeouts
from devices.steps import DOCUMENT_OPEN, Step
from protocols.ffd.numbers import T
from protocols.ffd.tlv import encode, find

#: Seconds in which a byte that nobody asked for would come.
LATE: Final = 2.0
#: The newest documents that are read.
DOCUMENTS: Final = 5
#: Seconds by which a register's clock may differ before it is told.
CLOCK: Final = 60.0

_FN, _RNM = 16, 16
_INN: Final = {10, 12}


class Verdict(StrEnum):
    FINE = "ok"
    WRONG = "failed"
    ODD = "odd"  # works, and somebody should look at it
    ABSENT = "not_supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report: stable `code`, a Russian sentence, seconds that it took, what was read."""

    code: str
    verdict: Verdict
    text: str
    seconds: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


#: Verdict and sentence of a check.
Said = Iterator[tuple[Verdict, str]]


def check_identity(who: Identity) -> Said:
    """Numbers as long as they must be, and something that it may sell by."""
    if not (len(who.fn) == _FN and who.fn.isdigit()):
        yield Verdict.WRONG, f"номер ФН «{who.fn}»: не 16 цифр"
    number = who.registration_number.strip()
    if not (len(number) == _RNM and number.isdigit()):
        yield Verdict.ODD, f"регистрационный номер «{number}»: не 16 цифр"
    if not (len(who.inn.strip()) in _INN and who.inn.strip().isdigit()):
        yield Verdict.ODD, f"ИНН пользователя «{who.inn}»: не 10 и не 12 цифр"
    for what, known in (("систем налогообложения", who.taxations), ("ставок НДС", who.vat_rates)):
        if not known:
            yield Verdict.WRONG, f"ни одной из {what}"
    if not who.model.strip():
        yield Verdict.ODD, "модель не названа"


def check_state(state: RegisterState, now: datetime) -> Said:
    """Its clock, and what would keep it from work."""
    behind = (now - state.clock).total_seconds()
    if abs(behind) > CLOCK:
        yield Verdict.ODD, f"часы кассы {'отстают' if behind > 0 else 'спешат'} на {abs(behind):.0f} с"
    if state.document_open:
        yield Verdict.ODD, "открыт документ"
    if state.cover_open:
        yield Verdict.ODD, "открыта крышка"


def check_drive(drive: DriveState, who: Identity) -> Said:
    """The drive is the one the register named, and is in use."""
    if drive.number != who.fn:
        yield Verdict.WRONG, f"номер ФН {drive.number}, а касса назвала {who.fn}"
    if drive.phase != "fiscal":
        yield Verdict.ODD, f"ФН не в фискальном режиме: {drive.phase}"
    if drive.current_document:
        yield Verdict.ODD, f"в ФН не закончен документ вида {drive.current_document}"
    if drive.phase == "fiscal" and drive.last_document < 1:
        yield Verdict.WRONG, "ФН в фискальном режиме без единого документа"
    if drive.warnings:
        yield Verdict.ODD, f"предупреждения ФН: {', '.join(drive.warnings)}"


def check_ofd(ofd: OfdState, drive: DriveState) -> Said:
    """The queue lies within the archive."""
    if not 0 <= ofd.unsent <= drive.last_document:
        yield Verdict.WRONG, f"в очереди к ОФД {ofd.unsent} документов из {drive.last_document}"
    if ofd.first_unsent is not None and ofd.unsent and not 1 <= ofd.first_unsent <= drive.last_document:
        yield Verdict.WRONG, f"первый в очереди ФД {ofd.first_unsent}, последний {drive.last_document}"


def check_bookmark(mark: Bookmark, state: RegisterState, drive: DriveState) -> Said:
    """What settling stands on says the same as state and drive."""
    for what, one, other in (
        ("номер ФН", mark.fn, drive.number),
        ("последний документ", mark.document, drive.last_document),
        ("смена открыта", mark.shift_open, state.shift is not Shift.CLOSED),
    ):
        if one != other:
            yield Verdict.WRONG, f"{what}: {one} и {other}"


def check_counters(counters: Mapping[str, int]) -> Said:
    """No sum and no count is below zero."""
    below = sorted(name for name, value in counters.items() if value < 0)
    if below:
        yield Verdict.WRONG, f"меньше нуля: {', '.join(below)}"


def check_alike(first: object, second: object) -> Said:
    """The same question was answered alike."""
    if first != second:
        yield Verdict.WRONG, "второй ответ на тот же вопрос другой: помехи на линии или касса занята другой программой"


def check_document(document: ArchivedDocument | None, number: int, who: Identity, *, read_back: bool) -> Said:
    """A document of the archive is whole, and is the one that was asked for."""
    if document is None:
        yield Verdict.WRONG, "не найден в архиве ФН"
        return
    if document.fiscal.document != number or document.fiscal.fn != who.fn:
        yield Verdict.WRONG, f"прочитан ФД {document.fiscal.document} накопителя {document.fiscal.fn}"
    if not document.elements:
        if read_back:
            yield Verdict.ODD, "теги не читаются (документ отдан ОФД и стёрт или касса их не отдаёт)"
        return
    if document.raw and encode(document.elements) not in document.raw:
        yield Verdict.ODD, "теги записаны не так, как их пишет ФФД"
    for tag, wanted in ((T.FD_NUMBER, number), (T.FN_NUMBER, who.fn)):
        found = find(document.elements, tag)
        if found is not None and found.value != wanted:
            yield Verdict.WRONG, f"тег {int(tag)}: {found.value!r}, а должно быть {wanted!r}"


def check_order(documents: Sequence[ArchivedDocument]) -> Said:
    """Younger documents bear later dates."""
    for older, younger in pairwise(documents):
        if younger.fiscal.datetime < older.fiscal.datetime:
            yield Verdict.ODD, f"ФД {younger.fiscal.document} по времени раньше ФД {older.fiscal.document}"


def check_answers(seconds: Sequence[float], timeouts: Timeouts) -> Said:
    """Answers come within the time that the driver waits before it asks again."""
    if seconds and max(seconds) > timeouts.answer:
        yield Verdict.ODD, f"самый долгий ответ {max(seconds):.2f} с: увеличьте timeouts.answer ({timeouts.answer:g} с)"


class Times:
    """Seconds from a question to the first byte of its answer, and bytes that came unasked."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._sent: float | None = None

    def heard(self, direction: Direction, data: bytes, at: float) -> None:
        if direction is Direction.SENT:
            self._sent = at
        elif self._sent is not None:
            self.seconds.append(at - self._sent)
            self._sent = None


async def examine(
    link: Link,
    family: str,
    *,
    now: Callable[[], datetime],
    options: Mapping[str, str] | None = None,
    timeouts: Timeouts | None = None,
    documents: int = DOCUMENTS,
) -> AsyncIterator[Finding]:
    """Findings as they come. `link` is closed and left closed; `family` is a row of the table of families, or
    AUTO.

    RequestError for options that are none of the family's. Whatever else goes wrong is a finding.
    """
    limits, times = timeouts or Timeouts(), Times()
    traced = TracingLink(link, times.heard)
    register = create(family, traced, options=options)
    opened = False
    try:
        steps = diagnose(traced) if family == AUTO else FAMILIES[family].interview(traced, limits)
        async for step in steps:
            opened = opened or step.code == DOCUMENT_OPEN
            yield _of_step(step)
        if opened:
            return
        async for found in _asked(register, now, documents):
            yield found
        yield _found(
            "timing", check_answers(times.seconds, limits), _spoken(times.seconds), data=_spread(times.seconds)
        )
        if not link.web:  # there an answer ends with its connection
            await traced.read(limits.confirm)  # what answers a question that the driver does not wait for
            late = await traced.read(LATE)
            silence = f"после последнего ответа {LATE:g} с тишины"
            yield _found("late_bytes", _unasked(late), silence, data={"bytes": late.hex()})
    except GatewayError as error:
        yield Finding(code=error.code, verdict=Verdict.WRONG, text=error.hint or error.detail)
    finally:
        await register.close()


async def _asked(register: Register, now: Callable[[], datetime], count: int) -> AsyncIterator[Finding]:
    loop = asyncio.get_running_loop()
    started = loop.time()

    def took() -> float:
        nonlocal started
        started, before = loop.time(), started
        return started - before

    await register.connect()
    who = register.identity
    text = f"{who.model}, заводской номер {who.serial}, прошивка {who.firmware}, ФФД {who.ffd}"
    yield _found("identity", check_identity(who), text, took(), _plain(who))
    state = await register.state()
    yield _found("state", check_state(state, now()), f"режим {state.mode}", took(), _plain(state))
    yield _found(
        "state_alike",
        check_alike(_steady(state, state.clock), _steady(await register.state(), state.clock)),
        "прочитано дважды",
        took(),
    )
    drive = await register.drive()
    text = f"ФН {drive.number}, последний документ {drive.last_document}"
    yield _found("drive", check_drive(drive, who), text, took(), _plain(drive))
    ofd = await register.ofd()
    yield _found("ofd", check_ofd(ofd, drive), f"к ОФД не передано: {ofd.unsent}", took(), _plain(ofd))
    mark = await register.bookmark(counters=True)
    yield _found("bookmark", check_bookmark(mark, state, drive), "закладка чека верна", took(), _plain(mark))
    counters = await register.counters()
    said = [*check_counters(counters), *check_alike(counters, await register.counters())]
    yield _found("counters", iter(said), f"счётчиков: {len(counters)}", took(), dict(counters))
    if Capability.SETTINGS in register.capabilities:
        tables = await register.settings()
        said = [*check_alike(tables, await register.settings())]
        yield _found("settings", iter(said), f"таблиц настроек: {len(tables)}", took(), {"tables": len(tables)})
    else:
        yield Finding(code="settings", verdict=Verdict.ABSENT, text="настройки этой кассы не читаются")
    async for found in _archive(register, drive.last_document, count):
        yield replace(found, seconds=took())
    await register.close()
    await register.connect()
    yield _found("connected_again", check_alike(who, register.identity), "второе подключение: касса та же", took())
    after = (await register.drive()).last_document
    yield _found("nothing_made", check_alike(drive.last_document, after), "ни одного документа не сделано", took())


async def _archive(register: Register, last: int, count: int) -> AsyncIterator[Finding]:
    whole = Capability.READ_BACK in register.capabilities
    read: list[ArchivedDocument] = []
    numbers = sorted({1, *range(max(1, last - count + 1), last + 1)}) if last else []
    for number in numbers:
        document = await register.document(number)
        said = check_document(document, number, register.identity, read_back=whole)
        if document is None:
            yield _found("document", said, f"ФД {number}", data={"number": number})
            continue
        read.append(document)
        text = f"ФД {number}: {document.code.name.lower()}, тегов {len(document.elements)}"
        yield _found("document", said, text, data={"number": number, "code": int(document.code)})
    yield _found("documents_in_order", check_order(read), f"прочитано документов: {len(read)}")
    beyond = await register.document(last + 1)
    yield _found("no_document", check_alike(beyond, None), f"ФД {last + 1} ещё нет")


def _unasked(late: bytes) -> Said:
    if late:
        yield Verdict.WRONG, f"касса прислала {len(late)} байт, о которых никто не спрашивал"


def _spoken(seconds: Sequence[float]) -> str:
    if not seconds:
        return "ни одного ответа"
    return f"ответов {len(seconds)}, обычно {median(seconds) * 1000:.0f} мс, не дольше {max(seconds) * 1000:.0f} мс"


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {"answers": 0}
    return {"answers": len(seconds), "median": round(median(seconds), 4), "longest": round(max(seconds), 4)}


def _found(
    code: str, said: Said, fine: str, seconds: float | None = None, data: Mapping[str, Any] | None = None
) -> Finding:
    """The worst of what was said; `fine` where nothing was."""
    told = list(said)
    worst = Verdict.WRONG if any(one is Verdict.WRONG for one, _ in told) else Verdict.ODD if told else Verdict.FINE
    text = "; ".join((fine, *(what for _, what in told)))
    return Finding(code=code, verdict=worst, text=text, seconds=seconds, data=data or {})


def _of_step(step: Step) -> Finding:
    verdict = Verdict.FINE if step.ok else Verdict.WRONG if step.code == DOCUMENT_OPEN else Verdict.ODD
    return Finding(code=f"interview_{step.code}", verdict=verdict, text=step.text)


def _steady(state: RegisterState, at: datetime) -> RegisterState:
    """Without what moves by itself."""
    return replace(state, clock=at, printing=False)


def _plain(values: Any) -> dict[str, Any]:
    """A dataclass as the report shows it."""
    return {name: getattr(values, name) for name in values.__dataclass_fields__}


def verdict(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(one.verdict is not Verdict.WRONG for one in findings)
