"""A register looked over: everything it says of itself, and findings with what to do about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from devices.errors import GatewayError
from devices.registers.base import (
    Capability,
    DriveState,
    Identity,
    MarkingState,
    OfdState,
    Paper,
    Register,
    RegisterState,
    Shift,
)
from gateway.jobs.plain import plain

#: A register's clock may differ from ours by this much before it is worth a word.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: Documents waiting for the OFD longer than this deserve a look; at 30 days the drive blocks itself.
OFD_TOLERANCE = timedelta(days=3)
#: Percent of the drive's area for notifications that are reason enough to look after them.
AREA_TOLERANCE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read."""

    identity: Identity
    state: RegisterState
    drive: DriveState
    ofd: OfdState
    now: datetime
    marking: MarkingState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One more thing that can be found."""

    code: str
    found: Callable[[Seen], bool]
    detail: Callable[[Seen], str]
    hint: str


def _ofd_late(seen: Seen) -> bool:
    first = seen.ofd.first_unsent_at
    return first is not None and seen.now - first > OFD_TOLERANCE


def _notifications_late(seen: Seen) -> bool:
    marking = seen.marking
    if marking is None:
        return False
    first = marking.first_unsent_at
    return (marking.fill_percent or 0) >= AREA_TOLERANCE or (first is not None and seen.now - first > OFD_TOLERANCE)


def _unloaded_late(seen: Seen) -> bool:
    return seen.marking is not None and seen.marking.autonomous and seen.marking.unsent > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a person at the till can put right with his hands."""

    code: str
    found: Callable[[RegisterState], bool]
    detail: str
    hint: str


CAUSES: Final[tuple[Cause, ...]] = (
    Cause(
        code="cover_open",
        found=lambda state: state.cover_open,
        detail="the cover is open",
        hint="Закройте крышку.",
    ),
    Cause(
        code="paper_out",
        found=lambda state: state.paper is Paper.OUT,
        detail="there is no paper",
        hint="Вставьте чековую ленту.",
    ),
    Cause(
        code="print_interrupted",
        found=lambda state: state.paper is Paper.WAITING_CONTINUE,
        detail="an interrupted document waits to be printed on",
        hint="Выполните «recover»: касса допечатает документ.",
    ),
)


def at_the_till(state: RegisterState) -> Cause | None:
    """What a person must do first."""
    return next((cause for cause in CAUSES if cause.found(state)), None)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        code="document_open",
        found=lambda seen: seen.state.document_open or seen.drive.current_document != 0,
        detail=lambda seen: "a document is half made",
        hint="Выполните «recover»: незавершённый документ будет аннулирован.",
    ),
    Rule(
        code="shift_expired",
        found=lambda seen: seen.state.shift is Shift.EXPIRED,
        detail=lambda seen: f"shift {seen.state.shift_number} is open for more than 24 hours",
        hint="Закройте смену.",
    ),
    Rule(
        code="clock_drift",
        found=lambda seen: abs(seen.state.clock - seen.now) > CLOCK_TOLERANCE,
        detail=lambda seen: f"the register's clock shows {seen.state.clock.isoformat(timespec='seconds')}",
        hint="Закройте смену и установите часы кассы (set-clock).",
    ),
    Rule(
        code="drive_not_fiscal",
        found=lambda seen: seen.drive.phase != "fiscal",
        detail=lambda seen: f"the fiscal drive is in phase {seen.drive.phase!r}",
        hint="Накопитель не в фискальном режиме: обратитесь в сервисный центр.",
    ),
    Rule(
        code="drive_warnings",
        found=lambda seen: bool(seen.drive.warnings),
        detail=lambda seen: "the fiscal drive warns: " + ", ".join(seen.drive.warnings),
        hint="Проверьте срок и память накопителя и связь с ОФД; при необходимости закажите замену ФН.",
    ),
    Rule(
        code="ofd_backlog",
        found=_ofd_late,
        detail=lambda seen: f"{seen.ofd.unsent} documents wait for the OFD since {seen.ofd.first_unsent_at}",
        hint="Документы не уходят в ОФД: проверьте интернет на кассе и адрес ОФД. Через 30 дней ФН заблокируется.",
    ),
    Rule(
        code="notifications_backlog",
        found=_notifications_late,
        detail=lambda seen: f"notifications of sold codes wait for the marking system: {_waiting(seen)}",
        hint="Уведомления о продаже маркированных товаров не уходят: проверьте интернет на кассе и адрес сервера КМ. "
        "Через 30 дней касса перестанет продавать маркированные товары.",
    ),
    Rule(
        code="notifications_to_unload",
        found=_unloaded_late,
        detail=lambda seen: f"an autonomous register keeps notifications of sold codes: {_waiting(seen)}",
        hint="Выгрузите уведомления (fiscal-gateway notifications) и загрузите их в личный кабинет не позже 30 дней.",
    ),
    Rule(
        code="marking_blocked",
        found=lambda seen: seen.marking is not None and seen.marking.blocked,
        detail=lambda seen: "the drive checks no marking codes any more",
        hint="Накопитель не проверяет коды маркировки: дождитесь передачи уведомлений о проданных товарах.",
    ),
)


def _waiting(seen: Seen) -> str:
    marking = seen.marking
    assert marking is not None, "asked for where there is one"
    since = "" if marking.first_unsent_at is None else f" since {marking.first_unsent_at}"
    filled = "" if marking.fill_percent is None else f", {marking.fill_percent} % of their area"
    return f"{marking.unsent}{since}{filled}"


def findings(seen: Seen) -> list[dict[str, str]]:
    """What is wrong or will be soon, as `{"code", "detail", "hint"}`."""
    causes = [one for one in CAUSES if one.found(seen.state)]
    rules = [one for one in RULES if one.found(seen)]
    return [{"code": one.code, "detail": one.detail, "hint": one.hint} for one in causes] + [
        {"code": one.code, "detail": one.detail(seen), "hint": one.hint} for one in rules
    ]


async def diagnose(register: Register, now: datetime) -> Mapping[str, Any]:
    """Everything the register says, JSON-ready."""
    seen = Seen(
        identity=register.identity,
        state=await register.state(),
        drive=await register.drive(),
        ofd=await register.ofd(),
        marking=await register.marking_state(),
        now=now,
    )
    settings = await register.settings() if Capability.SETTINGS in register.capabilities else ()
    return {
        "reachable": True,
        "identity": plain(seen.identity),
        "capabilities": sorted(capability.value for capability in register.capabilities),
        "state": plain(seen.state),
        "drive": plain(seen.drive),
        "ofd": plain(seen.ofd),
        "marking": plain(seen.marking),
        "settings": plain(settings),
        "findings": findings(seen),
    }


def unreachable(error: GatewayError) -> Mapping[str, Any]:
    """The diagnosis of a register that does not answer."""
    return {
        "reachable": False,
        "findings": [{"code": error.code, "detail": error.detail, "hint": error.hint}],
    }
