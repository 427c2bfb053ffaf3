"""What the emulated marking system and drive see in a scanned code."""

from __future__ import annotations

from typing import Final

from protocols.marking import Code, Kind, read

#: Kinds that go through the marking system; stamps of alcohol and plain bar codes do not.
MARKED: Final = frozenset({Kind.GS1, Kind.TOBACCO29, Kind.TOBACCO25, Kind.FUR_KIZ})


def marked(data: bytes) -> Code | None:
    """None for what is no marking code at all."""
    code = read(data)
    return code if code.kind in MARKED and (code.kind is not Kind.GS1 or code.serial is not None) else None


def bare(code: Code) -> bool:
    """A GS1 code without its check value: КИ alone, which names a unit and proves nothing.

    Fur marks and packs of 25 characters never had one (marking.md 1.2, 1.3).
    """
    return code.kind is Kind.GS1 and code.tail is None
