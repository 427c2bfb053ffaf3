"""The table of keys against other people's: the kernel header as python-evdev has it, and X.Org's US layout."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from protocols.scanner import keys
from protocols.scanner.keys import KEYS

XKB = Path("/usr/share/X11/xkb")


@pytest.mark.skipif(sys.platform != "linux", reason="evdev is the Linux kernel's")
def test_codes_are_the_kernels() -> None:
    from evdev import ecodes

    for key in KEYS.values():
        assert ecodes.ecodes[f"KEY_{key.name}"] == key.code
    numbers = (ecodes.EV_SYN, ecodes.EV_KEY, ecodes.SYN_REPORT, ecodes.SYN_DROPPED)
    assert numbers == (keys.EV_SYN, keys.EV_KEY, keys.SYN_REPORT, keys.SYN_DROPPED)
    typing = {name for name in map(str, ecodes.keys.values()) if re.fullmatch(r"KEY_[A-Z0-9]", name)}
    assert len(typing) == 36
    assert typing <= {f"KEY_{key.name}" for key in KEYS.values()}


@pytest.mark.skipif(not XKB.exists(), reason="no X.Org keyboard data on this machine")
def test_characters_are_those_of_the_us_layout() -> None:
    """xkb names keys by place (<AE01>); its evdev key codes are the kernel's plus 8."""
    places = dict(re.findall(r"<(\w+)>\s*=\s*(\d+);", (XKB / "keycodes/evdev").read_text()))
    basic = re.search(r'xkb_symbols "basic" \{(.*?)\n\};', (XKB / "symbols/us").read_text(), re.DOTALL)
    assert basic is not None
    compared = 0
    for place, plain, shifted in re.findall(r"key <(\w+)>\s*\{\s*\[\s*(\w+),\s*(\w+)", basic[1]):
        key = KEYS[int(places[place]) - 8]
        assert (key.plain, key.shifted) == (_character(plain), _character(shifted)), place
        compared += 1
    assert compared == 47


#: Names of X.Org for what is no letter or digit.
_NAMED = dict(
    zip(
        re.findall(
            r"\w+",
            "grave asciitilde exclam at numbersign dollar percent asciicircum ampersand asterisk parenleft parenright"
            " minus underscore equal plus bracketleft braceleft bracketright braceright semicolon colon apostrophe"
            " quotedbl backslash bar comma less period greater slash question",
        ),
        "`~!@#$%^&*()-_=+[{]};:'\"\\|,<.>/?",
        strict=True,
    )
)


def _character(name: str) -> str:
    return name if len(name) == 1 else _NAMED[name]
