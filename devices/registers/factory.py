"""Which driver speaks to a register: by the family's name in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo

from devices.links.base import Link
from devices.registers.base import Register

MOSCOW = ZoneInfo("Europe/Moscow")


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
    raise NotImplementedError
