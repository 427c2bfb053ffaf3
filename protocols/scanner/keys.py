"""Keys by their Linux codes (linux/input-event-codes.h) and what a US keyboard makes of them; events as bytes.

A scanner that plays a keyboard presses keys, not letters: read by code, the desktop's layout does not matter.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

EV_SYN, EV_KEY = 0x00, 0x01
SYN_REPORT, SYN_DROPPED = 0, 3
RELEASED, PRESSED, REPEATED = 0, 1, 2

#: `struct input_event` as a 64-bit kernel writes it: seconds, microseconds, type, code, value.
_EVENT: Final = struct.Struct("<qqHHi")
EVENT_SIZE: Final = _EVENT.size
_CLOCK: Final = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an input device; `at` in microseconds."""

    at: int
    type: int
    code: int
    value: int

    def pack(self) -> bytes:
        seconds, microseconds = divmod(self.at, 1_000_000)
        return _EVENT.pack(seconds, microseconds, self.type, self.code, self.value)


def unpack(record: bytes) -> Event:
    """One record of EVENT_SIZE bytes; ValueError for another length."""
    if len(record) != EVENT_SIZE:
        raise ValueError(f"an event has {EVENT_SIZE} bytes, not {len(record)}")
    seconds, microseconds, kind, code, value = _EVENT.unpack(record)
    # A stream from elsewhere may bear any time; only differences are ever used.
    return Event((seconds * 1_000_000 + microseconds) & _CLOCK, kind, code, value)


@dataclass(frozen=True, slots=True)
class Key:
    """`name` as in the kernel's header without KEY_; `plain` and `shifted` are "" where nothing is written."""

    code: int
    name: str
    plain: str = ""
    shifted: str = ""


def _row(first: int, *keys: str) -> Iterator[Key]:
    """Keys in a row of codes: "NAME", "NAME plain" or "NAME plain shifted"."""
    for code, text in enumerate(keys, first):
        name, plain, shifted = (*text.split(" "), "", "")[:3]
        yield Key(code, name, plain, shifted or plain)


_KEYS: Final = (
    *_row(1, "ESC", "1 1 !", "2 2 @", "3 3 #", "4 4 $", "5 5 %", "6 6 ^", "7 7 &", "8 8 *", "9 9 (", "0 0 )"),
    *_row(12, "MINUS - _", "EQUAL = +", "BACKSPACE", "TAB"),
    *_row(16, "Q q Q", "W w W", "E e E", "R r R", "T t T", "Y y Y", "U u U", "I i I", "O o O", "P p P"),
    *_row(26, "LEFTBRACE [ {", "RIGHTBRACE ] }", "ENTER", "LEFTCTRL"),
    *_row(30, "A a A", "S s S", "D d D", "F f F", "G g G", "H h H", "J j J", "K k K", "L l L"),
    *_row(39, "SEMICOLON ; :", "APOSTROPHE ' \"", "GRAVE ` ~", "LEFTSHIFT", "BACKSLASH \\ |"),
    *_row(44, "Z z Z", "X x X", "C c C", "V v V", "B b B", "N n N", "M m M", "COMMA , <", "DOT . >", "SLASH / ?"),
    *_row(54, "RIGHTSHIFT", "KPASTERISK * *", "LEFTALT"),
    Key(57, "SPACE", " ", " "),
    *_row(58, "CAPSLOCK", *(f"F{number}" for number in range(1, 11)), "NUMLOCK", "SCROLLLOCK"),
    *_row(71, "KP7 7", "KP8 8", "KP9 9", "KPMINUS -", "KP4 4", "KP5 5", "KP6 6", "KPPLUS +", "KP1 1", "KP2 2", "KP3 3"),
    *_row(82, "KP0 0", "KPDOT ."),
    *_row(87, "F11", "F12"),
    *_row(96, "KPENTER", "RIGHTCTRL", "KPSLASH /"),
    *_row(100, "RIGHTALT"),
    *_row(125, "LEFTMETA", "RIGHTMETA"),
)  # fmt: skip
KEYS: Final[Mapping[int, Key]] = {key.code: key for key in _KEYS}
BY_NAME: Final[Mapping[str, Key]] = {key.name: key for key in _KEYS}
#: How to write a character: the key and whether shift is held. The main block comes before the keypad.
BY_CHARACTER: Final[Mapping[str, tuple[Key, bool]]] = {
    **{key.shifted: (key, True) for key in reversed(_KEYS) if key.shifted},
    **{key.plain: (key, False) for key in reversed(_KEYS) if key.plain},
}

SHIFTS: Final = frozenset({BY_NAME["LEFTSHIFT"].code, BY_NAME["RIGHTSHIFT"].code})
CONTROLS: Final = frozenset({BY_NAME["LEFTCTRL"].code, BY_NAME["RIGHTCTRL"].code})
ALTS: Final = frozenset({BY_NAME["LEFTALT"].code, BY_NAME["RIGHTALT"].code})
METAS: Final = frozenset({BY_NAME["LEFTMETA"].code, BY_NAME["RIGHTMETA"].code})
LOCKS: Final = frozenset(BY_NAME[name].code for name in ("CAPSLOCK", "NUMLOCK", "SCROLLLOCK"))
CAPS_LOCK: Final = BY_NAME["CAPSLOCK"].code
#: Keys that end a code.
ENDS: Final = frozenset(BY_NAME[name].code for name in ("ENTER", "KPENTER", "TAB"))


def events(data: bytes) -> Iterator[Event]:
    """The whole records in these bytes."""
    for start in range(0, len(data) - EVENT_SIZE + 1, EVENT_SIZE):
        yield unpack(data[start : start + EVENT_SIZE])
