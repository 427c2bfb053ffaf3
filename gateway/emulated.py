"""Links of emulated registers and scanners, as text: known without loading the emulator."""

from __future__ import annotations

from typing import Final

#: What the link of an emulated register begins with.
EMULATED: Final = "emulated:"


def is_emulated(link: str) -> bool:
    """Whether a link's text names an emulated register."""
    return link.startswith(EMULATED)
