"""What a bad line does to bytes, as pure rules from a seed: for in-process links and for a proxy between real sockets.

A `Strike` waits for the n-th byte of its direction and then cuts, swallows, delays, doubles, garbles, swaps or silences
what comes there, so that every byte of every frame has its turn. `Line` counts the bytes; it moves none itself:

    line = Line(rng, now=loop.time, on_strike=print)
    line.arm(line.random_strike())
    for act in line.connected():              # a new connection: bytes of an old one may still arrive in it
        ...
    for act in line.through(Way.TO_HOST, chunk):
        match act:
            case Deliver(way, data, seconds): # hand `data` on `seconds` from now, never before earlier bytes of the way
            case Cut(seconds): ...            # hang up on both sides then, after what was delivered before

Whoever moves the bytes keeps each direction in order: what is delivered later waits behind what is late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final


class Way(StrEnum):
    TO_REGISTER = ">"
    TO_HOST = "<"


class Kind(StrEnum):
    """What happens at the byte a strike waits for. Byte = the first one that did not pass unharmed."""

    CUT = "cut"  # the connection ends before this byte
    CUT_AFTER = "cut_after"  # the byte passes, then the connection ends
    SWALLOW = "swallow"  # `length` bytes from here on vanish (0: the rest of the chunk)
    DELAY = "delay"  # this byte and all behind it come `seconds` late
    DUPLICATE = "duplicate"  # `length` bytes come twice (0: the rest of the chunk)
    GARBLE = "garble"  # the byte is changed
    REORDER = "reorder"  # the rest of the chunk overtakes what was before it in the chunk
    STALL = "stall"  # both directions are accepted and silent for `seconds`, new connections too
    LATE = (
        "late"  # cut before this byte; the rest of the chunk arrives in the next connection, `seconds` after its start
    )
    MARK = "mark"  # the byte passes unharmed: `on_strike` does what it likes at this very byte (kill, power)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One misfortune. `at` bytes of `way` pass before it happens, counted from when it is armed; `what` is a note."""

    kind: Kind
    way: Way
    at: int
    seconds: float = 0.0
    length: int = 0
    what: str = ""

    def __str__(self) -> str:
        lasting = f" {self.seconds:g} s" if self.seconds else ""
        size = f" {self.length} bytes" if self.length else ""
        return f"{self.kind}{size}{lasting} {self.way}{f' {self.what}' if self.what else ''}"


@dataclass(frozen=True, slots=True)
class Deliver:
    way: Way
    data: bytes
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    seconds: float = 0.0


Act = Deliver | Cut


#: How often each kind is drawn, and its shortest and longest `seconds`. Late bytes come before the driver's fence is
#: through with draining: what comes later than that, no connection-less line promises to sort out.
WEIGHTS: Final[Mapping[Kind, int]] = {
    Kind.CUT: 5,
    Kind.CUT_AFTER: 4,
    Kind.SWALLOW: 4,
    Kind.DELAY: 4,
    Kind.DUPLICATE: 2,
    Kind.GARBLE: 4,
    Kind.REORDER: 1,
    Kind.STALL: 2,
    Kind.LATE: 3,
}
SECONDS: Final[Mapping[Kind, tuple[float, float]]] = {
    Kind.DELAY: (0.2, 8.0),
    Kind.STALL: (1.0, 30.0),
    Kind.LATE: (0.0, 0.02),
}
#: Bytes from now within which a random strike happens: about what one receipt sends, and gets.
REACH: Final[Mapping[Way, int]] = {Way.TO_REGISTER: 900, Way.TO_HOST: 900}


class Line:
    """The misfortunes of one register's line, over all its connections, one after another."""

    def __init__(
        self,
        rng: Random,
        *,
        now: Callable[[], float],
        on_strike: Callable[[Strike], None] = lambda strike: None,
    ) -> None:
        self._rng = rng
        self._now = now
        self._on_strike = on_strike
        self._armed: dict[Way, list[Strike]] = {way: [] for way in Way}
        self._passed: dict[Way, int] = dict.fromkeys(Way, 0)
        self._late: list[Deliver] = []
        self._silent_until = 0.0
        self.struck: Counter[Kind] = Counter()
        self.chunk = b""  # what is being struck, as it was sent: for `on_strike`

    @property
    def armed(self) -> tuple[Strike, ...]:
        """What still waits; `at` counts from the start of the line."""
        return tuple(strike for strikes in self._armed.values() for strike in strikes)

    @property
    def silent(self) -> bool:
        return self._now() < self._silent_until

    def arm(self, strike: Strike) -> None:
        waiting = self._armed[strike.way]
        waiting.append(replace(strike, at=strike.at + self._passed[strike.way]))
        waiting.sort(key=lambda one: one.at)

    def clear(self) -> None:
        """Good weather from now on."""
        for strikes in self._armed.values():
            strikes.clear()
        self._late.clear()
        self._silent_until = 0.0

    def random_strike(
        self, weights: Mapping[Kind, int] = WEIGHTS, reach: Mapping[Way, int] = REACH, *, soon: bool = False
    ) -> Strike:
        """One strike at a random byte; `soon` within the next few bytes."""
        rng = self._rng
        kind = rng.choices(list(weights), list(weights.values()))[0]
        way = rng.choice((Way.TO_REGISTER, Way.TO_HOST))
        shortest, longest = SECONDS.get(kind, (0.0, 0.0))
        return Strike(
            kind=kind,
            way=way,
            at=rng.randrange(24 if soon else reach[way]),
            seconds=round(rng.uniform(shortest, longest), 3),
            length=rng.choice((0, 0, 1, 2, 7)) if kind in {Kind.SWALLOW, Kind.DUPLICATE} else 0,
        )

    def connected(self) -> list[Act]:
        """A new connection begins: what was under way in the old one arrives now."""
        late, self._late = self._late, []
        return [] if self.silent else list(late)

    def through(self, way: Way, data: bytes) -> list[Act]:
        """What becomes of a chunk."""
        start = self._passed[way]
        self._passed[way] = start + len(data)
        waiting = self._armed[way]
        if self._now() < self._silent_until:
            return []
        if not waiting or waiting[0].at >= start + len(data):
            return [Deliver(way, data)]
        return self._struck(way, data, start)

    def _struck(self, way: Way, data: bytes, start: int) -> list[Act]:
        acts: list[Act] = []
        self.chunk = data
        waiting = self._armed[way]
        delay = 0.0
        kept = b""  # passed unharmed so far, not yet among the acts
        done = start
        while waiting and waiting[0].at < start + len(data):
            strike = waiting.pop(0)
            at = max(strike.at, done)  # an earlier strike may have taken the byte
            kept += data[done - start : at - start]
            rest = data[at - start :]
            done = at
            self.struck[strike.kind] += 1
            match strike.kind:
                case Kind.CUT | Kind.CUT_AFTER | Kind.LATE:
                    if strike.kind is Kind.CUT_AFTER:
                        kept += rest[:1]
                    elif strike.kind is Kind.LATE and rest:
                        self._late.append(Deliver(way, rest, strike.seconds))
                    acts += [Deliver(way, kept, delay)] * bool(kept) + [Cut(delay)]
                    self._on_strike(strike)
                    return acts
                case Kind.STALL:
                    self._silent_until = self._now() + strike.seconds
                    acts += [Deliver(way, kept, delay)] * bool(kept)
                    self._on_strike(strike)
                    return acts
                case Kind.SWALLOW:
                    done += strike.length or len(rest)
                case Kind.GARBLE:
                    kept += bytes([rest[0] ^ self._rng.randrange(1, 256)]) if rest else b""
                    done += 1
                case Kind.DUPLICATE:
                    kept += rest[: strike.length or len(rest)]
                case Kind.REORDER:
                    kept, done = rest + kept, start + len(data)
                case Kind.DELAY:
                    acts += [Deliver(way, kept, delay)] * bool(kept)
                    kept = b""
                    delay += strike.seconds
                case Kind.MARK:
                    pass
            self._on_strike(strike)
        kept += data[done - start :]
        return acts + [Deliver(way, kept, delay)] * bool(kept)
