"""What the register remembers besides its drive: settings, registers, clock, paper. One JSON value in the storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from emulator.storage import Storage
from protocols.shtrih import registers, tables

_KEY = "shtrih"
#: What a register that lost its clock wants to be told: the time (21h) and the date (22h, 23h).
CLOCK_LOST = "time date"


@dataclass(slots=True)
class Memory:
    """Money and counters by register number (what is absent is zero); settings only where they differ from defaults."""

    settings: dict[str, int | str] = field(default_factory=dict)
    money: dict[int, int] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)
    clock_offset: float = 0.0  # seconds between the shop's clock and the register's
    date_to_confirm: str = ""  # ISO date waiting for 23h (mode 6)
    clock_lost: str = ""  # what is still wanted after the clock was lost: words of CLOCK_LOST
    baud: int = 6
    byte_timeout: int = 100
    papers: int = 0  # entries on the tape
    last_document: int = 0  # what 8Ch repeats, 0 nothing yet
    paper_present: bool = True
    cover_open: bool = False
    interrupted: list[Any] | None = None  # tape entries whose printing broke off
    drawer_openings: int = 0
    report_lines: list[str] = field(default_factory=list)  # the Z report that C6h put into the buffer
    report_printed: int = 0
    registration: dict[str, Any] | None = None  # the last one, while the drive has none
    dirty: bool = False  # changed since it was last saved

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name != "dirty":
            object.__setattr__(self, "dirty", True)

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

    def add(self, register: int, amount: int) -> None:
        """Change a money register; it wraps as its six bytes do."""
        self.dirty = True
        self.money[register] = (self.money.get(register, 0) + amount) % (1 << 48)

    def count(self, register: int, more: int = 1) -> int:
        """Change an operation register, answer its value."""
        self.dirty = True
        value = self.counters[register] = (self.counters.get(register, 0) + more) & 0xFFFF
        return value

    def next_document(self) -> int:
        """The through number of a new printed document (its low word, as commands answer it)."""
        number = self.count(registers.DOCUMENT_NUMBER)
        self.counters[registers.DOCUMENT_NUMBER_LOW] = number
        if number == 0:
            self.count(registers.DOCUMENT_NUMBER_HIGH)
        return number

    def end_shift(self) -> None:
        """What a Z report sets to zero."""
        self.dirty = True
        for number in registers.ZEROED_MONEY & self.money.keys():
            del self.money[number]
        for number in registers.ZEROED_COUNTERS & self.counters.keys():
            del self.counters[number]
        if self.number(tables.AUTO_ZERO_CASH):
            self.money.pop(registers.CASH_IN_DRAWER, None)


def load(storage: Storage) -> Memory:
    kept = storage.get(_KEY)
    if kept is None:
        return Memory(dirty=True)
    for name in ("money", "counters"):
        kept[name] = {int(number): value for number, value in kept[name].items()}
    return Memory(**{name: value for name, value in kept.items() if name in _NAMES})


def save(storage: Storage, memory: Memory) -> None:
    """Keep it, if it changed."""
    if memory.dirty:
        memory.dirty = False
        storage.put(_KEY, {name: getattr(memory, name) for name in _NAMES})


_NAMES = tuple(one.name for one in fields(Memory) if one.name != "dirty")
