"""What the server and its register remember of their own: settings, devices, why the queue stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from emulator.registers.memory import Memory


@dataclass(slots=True)
class AtolWebMemory(Memory):
    """`block`: `{"uuid", "subtask", "code", "reason"}` of what nobody knows the outcome of."""

    KEY: ClassVar[str] = "atol-web"

    settings: dict[str, Any] = field(default_factory=dict)  # of the server, where they are not as from the factory
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    block: dict[str, Any] | None = None
    parameters: dict[str, str] = field(default_factory=dict)  # of the register, as setDeviceParameters wrote them
    last_receipt: int = 0  # what a copy of the last receipt shows
