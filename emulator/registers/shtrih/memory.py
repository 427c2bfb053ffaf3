"""What a Shtrih-M register remembers of its own: settings in tables, its line, a date that waits, a report buffer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from emulator.registers.memory import Memory
from protocols.shtrih import tables

#: What a register that lost its clock wants to be told: the time (21h) and the date (22h, 23h).
CLOCK_LOST = "time date"


@dataclass(slots=True)
class ShtrihMemory(Memory):
    """Settings only where they differ from their defaults."""

    KEY: ClassVar[str] = "shtrih"

    settings: dict[str, int | str] = field(default_factory=dict)
    date_to_confirm: str = ""  # ISO date waiting for 23h (mode 6)
    baud: int = 6
    byte_timeout: int = 100
    report_lines: list[str] = field(default_factory=list)  # the Z report that C6h put into the buffer
    report_printed: int = 0

    def setting(self, table: int, row: int, number: int) -> int | str:
        """A field's value; KeyError for a table or field the register does not have."""
        kept = self.settings.get(f"{table}.{row}.{number}")
        return tables.ALL_TABLES[table].default(row, number) if kept is None else kept

    def written(self, table: int, row: int, number: int) -> int | str | None:
        """What a host wrote into a field, None when it holds its default."""
        return self.settings.get(f"{table}.{row}.{number}")

    def forget(self, fields: Iterable[tuple[int, int]]) -> None:
        """Fields of tables with one row go back to their defaults."""
        gone = {f"{table}.1.{number}" for table, number in fields}
        self.settings = {key: value for key, value in self.settings.items() if key not in gone}

    def number(self, where: tuple[int, int]) -> int:
        """A BIN field of a table with one row."""
        value = self.setting(where[0], 1, where[1])
        return value if isinstance(value, int) else 0

    def set(self, table: int, row: int, number: int, value: int | str) -> None:
        self.settings = self.settings | {f"{table}.{row}.{number}": value}
