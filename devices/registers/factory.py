"""Every family of registers as one row: its driver, what its options are, how it is asked and put into words.

A family is a package under `devices.registers` with the rooms `driver` (`Driver`), `options` (`Options`), `probes`
(`PROBES`) and `interview` (`interview`), and `explain` (`explain`, `fits`) in its package of `protocols`. They are
imported on first use.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import tzinfo
from importlib import import_module
from types import ModuleType
from typing import Final
from zoneinfo import ZoneInfo

from devices.errors import GatewayError, RequestError
from devices.links.base import Link
from devices.registers.auto import AutoRegister
from devices.registers.base import Register
from devices.registers.family import Family, Options
from devices.registers.timing import Timeouts
from devices.steps import Step
from protocols.framing import Fit

MOSCOW = ZoneInfo("Europe/Moscow")


def _row(package: str, *, title: str, baudrates: tuple[int, ...], web: bool = False) -> Family:
    def room(name: str) -> ModuleType:
        return import_module(f"devices.registers.{package}.{name}")

    def words() -> ModuleType:
        return import_module(f"protocols.{package}.explain")

    def check(options: Options) -> None:
        room("options").Options.of(options)

    def make(link: Link, zone: tzinfo, timeouts: Timeouts, options: Options) -> Register:
        own = room("options").Options.of(options)
        driver: Register = room("driver").Driver(link, zone=zone, timeouts=timeouts, options=own)
        return driver

    def explain(data: bytes, from_host: bool | None) -> tuple[str, ...]:
        sender = None if from_host is None else words().Sender.HOST if from_host else words().Sender.DEVICE
        return tuple(words().explain(data, sender))

    def fits(data: bytes) -> Fit:
        found: Fit = words().fits(data)
        return found

    return Family(
        title=title,
        baudrates=baudrates,
        web=web,
        make=make,
        check=check,
        probes=lambda: () if web else tuple(room("probes").PROBES),
        interview=lambda link, timeouts: _interviewed(room("interview").interview, link, timeouts),
        explain=explain,
        fits=fits,
    )


async def _interviewed(
    ask: Callable[[Link, Timeouts], AsyncIterator[Step]], link: Link, timeouts: Timeouts
) -> AsyncIterator[Step]:
    """What the family finds, and what broke it off, if anything; the link is closed then."""
    begun = False
    try:
        async for step in ask(link, timeouts):
            begun = True
            yield step
    except GatewayError as error:
        if not begun:
            raise
        yield Step(code=error.code, ok=False, text=error.hint or error.detail)
    finally:
        await link.close()


#: By the name in the configuration, in the order in which a line is asked for them.
FAMILIES: Final[Mapping[str, Family]] = {
    # The order in which the vendor's driver looks for a register's speed, the usual one first.
    "shtrih": _row("shtrih", title="Штрих-М", baudrates=(115200, 4800, 9600, 19200, 38400, 57600, 2400)),
    # 93h's speeds; nearly all are left at the usual one.
    "pirit": _row("pirit", title="Пирит / Viki Print", baudrates=(57600, 115200, 38400, 19200, 9600, 4800)),
    # The factory's speed, then that of a register after a technological reset.
    "atol": _row("atol", title="АТОЛ", baudrates=(115200, 4800, 57600, 38400, 19200, 9600)),
    "atol-web": _row("atol_web", title="веб-сервер АТОЛ", baudrates=(), web=True),
}
#: Whatever answers.
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

    `options` are the family's own switches (`Options` of its package); those of "auto" are of what is found.
    """
    check_family(family)
    limits = Timeouts.of(timeouts or {})
    if family == AUTO:
        check_options(AUTO, options or {})
        return AutoRegister(link, FAMILIES, zone=zone, timeouts=limits, options=options or {})
    row = FAMILIES[family]
    if link.tunable and row.baudrates:
        link.tune(row.baudrates[0])
    return row.make(link, zone, limits, options or {})


def check_family(family: str) -> None:
    """RequestError for one that this version does not speak."""
    if family not in {AUTO, *FAMILIES}:
        raise RequestError(
            f"family {family!r} is unknown; known: {', '.join(FAMILIES)}, {AUTO}",
            hint="Исправьте семейство кассы (family) в настройках.",
            code="family_unknown",
        )


def check_options(family: str, options: Options) -> None:
    """RequestError for an option that `family` does not have, with "auto" for one that no family has."""
    if family != AUTO:
        FAMILIES[family].check(options)
        return
    for name, value in options.items():
        if not any(_takes(row, {name: value}) for row in FAMILIES.values()):
            raise RequestError(
                f"option {name} or its value is unknown to every family ({', '.join(FAMILIES)})",
                hint=f"Настройки {name} (options) или такого её значения нет ни у одного семейства касс.",
                code="option_unknown",
            )


def _takes(row: Family, options: Options) -> bool:
    try:
        row.check(options)
    except RequestError:
        return False
    return True


def explained(
    data: bytes, from_host: bool | None = None, families: Mapping[str, Family] = FAMILIES
) -> dict[str, tuple[str, ...]]:
    """Bytes in the words of the families that they fit best, by name; empty where they fit none."""
    fit = {name: row.fits(data) for name, row in families.items()}
    best = max(fit.values())
    return {name: families[name].explain(data, from_host) for name in fit if best and fit[name] is best}
