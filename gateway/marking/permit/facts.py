"""The answers of the marking system's services as values: one reading for CDN, ЛМ ЧЗ v1/v2 and ТС ПИоТ v1-v3.

Fields that are absent, null or of another JSON type are None, and no rule holds against None. Unknown fields are kept
in `Facts.raw` and otherwise passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from protocols.marking import GS, Code

#: What tag 1265 is made of comes from a foreign program and must not break out of it.
_ID = re.compile(r"[0-9A-Za-z._:-]{1,64}").fullmatch
#: Milliseconds since 1970 have 13 digits until the year 2286; other widths are other units.
_TIME = re.compile(r"[0-9]{13}").fullmatch

Json = Mapping[str, Any]


class BadAnswer(Exception):
    """What came back is no answer to what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the marking system says of one code. Prices are kopecks; names are those of its JSON."""

    cis: str
    print_view: str = ""
    gtin: str = ""
    valid: bool | None = None
    found: bool | None = None
    utilised: bool | None = None
    verified: bool | None = None
    blocked: bool | None = None
    sold: bool | None = None
    realizable: bool | None = None
    grey: bool | None = None
    elimination: int | None = None
    expires: datetime | date | None = None
    mrp: int | None = None
    smp: int | None = None
    package: str | None = None  # UNIT, GROUP …
    package_quantity: int | None = None
    groups: tuple[int, ...] = ()
    error: int | None = None
    message: str = ""
    raw: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered request. `offline`: by a black list, so that nothing but what it lists may be believed.

    `emergency`: the service lets everything be sold and has looked at nothing; all else is empty then.
    """

    request_id: str = ""
    timestamp: str = ""  # milliseconds UTC
    facts: tuple[Facts, ...] = ()
    offline: bool = False
    instance: str = ""
    version: str = ""
    emergency: bool = False
    envelope: Json = field(default_factory=dict)

    @property
    def requisite(self) -> str:
        """Tag 1265 (marking.md §4.3)."""
        text = f"UUID={self.request_id}&Time={self.timestamp}"
        if self.offline:
            text += f"&Inst={self.instance}&Ver={self.version}"
        return text

    def about(self, code: Code) -> Facts | None:
        """The entry that is about this code."""
        return next((one for one in self.facts if concerns(one, code)), None)


def concerns(facts: Facts, code: Code) -> bool:
    """Whether an entry names this code: services give the КИ, the КМ, or something between (a block with its price)."""
    ours, cis = code.text.replace(GS, ""), code.cis
    named = (facts.cis.replace(GS, ""), facts.print_view.replace(GS, ""))
    return any(ours.startswith(name) and name.startswith(cis) for name in named if name)


def loaded(body: bytes) -> Json:
    """The JSON object of a body; BadAnswer."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"no JSON: {error}"[:200]) from error
    if not isinstance(value, dict):
        raise BadAnswer("no JSON object")
    return value


def checked(envelope: Json, *, offline: bool = False, instance: str = "", version: str = "") -> Answer:
    """The inner object that all services share: `codes`, `reqId`, `reqTimestamp`; BadAnswer.

    `instance` and `version` are used where the answer of an offline check leaves them out.
    """
    codes = envelope.get("codes")
    if not isinstance(codes, list):
        raise BadAnswer("no list of codes")
    request_id, timestamp = _word(envelope.get("reqId")), str(envelope.get("reqTimestamp", ""))
    if _ID(request_id) is None or _TIME(timestamp) is None:
        raise BadAnswer("no reqId or reqTimestamp, which the receipt must bear")
    offline = offline or envelope.get("isCheckedOffline") is True
    instance, version = _word(envelope.get("inst")) or instance, _word(envelope.get("version")) or version
    if offline and (_ID(instance) is None or _ID(version) is None):
        raise BadAnswer("an offline answer without inst or version, which the receipt must bear")
    return Answer(
        request_id=request_id,
        timestamp=timestamp,
        facts=tuple(_facts(entry) for entry in codes if isinstance(entry, dict)),
        offline=offline,
        instance=instance,
        version=version,
        envelope=envelope,
    )


def inner_code(envelope: Json) -> int:
    """`code` of an answer; absent is 0."""
    return _number(envelope.get("code")) or 0


def results(body: Json) -> tuple[Json, ...]:
    """The inner objects of a local module's answer: `results`, or itself (the old GET)."""
    listed = body.get("results")
    if listed is None and "codes" in body:
        return (body,)
    return _objects(listed)


def responses(body: Json) -> tuple[Json, ...]:
    """The inner objects of ТС ПИоТ: `codesResponse`, wrapped twice in v1."""
    listed = body.get("codesResponse")
    if isinstance(listed, dict):
        listed = listed.get("codesResponse")
    return _objects(listed)


def _objects(listed: object) -> tuple[Json, ...]:
    found = tuple(one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    if not found:
        raise BadAnswer("no results")
    return found


def _facts(entry: Json) -> Facts:
    return Facts(
        cis=_word(entry.get("cis")),
        print_view=_word(entry.get("printView")),
        gtin=_word(entry.get("gtin")),
        valid=_flag(entry.get("valid")),
        found=_flag(entry.get("found")),
        utilised=_flag(entry.get("utilised")),
        verified=_flag(entry.get("verified")),
        blocked=_flag(entry.get("isBlocked")),
        sold=_flag(entry.get("sold")),
        realizable=_flag(entry.get("realizable")),
        grey=_flag(entry.get("grayZone")),
        elimination=_number(entry.get("eliminationState")),
        expires=_moment(entry.get("expireDate")),
        mrp=_number(entry.get("mrp")),
        smp=_number(entry.get("smp")),
        package=_word(entry.get("packageType")).upper() or None,
        package_quantity=_number(entry.get("packageQuantity")),
        groups=tuple(_numbers(entry.get("groupIds"))),
        error=_number(entry.get("errorCode")),
        message=_word(entry.get("message"))[:200],
        raw=entry,
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    """Whole numbers, also as text or as 199.0: services differ."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19 else None


def _numbers(value: object) -> Iterator[int]:
    for each in value if isinstance(value, list) else ():
        number = _number(each)
        if number is not None:
            yield number


def _moment(value: object) -> datetime | date | None:
    """ISO 8601 with or without a time; a moment without its zone is UTC's date, the service's own."""
    text = _word(value)
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.date()
