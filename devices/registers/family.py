"""What a family of registers is to whoever does not know which one it has to do with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from devices.links.base import Link
from devices.registers.base import Register
from devices.registers.probing import Probe
from devices.registers.timing import Timeouts
from devices.steps import Step
from protocols.framing import Fit

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`title` is what technicians call it, `baudrates` the speeds at which it may be found, the usual one first.

    `web`: it is spoken to by HTTP, over links that are made for it (`Link.web`), else by bytes over all others.

    `make` answers a closed driver; `check` raises RequestError for an option that is none.

    `probes` are what it is recognised by, whatever else may be on the line; without any, by the link. `interview` asks
    a device that was recognised, on a closed link, questions that change nothing, finding by finding, the last one the
    verdict; it closes the link. GatewayError before the first finding: the device does not answer any more.

    `explain` puts bytes into words; from the host, from the device, or None: not known. `fits`: whether they are its.
    """

    title: str
    baudrates: tuple[int, ...]
    web: bool
    make: Callable[[Link, tzinfo, Timeouts, Options], Register]
    check: Callable[[Options], None]
    probes: Callable[[], tuple[Probe, ...]]
    interview: Callable[[Link, Timeouts], AsyncIterator[Step]]
    explain: Callable[[bytes, bool | None], tuple[str, ...]]
    fits: Callable[[bytes], Fit]


def spoken_over(link: Link, families: Mapping[str, Family]) -> dict[str, Family]:
    """Those that may be asked there: a web server is sent no other protocol's bytes, and a register no HTTP."""
    return {name: row for name, row in families.items() if row.web is link.web}
