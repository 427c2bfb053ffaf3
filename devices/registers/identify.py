"""Which family answers on a line, found without touching whoever it is (`probing` says why)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

from devices.errors import LinkError
from devices.links.base import Link
from devices.registers.family import Family, spoken_over
from devices.registers.probing import Conversation, Probe, Turn
from devices.registers.timing import Timeouts

#: Code of the LinkError of a line that the other side closed.
HUNG_UP: Final = "link_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was said at one speed of a line; `family` by its name when one was recognised."""

    link: str
    turns: tuple[Turn, ...]
    heard: bytes
    family: str | None = None
    framing: str = ""


async def identify(link: Link, families: Mapping[str, Family], timeouts: Timeouts) -> AsyncIterator[Look]:
    """A look for each speed that may be the device's; the last one has the family, unless nobody was recognised.

    The link is closed before and after, and tuned to the speed that was found. LinkError where it cannot be opened;
    ProtocolError where somebody talks without end.
    """
    for place, speed in enumerate(_speeds(families.values()) if link.tunable else (None,)):
        if speed is not None:
            link.tune(speed)
        at_it = {name: row for name, row in families.items() if speed is None or speed in row.baudrates}
        found = await look(link, at_it, timeouts, afresh=not place)
        yield found
        if found.family is not None:
            return


async def look(link: Link, families: Mapping[str, Family], timeouts: Timeouts, *, afresh: bool = True) -> Look:
    """The same at the speed that the line has. `afresh`: another program may just have left it."""
    families = spoken_over(link, families)
    talk = Conversation(link, timeouts)
    found, framing = None, ""
    try:
        await link.open()
        if afresh and not link.reliable:
            await talk.listen()
        for name, probe in ((name, probe) for name, row in families.items() for probe in row.probes()):
            if await _recognises(talk, probe, link):
                found, framing = name, probe.framing
                break
    finally:
        await link.close()
    if found is None:  # whom no probe tells is who the link is made for
        found = next((name for name, row in families.items() if not row.probes()), None)
    return Look(link=link.name, turns=tuple(talk.turns), heard=talk.heard, family=found, framing=framing)


async def _recognises(talk: Conversation, probe: Probe, link: Link) -> bool:
    """Who hangs up at strange bytes is called again for the next ones."""
    try:
        return await talk.recognises(probe)
    except LinkError as error:
        if error.code != HUNG_UP:
            raise
        await link.open()
        return False


def _speeds(families: Iterable[Family]) -> list[int]:
    """The usual speed of each, then what is left, each once."""
    ranks = zip_longest(*(row.baudrates for row in families))
    return list(dict.fromkeys(speed for speed in chain.from_iterable(ranks) if speed is not None))
