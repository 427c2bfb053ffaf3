"""What a Russian keyboard layout, or Caps Lock, makes of a code that a scanner types key by key, and the way back.

Source: the Windows layouts "US" and "Russian" (xkb `us` and `ru(winkeys)` agree on these keys).
"""

from __future__ import annotations

import re

_US = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?~' + "@#$^&|"
_RU = "йцукенгшщзхъфывапролджэячсмитьбю.ё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,Ё" + '"№;:?/'
#: Keys that print the same in both layouts; control characters and spaces come through as well.
_SAME = "0123456789!%()*+-_=\\ \t\r\n\x1d"
_TO_US = {ord(ru): us for ru, us in zip(_RU, _US, strict=True)}
_TO_RU = {ord(us): ru for us, ru in zip(_US, _RU, strict=True)}
_TYPED_RU = re.compile(f"[{re.escape(_RU + _SAME)}]*").fullmatch
#: AIM ids of the symbols that carry marking codes, typed with Caps Lock on; Code One, the true ]D, is out of use.
CAPS_IDS = frozenset(f"]{letter}{digit}" for letter in "Dqcl" for digit in range(7))
#: In the Russian layout the bracket is a letter, so that Caps Lock changes it too; a prefix may stand before it.
_CAPS_RU = re.compile(r".{0,12}\}[Dqcl][0-6]", re.DOTALL).match
_CYRILLIC = re.compile("[А-Яа-яЁё№]").search
_LATIN = re.compile("[A-Za-z]").search


def is_cyrillic(text: str) -> bool:
    """True when a Cyrillic layout was on for at least a part of the text. Such characters are in no code."""
    return _CYRILLIC(text) is not None


def is_mixed(text: str) -> bool:
    """True when letters of both layouts are there, so that nothing says how the signs between them were typed."""
    return is_cyrillic(text) and _LATIN(text) is not None


def had_caps(plain: str) -> bool:
    """True when the AIM id shows that Caps Lock was on while this text, now in the US layout, was typed in Russian."""
    return _CAPS_RU(plain) is not None


def retyped(text: str) -> str | None:
    """The same keys in the US layout, or None when the Russian layout cannot have typed this text. A bijection."""
    return text.translate(_TO_US) if _TYPED_RU(text) else None


def damaged(text: str) -> str:
    """What a host in the Russian layout gets of this ASCII text: the inverse of `retyped`."""
    return text.translate(_TO_RU)


def caps_swapped(text: str) -> str:
    """The text with the other case of every letter: what Caps Lock does, and its own inverse."""
    return text.swapcase()
