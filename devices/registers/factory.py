"""Every family of registers as one row: its driver, what its options are, how it is asked and put into words.

A family is a package under `devices.registers` with the rooms `driver` (`make`), `options` (`Options`) and `interview`
(`interview`), and `explain` in its package of `protocols`. They are imported on first use.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from importlib import import_module
from types import ModuleType
from typing import Final
from zoneinfo import ZoneInfo

from devices.errors import RequestError
from devices.links.base import Link
from devices.registers.base import Register
from devices.registers.timing import Timeouts
from devices.steps import Step

MOSCOW = ZoneInfo("Europe/Moscow")

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`title` is what technicians call it, `baudrates` the speeds at which it may be found, the usual one first.

    `make` answers a closed driver; `check` raises RequestError for an option that is none.

    `interview` asks whoever is on a closed link questions that change nothing, finding by finding, the last one the
    verdict; it closes the link. GatewayError before the first finding: nobody spoke the family's protocol (LinkError
    with code register_silent: nobody said anything at all).

    `explain` puts bytes into words; from the host, from the device, or None: not known.
    """

    title: str
    baudrates: tuple[int, ...]
    make: Callable[[Link, tzinfo, Timeouts, Options], Register]
    check: Callable[[Options], None]
    interview: Callable[[Link, Timeouts], AsyncIterator[Step]]
    explain: Callable[[bytes, bool | None], tuple[str, ...]]


def _row(package: str, *, title: str, baudrates: tuple[int, ...]) -> Family:
    def room(name: str) -> ModuleType:
        return import_module(f"devices.registers.{package}.{name}")

    def check(options: Options) -> None:
        room("options").Options.of(options)

    def explain(data: bytes, from_host: bool | None) -> tuple[str, ...]:
        words = import_module(f"protocols.{package}.explain")
        sender = None if from_host is None else words.Sender.HOST if from_host else words.Sender.DEVICE
        return tuple(words.explain(data, sender))

    return Family(
        title=title,
        baudrates=baudrates,
        make=lambda link, zone, timeouts, options: room("driver").make(link, zone, timeouts, options),
        check=check,
        interview=lambda link, timeouts: room("interview").interview(link, timeouts),
        explain=explain,
    )


#: By the name in the configuration.
FAMILIES: Final[Mapping[str, Family]] = {
    # The order in which the vendor's driver looks for a register's speed, the usual one first.
    "shtrih": _row("shtrih", title="Штрих-М", baudrates=(115200, 4800, 9600, 19200, 38400, 57600, 2400)),
    "atol": _row("atol", title="АТОЛ", baudrates=(115200, 4800, 57600, 38400, 19200, 9600)),
    # 93h's speeds; nearly all are left at the usual one.
    "pirit": _row("pirit", title="Пирит / Viki Print", baudrates=(57600, 115200, 38400, 19200, 9600, 4800)),
}
#: Families the project knows of and does not speak yet.
LATER: Final = ("atol-web",)
#: Tries every family there is; with one family that is this one.
AUTO: Final = "auto"


def create(
    family: str,
    link: Link,
    *,
    zone: tzinfo = MOSCOW,
    timeouts: Mapping[str, float] | None = None,
    options: Options | None = None,
) -> Register:
    """A closed driver of `family` or "auto"; RequestError names an unknown family, time-out or option.

    `options` are the family's own switches (`Options` of its package).
    """
    check_family(family)
    row = next(_rows(family))
    return row.make(link, zone, Timeouts.of(timeouts or {}), options or {})


def check_family(family: str) -> None:
    """RequestError for one that this version does not speak."""
    if family in LATER:
        raise RequestError(
            f"family {family!r} comes in a later version; this one speaks {', '.join(FAMILIES)}",
            hint="Эта версия ещё не работает с кассами такого семейства.",
            code="family_later",
        )
    if family not in {AUTO, *FAMILIES}:
        raise RequestError(
            f"family {family!r} is unknown; known: {', '.join(FAMILIES)}, {AUTO}",
            hint="Исправьте семейство кассы (family) в настройках.",
            code="family_unknown",
        )


def check_options(family: str, options: Options) -> None:
    """RequestError for an option that no register of `family` has; with "auto" each of them must take them."""
    for row in _rows(family):
        row.check(options)


def _rows(family: str) -> Iterator[Family]:
    return iter(FAMILIES.values()) if family == AUTO else iter((FAMILIES[family],))
