"""What a paper tape consists of, whatever its width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, wrapped at the paper's width. `double` is twice as wide and high."""

    text: str
    align: Align = "left"
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left edge and a value at the right one."""

    left: str
    right: str
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper made of one character; a space makes an empty line."""

    char: str = "-"


@dataclass(frozen=True, slots=True)
class Gap:
    """A little air, less than a row; nothing in plain text."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code with this text (tag 1196)."""

    data: str


Line = Text | Pair | Rule | Gap | Qr
