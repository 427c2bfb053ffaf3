"""Permit mode as the jobs see it: marked lines in, verdicts out, within three seconds whatever happens.

ТС ПИоТ or else the CDN is asked first, the local module about what they did not answer, and then the policy decides.
No answer is remembered between two calls: tag 1265 belongs to the sale that asked for it. What is remembered is the
product group of each GTIN, which a code's shape alone leaves open and the local module and the policy want to know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from gateway.marking.permit.decision import DEALS, Deal, decide
from gateway.marking.permit.emergency import Emergency
from gateway.marking.permit.model import Asked, Source, Verdict
from gateway.marking.permit.policy import NOT_ASKED_KINDS, NoAnswer, Policy
from gateway.marking.permit.reasons import (
    BY_OPERATOR,
    BY_RULE,
    CONNECTION,
    EMERGENCY,
    NO_ANSWER,
    NO_ANSWER_BECAUSE,
    NOT_ASKED,
    RETURN_UNCHECKED,
    SYSTEM_ERRORS,
    Reason,
)
from gateway.marking.permit.sources import Heard, Service, unheard
from protocols.ffd.receipt import IndustryDetail

#: Seconds for all lines of a receipt and all who are asked.
BUDGET: Final = 3.0
#: Of them, seconds that are left to the local module. It is on this machine and looks into a list.
LOCAL_SHARE: Final = 0.5

#: GTINs whose product group is remembered; the oldest is forgotten for a new one.
REMEMBERED: Final = 50_000

#: Tag 1260 of a checked line: Минпромторг, and the decree that began permit mode (marking.md §4.3).
FEDERAL_ID, DECREE_DATE, DECREE_NUMBER = "030", date(2023, 11, 21), "1944"


#: The same as the drive holds it.
DECREE: Final[Mapping[int, str]] = {1262: FEDERAL_ID, 1263: f"{DECREE_DATE:%d.%m.%Y}", 1264: DECREE_NUMBER}


def requisite(value: str) -> IndustryDetail:
    """Tag 1260 with this 1265."""
    return IndustryDetail(federal_id=FEDERAL_ID, date=DECREE_DATE, number=DECREE_NUMBER, value=value)


def is_requisite(detail: IndustryDetail) -> bool:
    """Whether a 1260 is permit mode's."""
    return (detail.federal_id, detail.date, detail.number) == (FEDERAL_ID, DECREE_DATE, DECREE_NUMBER)


class Permit:
    """Made by `gateway.marking.permit.build`. `start` and `close` it on the loop that asks."""

    def __init__(
        self,
        online: Service | None,
        local: Service | None,
        policy: Policy,
        emergency: Emergency,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._online = online
        self._local = local
        self._services = tuple(one for one in (online, local) if one is not None)
        self._policy = policy
        self.emergency = emergency
        self._now = now
        self._keeping: list[asyncio.Task[None]] = []
        self._groups: dict[str, int] = {}

    def start(self) -> None:
        """Begin what is done in the background."""
        for service in self._services:
            self._keeping.append(asyncio.create_task(service.keep(), name=f"permit {service.source}"))

    async def close(self) -> None:
        """End it and let the connections go."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for service in self._services:
            await service.close()

    async def check(self, asked: Sequence[Asked], *, fn: str, now: datetime | None = None) -> tuple[Verdict, ...]:
        """A verdict a line, in order. `fn` is the number of the drive that will hold the sale, `now` the moment by the
        register's own clock zone (the shop's clock otherwise). Raises nothing of its own."""
        places = [place for place, one in enumerate(asked) if _concerned(one)]
        concerned = [self._grouped(asked[place]) for place in places]
        verdicts = [_verdict(NOT_ASKED)] * len(asked)
        heard = await self._heard(concerned, fn)
        for place, one, (source, said) in zip(places, concerned, heard, strict=True):
            verdicts[place] = self._verdict(one, source, said, now or self._now())
            self._learn(said)
        return tuple(verdicts)

    def _grouped(self, asked: Asked) -> Asked:
        if asked.group is not None or asked.code.gtin is None:
            return asked
        return replace(asked, group=self._groups.get(asked.code.gtin))

    def _learn(self, said: Heard) -> None:
        facts = said.facts
        if facts is None or len(facts.groups) != 1 or not facts.gtin:
            return
        if facts.gtin not in self._groups and len(self._groups) >= REMEMBERED:
            del self._groups[next(iter(self._groups))]
        self._groups[facts.gtin] = facts.groups[0]

    async def _heard(self, asked: Sequence[Asked], fn: str) -> list[tuple[Source, Heard]]:
        if not asked:
            return []
        until = asyncio.get_running_loop().time() + BUDGET
        first_until = until - (LOCAL_SHARE if self._local is not None else 0.0)
        alone = self._local is None
        said: list[tuple[Source, Heard]] = [(Source.NONE, unheard(""))] * len(asked)
        if self._online is not None:
            said = await self._asked(said, self._online, asked, fn, first_until, last_resort=alone)
        if self._local is not None:
            said = await self._asked(said, self._local, asked, fn, until)
        if self._online is not None and self._online.spares and not alone:
            said = await self._asked(said, self._online, asked, fn, until, last_resort=True)
        return said

    async def _asked(
        self,
        said: list[tuple[Source, Heard]],
        service: Service,
        asked: Sequence[Asked],
        fn: str,
        until: float,
        *,
        last_resort: bool = False,
    ) -> list[tuple[Source, Heard]]:
        """What was said before, and this service's word on what nobody answered."""
        silent = [place for place, (_, one) in enumerate(said) if not one.answered]
        if not silent:
            return said
        more = await _within(service, [asked[place] for place in silent], fn, until, last_resort=last_resort)
        heard = list(said)
        for place, one in zip(silent, more, strict=True):
            heard[place] = (service.source, one if one.answered else _both(said[place][1], one))
        return heard

    def _verdict(self, asked: Asked, source: Source, said: Heard, now: datetime) -> Verdict:
        answer = said.answer
        if answer is None:
            return self._unanswered(asked, said)
        if answer.emergency or said.facts is None:
            return _verdict(EMERGENCY, source, said)
        reason = decide(answer, said.facts, asked, source, now)
        detail = reason.detail
        if not reason.allows and said.facts.error:
            known = SYSTEM_ERRORS.get(said.facts.error, said.facts.message or "unknown")
            detail += f" (error {said.facts.error} of the marking system: {known})"
        return _verdict(reason, source, said, detail, requisite(answer.requisite) if reason.allows else None)

    def _unanswered(self, asked: Asked, said: Heard) -> Verdict:
        if DEALS[asked.operation] is Deal.RETURN:
            reason = RETURN_UNCHECKED
        elif self._policy.on(() if asked.group is None else (asked.group,)) is NoAnswer.SELL:
            reason = BY_RULE
        else:
            reason = BY_OPERATOR if self.emergency.on(self._now()) else NO_ANSWER
        hint = ""
        if reason is NO_ANSWER and said.hint:
            hint = NO_ANSWER_BECAUSE.format(said.hint)
        return _verdict(reason, Source.NONE, said, f"{reason.detail}: {said.failure}", hint=hint)

    def state(self) -> Mapping[str, Any]:
        """For a technician."""
        return {
            "services": {str(service.source): service.state() for service in self._services},
            "emergency": self.emergency.state(self._now()),
        }


def _concerned(asked: Asked) -> bool:
    return asked.operation in DEALS and asked.code.kind not in NOT_ASKED_KINDS


async def _within(service: Service, asked: Sequence[Asked], fn: str, until: float, *, last_resort: bool) -> list[Heard]:
    """A service keeps its time by itself; that it does must not be a matter of trust."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until + 0.05):
            return await service.ask(asked, fn, until, last_resort=last_resort)
    return [unheard(f"{service.source}: no answer in time")] * len(asked)


def _both(first: Heard, second: Heard) -> Heard:
    """Nobody answered: both reasons are told."""
    words = "; ".join(dict.fromkeys(word for word in (first.failure, second.failure) if word))
    hint = ""
    if first.hint or second.hint:
        hint = " ".join(dict.fromkeys(one.hint or CONNECTION for one in (first, second) if one.failure))
    return unheard(words, first.request or second.request, (first.text or second.text).encode(), hint=hint)


def _verdict(
    reason: Reason,
    source: Source = Source.NONE,
    said: Heard | None = None,
    detail: str = "",
    industry: IndustryDetail | None = None,
    hint: str = "",
) -> Verdict:
    return Verdict(
        allowed=reason.allows,
        reason=reason.code,
        source=source,
        detail=detail or reason.detail,
        hint=hint or reason.hint,
        industry=industry,
        request="" if said is None else said.request,
        answer="" if said is None else said.text,
    )
