"""Whatever a scanner, a keyboard or a program hands over -> a `Code`, repaired where the damage is provable."""

from __future__ import annotations

from protocols.marking.code import Code
from protocols.marking.recognise import read


def parse(data: bytes | str, *, symbology: str | None = None) -> Code:
    return read(data if isinstance(data, bytes) else data.encode("latin-1"))
