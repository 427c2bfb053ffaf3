"""Permit mode of a simulated world: which services are asked, what goes wrong with them, and what they really said.

The gateway's clients run as they are; only the sockets are left out (`permit_kit.InProcess`). What was heard is written
down at that rim, apart from the journal: an answer that came, when, for whose job, about which units.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final

from permit_kit import CDN, PIOT, InProcess, local

from emulator.marking.book import CodeBook
from emulator.permit.faults import Fault, Kind
from emulator.permit.servers import Module, PermitServers, Settings
from gateway.marking.permit import Permit, PermitSettings, build
from gateway.marking.permit.transport import Call, Reply

if TYPE_CHECKING:
    from simulation.houses import House

#: What the book of misfortunes calls those of permit mode's services.
SERVICES: Final = "permit services"
#: Share of worlds with permit mode, and the product group that the emulated services name for the worlds' units.
SHARE, GROUP = 0.4, "petfood"
#: For ever, as far as a life goes.
_ALWAYS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """`[permit]` of the world's gateways."""

    sections: Mapping[str, Any]
    rules: Mapping[str, str]

    def __str__(self) -> str:
        return f"{' + '.join(self.sections)}, no answer: {dict(self.rules)}"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that a gateway heard: entries by identification code, `jobs` in its hands when it asked."""

    house: str
    jobs: frozenset[str]
    entries: Mapping[str, Mapping[str, Any]]
    offline: bool


@dataclass(slots=True)
class Services:
    """The world's. `said` by reqId; `ordered` are the gateways at which somebody ordered emergency sale."""

    conditions: Conditions
    servers: PermitServers
    said: dict[str, Said] = field(default_factory=dict)
    ordered: set[str] = field(default_factory=set)

    def of(self, house: House, rng: Random) -> Permit:
        """Permit mode of one life of a gateway."""
        settings = PermitSettings.model_validate({**self.conditions.sections, "no_answer": dict(self.conditions.rules)})
        permit = build(settings, now=house.now, rng=rng, program_version="1", transport=_Ear(self, house))
        assert permit is not None
        return permit

    def may_sell_unasked(self) -> set[str]:
        """What the rules may say of a unit without an answer: its group is known only after the first answer."""
        default = self.conditions.rules.get("default", "refuse")
        return {default, self.conditions.rules.get(GROUP, default)}

    # --- misfortunes

    def misbehave(self, rng: Random) -> str:
        """One misfortune from now on; what lasts, lasts until `heal`."""
        what = rng.choice(("fault", "fault", "fault", "silent", "slow", "refuse", "key", "module", "piot"))
        server = rng.choice((None, None, *self.servers.names))
        settings = self.servers.settings
        match what:
            case "fault":
                kind = rng.choice(tuple(Kind))
                fault = Fault(
                    kind,
                    server,
                    path=rng.choice((None, "heck")),  # codes/check, outCheck
                    count=rng.choice((1, 1, 3, 50)),
                    seconds=rng.choice((0.3, 1.2, 2.0, 30.0)),
                    status=rng.choice((500, 502, 503, 429, 404)),
                    code=rng.choice((5000, 5000, 1)),
                )
                self.servers.faults.append(fault)
                return str(kind)
            case "silent" | "slow":
                seconds = 60.0 if what == "silent" else rng.choice((0.4, 1.2, 2.0))
                settings.delays = dict.fromkeys(self.servers.names if server is None else (server,), seconds)
            case "refuse":
                self.servers.faults.append(Fault(Kind.DROP, server, count=_ALWAYS))
            case "key":
                settings.key = "another"
            case "module":
                settings.local.status = rng.choice(("sync_error", "initialization", "not_configured"))
            case "piot":
                what = rng.choice(("emergency", "recovered", "offline"))
                setattr(settings, what, True)
        return what

    def heal(self) -> None:
        """All is well with them again."""
        self.servers.faults.clear()
        self.servers.settings = Settings(local=Module())


def drawn(seed: int) -> Conditions | None:
    """Of chances of its own: worlds without permit mode are what they were without it."""
    rng = Random(f"{seed}/permit")
    if rng.random() >= SHARE:
        return None
    module = local(rng.choice((1, 2)))
    piot = {"piot": {**PIOT["piot"], "version": rng.choice((1, 2, 3))}}
    sections = rng.choice((CDN, {**CDN, **module}, {**CDN, **module}, module, piot, {**piot, **module}))
    rules = {name: rng.choice(("refuse", "sell")) for name in ("default", GROUP) if rng.random() < 0.5}
    return Conditions(sections=sections, rules=rules)


def services(
    conditions: Conditions | None, book: Callable[[], CodeBook], now: Callable[[], datetime]
) -> Services | None:
    return None if conditions is None else Services(conditions, PermitServers(book, now))


class _Ear(InProcess):
    """Writes down what comes back to one gateway."""

    def __init__(self, services: Services, house: House) -> None:
        super().__init__(services.servers)
        self._said = services.said
        self._house = house

    async def send(self, call: Call, seconds: float) -> Reply:
        house = self._house
        jobs = frozenset(job for job in house.current.values() if job is not None)
        reply = await super().send(call, seconds)
        for answer in _answers(reply.body):
            entries = {one.get("printView", one["cis"]): one for one in answer["codes"]}
            offline = "inst" in answer or answer.get("isCheckedOffline") is True
            self._said[answer["reqId"]] = Said(house.name, jobs, entries, offline)
        return reply


def _answers(body: bytes) -> Iterator[Mapping[str, Any]]:
    """The objects about codes in a reply, however deep it wraps them."""
    try:
        parts = [json.loads(body)]
    except ValueError:
        return
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and "reqId" in part and "codes" in part:
            yield part
        elif isinstance(part, dict | list):
            parts += part.values() if isinstance(part, dict) else part
