"""What a Пирит register remembers of its own: settings, the last receipt and report, pictures, the vendor's cabinet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from emulator.registers.memory import Memory


@dataclass(slots=True)
class PiritMemory(Memory):
    """`last` and `report` are the fields of 03/2 and 01/12. What a host changes inside a mapping is put in whole."""

    KEY: ClassVar[str] = "pirit"

    settings: dict[str, str] = field(default_factory=dict)  # "30.1" -> its text, only what a host wrote
    last: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    unprinted: int = 0  # the document whose printing broke off: closed in the drive, not on paper
    logo: int = 0  # bytes; 0 none
    design: int = 0
    pictures: dict[str, int] = field(default_factory=dict)  # id -> number
    speed: int = 4  # a place in BAUD_RATES
    cabinet: int = 0
    wifi: dict[str, str] = field(default_factory=dict)

    def write(self, setting: int, index: int, value: str) -> None:
        self.settings = self.settings | {f"{setting}.{index}": value}
