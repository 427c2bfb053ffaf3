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
_CYRILLIC = re.compile("[А-Яа-яЁё№]").search
_LATIN = re.compile("[A-Za-z]").search


def is_cyrillic(text: str) -> bool:
    """True when a Cyrillic layout was on for at least a part of the text. Such characters are in no code."""
    return _CYRILLIC(text) is not None


def is_mixed(text: str) -> bool:
    """True when letters of both layouts are there, so that nothing says how the signs between them were typed."""
    return is_cyrillic(text) and _LATIN(text) is not None


def retyped(text: str) -> str | None:
    """The same keys in the US layout, or None when the Russian layout cannot have typed this text. A bijection."""
    return text.translate(_TO_US) if _TYPED_RU(text) else None


def damaged(text: str) -> str:
    """What a host in the Russian layout gets of this ASCII text: the inverse of `retyped`."""
    return text.translate(_TO_RU)


def caps_swapped(text: str) -> str:
    """The text with the other case of every letter: what Caps Lock does, and its own inverse."""
    return text.swapcase()
