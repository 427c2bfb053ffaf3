"""Byte traces for people: what went one way at a time, as hexadecimal and in the words of the family's tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from devices.registers.factory import FAMILIES
from gateway import masking
from gateway.jobs.register import RegisterSnapshot
from gateway.journal.records import TraceRow

REMARK, FROM_HOST = "!", ">"


def family_of(snapshot: RegisterSnapshot | None) -> str:
    """The family that answered; the configured one (perhaps "auto") while nobody has."""
    if snapshot is None:
        return ""
    return snapshot.identity.family if snapshot.identity else snapshot.family


def explained(rows: Sequence[TraceRow], family: str, *, masked: bool) -> list[dict[str, Any]]:
    """Oldest first. Reads cut frames anywhere, so rows of one direction in a row are one exchange.

    `masked`: no bytes, and in words only what says nothing of people, passwords and marking codes.
    """
    known = FAMILIES.get(family)
    found: list[dict[str, Any]] = []
    for direction, group in groupby(rows, key=lambda row: row.direction):
        run = list(group)
        if direction == REMARK:
            remarks = [row.data.decode("utf-8", "replace") for row in run]
            found += [
                _entry(row, "", (masking.text(remark) if masked else remark,))
                for row, remark in zip(run, remarks, strict=True)
            ]
            continue
        data = b"".join(row.data for row in run)
        words = () if known is None else known.explain(data, direction == FROM_HOST)
        found.append(_entry(run[0], "", masking.explanation(words)) if masked else _entry(run[0], data.hex(" "), words))
    return found


def _entry(row: TraceRow, hexadecimal: str, words: tuple[str, ...]) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "direction": row.direction,
        "hex": hexadecimal,
        "explained": "\n".join(words),
    }
