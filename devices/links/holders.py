"""Who has a device file open: the process that keeps a port busy. Linux knows; elsewhere nothing is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process, by the name the system shows."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.pid})"


def holders(device: str, *, proc: Path = PROC) -> tuple[Holder, ...]:
    """Processes that have `device` (or what it links to) open, as far as this user may look."""
    real = Path(device).resolve()
    return tuple(_among(proc, real))


def shared(device: str) -> bool:
    """Whether another process has it open. Of a pseudo-terminal one always has: whoever is at its other end."""
    if Path(device).resolve().is_relative_to("/dev/pts"):
        return False
    return any(one.pid != os.getpid() for one in holders(device))


def _among(proc: Path, device: Path) -> Iterator[Holder]:
    numbers = sorted(int(one.name) for one in proc.glob("[0-9]*") if one.name.isdigit())
    for number in numbers:
        with suppress(OSError):  # another user's, or gone meanwhile
            if any(_target(one) == device for one in (proc / str(number) / "fd").iterdir()):
                yield Holder(number, _name(proc / str(number)))


def _target(descriptor: Path) -> Path | None:
    try:
        return descriptor.readlink()
    except OSError:
        return None


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip() or "?"
    except OSError:
        return "?"


def named(found: tuple[Holder, ...]) -> str:
    """Russian, of a port that is taken: by whom."""
    if not found:
        return "другой программой (какой именно, видит только администратор)"
    words = "процессом" if len(found) == 1 else "процессами"
    return f"{words} {', '.join(map(str, found))}"
