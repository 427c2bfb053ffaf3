"""What an ATOL register remembers of its own: fields of the settings tables, protection codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from emulator.registers.memory import Memory


@dataclass(slots=True)
class AtolMemory(Memory):
    """Settings as the hex of their bytes, only where a host wrote them."""

    KEY: ClassVar[str] = "atol"

    settings: dict[str, str] = field(default_factory=dict)
    protection: dict[str, str] = field(default_factory=dict)  # number of a code -> the code, hex

    def written(self, table: int, line: int, number: int) -> bytes | None:
        """What a host wrote into a field, None when it holds its default."""
        kept = self.settings.get(f"{table}.{line}.{number}")
        return None if kept is None else bytes.fromhex(kept)

    def write(self, table: int, line: int, number: int, value: bytes) -> None:
        self.settings = self.settings | {f"{table}.{line}.{number}": value.hex()}
