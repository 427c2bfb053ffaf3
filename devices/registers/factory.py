"""Which driver speaks to a register: by the family's name in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo

from devices.errors import RequestError
from devices.links.base import Link
from devices.registers.base import Register
from devices.registers.shtrih.driver import ShtrihRegister
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts

MOSCOW = ZoneInfo("Europe/Moscow")

FAMILIES = ("shtrih",)
#: Families the project knows of and does not speak yet.
LATER = ("atol", "atol-web", "pirit")
#: Tries every family there is; with one family that is this one.
AUTO = "auto"


def create(
    family: str,
    link: Link,
    *,
    zone: tzinfo = MOSCOW,
    timeouts: Mapping[str, float] | None = None,
    options: Mapping[str, str] | None = None,
) -> Register:
    """A closed driver of `family` ("shtrih" or "auto"); RequestError names an unknown family, time-out or option.

    `options` are the family's own switches, for "shtrih": protocol=auto|1|2, enq=auto|always, vat_code=mask|row,
    password=30.
    """
    if family in LATER:
        raise RequestError(
            f"family {family!r} comes in a later version; this one speaks {', '.join(FAMILIES)}",
            hint="Эта версия работает только с кассами Штрих-М.",
            code="family_later",
        )
    if family not in {AUTO, *FAMILIES}:
        raise RequestError(
            f"family {family!r} is unknown; known: {', '.join(FAMILIES)}, {AUTO}",
            hint="Исправьте семейство кассы (family) в настройках.",
            code="family_unknown",
        )
    return ShtrihRegister(link, zone=zone, timeouts=Timeouts.of(timeouts or {}), options=Options.of(options or {}))
