"""Byte traces for people: each row as hexadecimal and, where the family's tables know it, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.journal.records import TraceRow

#: What puts a family's bytes into words: (direction, bytes) -> text.
EXPLAINERS: Mapping[str, Callable[[str, bytes], str]] = {}


def explained(rows: Sequence[TraceRow], family: str) -> list[dict[str, Any]]:
    """Rows as JSON, oldest first; a remark ("!") carries its text and no bytes."""
    explain = EXPLAINERS.get(family)
    return [_row(row, explain) for row in rows]


def _row(row: TraceRow, explain: Callable[[str, bytes], str] | None) -> dict[str, Any]:
    remark = row.direction == "!"
    words = row.data.decode("utf-8", "replace") if remark else explain(row.direction, row.data) if explain else ""
    return {
        "at": row.at.isoformat(),
        "direction": row.direction,
        "hex": "" if remark else row.data.hex(" "),
        "explained": words,
    }
