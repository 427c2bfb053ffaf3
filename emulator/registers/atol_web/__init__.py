"""An emulated ATOL web server and its register: `register` carries out tasks, `worker` the queue; `http`, `v2` talk.

Tasks go through `line` to the register as they do in other families, and so do their faults, by the task's type; calls
of HTTP have faults of their own, named `http_add`, `http_result`, `http_cancel`, `http_queue`, `http_now`.
"""

from __future__ import annotations

from emulator.registers.atol_web.core import QUIRKS
from emulator.registers.atol_web.device import AtolWebDevice, build
from emulator.registers.atol_web.http import CALLS
from emulator.registers.atol_web.register import AtolWebRegister
from protocols.atol_web.commands import TASKS

__all__ = ["QUIRKS", "AtolWebDevice", "AtolWebRegister", "build", "command_code"]


def command_code(name: str) -> int | None:
    """The number of a task by its type, or of a call of HTTP; None for no such name."""
    row = TASKS.get(name)
    return CALLS.get(name) if row is None else row.code
