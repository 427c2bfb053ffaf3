"""Key presses of a scanner as a code: shift by shift, with GS behind whatever chord the scanner was told to press.

A press becomes a token: one character, or the name of a chord ("f8", "ctrl+]", "alt+29"), which is translated by the
configured rules. Nothing of the host's keyboard state matters: neither its layout nor its locks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

from protocols.scanner import keys
from protocols.scanner.framing import Cutter, Framing
from protocols.scanner.keys import Event
from protocols.scanner.reading import Note, Reading

GS: Final = "\x1d"
#: Token of the keys that end a code.
END: Final = "\r"

#: Chords that mean GS unless the configuration says otherwise. Ctrl+] and Alt+029 are GS by their nature (a control
#: character, a character number); F8 is met in Russian set-ups (UNCONFIRMED as any maker's own setting).
GS_CHORDS: Final = frozenset({"f8"})

#: Characters that Ctrl turns into control characters: 0x1D for "]".
_CONTROLS: Final = {
    **{chr(code | 0x60): chr(code) for code in range(1, 27)},
    **dict(zip("[\\]^_", "\x1b\x1c\x1d\x1e\x1f", strict=True)),
}
_ALIASES: Final = {"6": "^", "-": "_"}  # Ctrl+6 is Ctrl+^ on the same key

#: Milliseconds between presses above which a person is typing.
HAND_MS: Final = 30
#: Events of a code that are kept: the longest one takes a quarter of them as Alt and digits.
MOST_EVENTS: Final = 8192
#: Presses that tell a rhythm.
_RHYTHM: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """`gs`: chords and texts that stand for GS; `caps_lock`: CapsLock changes the case of letters.

    Otherwise it does so where a code proves it, and is ignored where it only undoes the host's.
    """

    gs: frozenset[str] = GS_CHORDS
    caps_lock: bool = False


def chord_name(text: str) -> str | None:
    """The token of a chord as a person writes it ("Alt+0029", "CTRL+]", "F8"); None for text that is typed."""
    *modifiers, last = (part.strip().lower() for part in text.split("+"))
    if not modifiers:
        return last if len(last) > 1 and last.upper() in keys.BY_NAME else None
    if not last or not set(modifiers) <= {"ctrl", "alt", "shift", "meta"}:
        return None
    if modifiers == ["alt"] and last.isascii() and last.isdigit():
        last = str(int(last))
    return "+".join((*modifiers, last))


class Typist:
    """Events in, tokens out."""

    def __init__(self, *, caps_lock: bool = False) -> None:
        self._caps_counts = caps_lock
        self.reset()

    def reset(self) -> None:
        """All keys up."""
        self._held: set[int] = set()
        self._digits = ""
        self._caps = False

    @property
    def caps(self) -> bool:
        """Whether CapsLock was switched an odd number of times."""
        return self._caps

    def token(self, event: Event) -> str:
        """What this event writes; "" for nothing."""
        if event.type != keys.EV_KEY:
            return ""
        if event.value == keys.RELEASED:
            return self._release(event.code)
        return self._press(event.code) if event.value == keys.PRESSED else ""

    def _release(self, code: int) -> str:
        self._held.discard(code)
        if code in keys.ALTS and self._digits:
            number, self._digits = int(self._digits), ""
            return f"alt+{number}"
        return ""

    def _press(self, code: int) -> str:
        if code in _MODIFIERS:
            self._held.add(code)
            return ""
        if code in keys.LOCKS:
            self._caps ^= code == keys.CAPS_LOCK
            return ""
        key = keys.KEYS.get(code)
        shift = bool(self._held & keys.SHIFTS)
        if key is not None and self._held & keys.ALTS and key.plain.isdigit():
            # A scanner sends at most four digits; more would be a stuck Alt.
            self._digits = (self._digits + key.plain)[-4:]
            return ""
        others = [name for name, held in _OTHERS if self._held & held]
        if key is None:
            return "+".join((*others, f"key{code}"))
        if others or not key.plain:
            if code in keys.ENDS and not others:
                return END
            return "+".join((*others, *(("shift",) if shift else ()), key.plain or key.name.lower()))
        if self._caps_counts and self._caps and key.plain.isalpha():
            shift = not shift
        return key.shifted if shift else key.plain


_MODIFIERS: Final = keys.SHIFTS | keys.CONTROLS | keys.ALTS | keys.METAS
_OTHERS: Final = (("ctrl", keys.CONTROLS), ("alt", keys.ALTS), ("meta", keys.METAS))


def character(token: str, gs: frozenset[str]) -> str | None:
    """What a token stands for; None when it writes nothing that belongs into a code."""
    if token in gs:
        return GS
    if len(token) == 1:
        return token
    if token.startswith("ctrl+"):
        letter = token.removeprefix("ctrl+").removeprefix("shift+")
        return _CONTROLS.get(_ALIASES.get(letter, letter))
    if token.startswith("alt+") and token[4:].isdecimal() and token.isascii() and 0 < int(token[4:]) < 256:
        return chr(int(token[4:]))
    return None


class KeyDecoder:
    """A stream of events (`keys.Event.pack`) in, readings out; knows no clock, see `framing.Cutter`."""

    def __init__(self, rules: KeyRules, framing: Framing) -> None:
        chords = {chord for chord in map(chord_name, rules.gs) if chord is not None}
        texts = sorted((one for one in rules.gs if chord_name(one) is None), key=len, reverse=True)
        self._gs = frozenset(chords)
        self._caps_counts = rules.caps_lock
        self._typist = Typist(caps_lock=rules.caps_lock)
        substitutes = tuple(one.encode("latin-1") for one in texts)
        # A keyboard ends a code with a key, whatever text a serial scanner would send.
        self._framing = replace(framing, suffix=None, substitutes=substitutes)
        self._cutter = Cutter(self._framing)
        self.reset()

    def reset(self) -> None:
        self._typist.reset()
        self._cutter.reset()
        self._rest = b""
        self._begin()

    def _begin(self) -> None:
        self._raw: list[bytes] = []
        self._times: list[int] = []
        self._notes: list[Note] = []
        self._caps = self._shifted = False  # CapsLock was pressed; a letter was pressed with Shift

    @property
    def patience(self) -> float | None:
        return self._cutter.patience

    def feed(self, data: bytes) -> list[Reading]:
        """What the events complete; the bytes may be cut anywhere."""
        self._rest += data
        whole = len(self._rest) - len(self._rest) % keys.EVENT_SIZE
        ready, self._rest = self._rest[:whole], self._rest[whole:]
        found: list[Reading] = []
        for event in keys.events(ready):
            found += self._take(event)
        return found

    def silence(self) -> list[Reading]:
        return self._finish(self._cutter.silence())

    def _take(self, event: Event) -> list[Reading]:
        if event.type == keys.EV_SYN and event.code == keys.SYN_DROPPED:
            # The kernel's queue ran over: what is held down is unknown, and the code has holes.
            self._typist.reset()
            self._note(Note.EVENTS_LOST)
            return []
        if event.type != keys.EV_KEY:
            return []
        token = self._typist.token(event)
        # The last key of the code before is let go; a key held down for hours says nothing new.
        if (self._raw or event.value != keys.RELEASED) and len(self._raw) < MOST_EVENTS:
            self._raw.append(event.pack())
        if event.value == keys.PRESSED:
            self._caps |= event.code == keys.CAPS_LOCK
            # Every key has its moment: Shift and CapsLock around each capital make characters slow, not keys.
            if len(self._times) < MOST_EVENTS:
                self._times.append(event.at)
        if not token:
            return []
        self._shifted |= token.isupper()
        written = character(token, self._gs)
        if written is None or ord(written) > 0xFF:
            self._note(Note.UNKNOWN_KEYS)
            return []
        return self._finish(self._cutter.feed(written.encode("latin-1")))

    def _note(self, note: Note) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _finish(self, readings: Sequence[Reading]) -> list[Reading]:
        if not readings:
            if self._cutter.patience is None and not self._notes:
                self._begin()  # an Enter with nothing before it
            return []
        if _by_hand(self._times):
            self._note(Note.TYPED_BY_HAND)
        if self._caps and not self._shifted and not self._caps_counts:
            self._note(Note.CAPS_LOCK)
            readings = self._recased(readings)
        whole = (b"".join(self._raw),)
        done = [replace(one, packets=whole, notes=(*one.notes, *self._notes)) for one in readings]
        self._begin()
        return done

    def _recased(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The readings with CapsLock counted, where the code itself proves that it writes the capitals.

        Who undoes the host's CapsLock switches it around the whole code. Letters on both sides of a switch, and none
        with Shift: only capitals are within.
        """
        typist, cutter = Typist(caps_lock=True), Cutter(self._framing)
        sides: set[bool] = set()
        found: list[Reading] = []
        for record in self._raw:
            token = typist.token(keys.unpack(record))
            if len(token) == 1 and token.isalpha():
                sides.add(typist.caps)
            written = character(token, self._gs) if token else None
            if written is not None and ord(written) <= 0xFF:
                found += cutter.feed(written.encode("latin-1"))
        found += cutter.silence()
        if len(sides) < 2 or len(found) != len(readings):
            return readings
        return [
            replace(heard, data=again.data, symbology=again.symbology)
            for heard, again in zip(readings, found, strict=True)
        ]


def _by_hand(times: Sequence[int]) -> bool:
    gaps = [later - sooner for sooner, later in pairwise(times)]
    return len(gaps) >= _RHYTHM and median(gaps) > HAND_MS * 1000
