"""What a scanner that plays a keyboard presses for a code: `keyboard` the other way round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from protocols.scanner import keys
from protocols.scanner.keyboard import GS, chord_name
from protocols.scanner.keys import Event


class Capitals(Enum):
    """How capitals are written; which scanners do the second and third is UNCONFIRMED."""

    BY_SHIFT = 0
    SHIFT_IN_CAPS_LOCK = 1  # as scanners do that undo the host's CapsLock
    BY_CAPS_LOCK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingers:
    """How a scanner types: `gs` a chord, a text or "" (lost), `end` the last key.

    `step`: microseconds between events.
    """

    gs: str = "ctrl+]"
    capitals: Capitals = Capitals.BY_SHIFT
    end: str = "ENTER"
    step: int = 2_000


def type_code(data: bytes, fingers: Fingers, *, start: int = 0) -> tuple[Event, ...]:
    """The events of a scanned code, each followed by its SYN_REPORT. ValueError for what a US keyboard cannot write."""
    made: list[Event] = []

    def strike(code: int, value: int) -> None:
        at = start + len(made) * fingers.step
        made.extend((Event(at, keys.EV_KEY, code, value), Event(at, keys.EV_SYN, keys.SYN_REPORT, 0)))

    for letter in data.decode("latin-1"):
        _press_one(letter, fingers, strike)
    if fingers.end:
        _tap(keys.BY_NAME[fingers.end].code, strike)
    return tuple(made)


Strike = Callable[[int, int], None]


def _press_one(letter: str, fingers: Fingers, strike: Strike) -> None:
    if letter == GS:
        chord = chord_name(fingers.gs)
        if chord is not None:
            _chord(chord, strike)
        else:
            for one in fingers.gs:
                _press_one(one, fingers, strike)
        return
    if letter not in keys.BY_CHARACTER:
        raise ValueError(f"a US keyboard has no key for {letter!r}")
    key, shifted = keys.BY_CHARACTER[letter]
    if not shifted:
        _tap(key.code, strike)
    elif letter.isalpha() and fingers.capitals is not Capitals.BY_SHIFT:
        _tap(keys.CAPS_LOCK, strike)
        if fingers.capitals is Capitals.BY_CAPS_LOCK:
            _tap(key.code, strike)
        else:
            _held(keys.BY_NAME["LEFTSHIFT"].code, (key.code,), strike)
        _tap(keys.CAPS_LOCK, strike)
    else:
        _held(keys.BY_NAME["LEFTSHIFT"].code, (key.code,), strike)


def _chord(token: str, strike: Strike) -> None:
    modifier, plus, last = token.rpartition("+")
    if not plus:
        _tap(keys.BY_NAME[token.upper()].code, strike)
    elif modifier == "alt" and last.isdigit():
        pads = tuple(keys.BY_NAME[f"KP{digit}"].code for digit in last.zfill(4))
        _held(keys.BY_NAME["LEFTALT"].code, pads, strike)
    else:
        key = keys.BY_CHARACTER[last][0] if last in keys.BY_CHARACTER else keys.BY_NAME[last.upper()]
        _held(keys.BY_NAME[f"LEFT{modifier.upper()}"].code, (key.code,), strike)


def _tap(code: int, strike: Strike) -> None:
    strike(code, keys.PRESSED)
    strike(code, keys.RELEASED)


def _held(modifier: int, codes: Sequence[int], strike: Strike) -> None:
    strike(modifier, keys.PRESSED)
    for code in codes:
        _tap(code, strike)
    strike(modifier, keys.RELEASED)
