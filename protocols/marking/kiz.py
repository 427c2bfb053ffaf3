"""КИЗ of furs as people write them: small letters, other dashes or none, Cyrillic letters that look alike."""

from __future__ import annotations

import re

#: The countries of the union that prints them, whose codes they begin with (marking.md 1.3).
COUNTRIES = frozenset({"RU", "BY", "KZ", "KG", "AM"})
_LOOK_ALIKE = str.maketrans("АВЕКМНОРСТУХ‐‑‒–—―−", "ABEKMHOPCTYX-------")
#: Its sound, not its look; the other countries' codes are seldom typed so.
_RUSSIA = ("РУ", "RU")
_PARTED = re.compile(r"([A-Z]{2}) ?[- ] ?([0-9]{6}) ?[- ] ?([0-9A-Z]{10,11})").fullmatch
_UNPARTED = re.compile(r"([A-Z]{2})-?([0-9]{6})-?([0-9A-Z]{10})").fullmatch

#: 21 characters, and blanks around both dashes.
_LONGEST = 25


def rewritten(text: str) -> str | None:
    """The КИЗ as its label has it, or None when this is none, or one already. Cyrillic is read by its look."""
    if len(text) > _LONGEST:
        return None
    plain = text.upper().replace(*_RUSSIA, 1).translate(_LOOK_ALIKE)
    match = _PARTED(plain) or _UNPARTED(plain)
    if match is None or match[1] not in COUNTRIES:
        return None
    written = "-".join(match.groups())
    return None if written == text else written
