"""Every family of emulated registers as one row: what the command line, plans and links know of it.

A family is a package that exports `build(power)`, `QUIRKS` (word -> what it changes) and `command_code(name)` (the code
of a command by its name, None for no such name). It is imported on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Final

from emulator.faults import Names
from emulator.registers.base import Device, Power


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`title` is the help of its command, `listen` where that listens unless told otherwise; `exclusive`: the newest
    connection wins."""

    title: str
    listen: str
    build: Callable[[Power], Device]
    command_code: Names
    quirks: Callable[[], Mapping[str, str]]
    exclusive: bool = True


def _row(package: str, *, title: str, listen: str, exclusive: bool = True) -> Family:
    def family() -> ModuleType:
        return import_module(f"emulator.registers.{package}")

    return Family(
        title=title,
        listen=listen,
        build=lambda power: family().build(power),
        command_code=lambda name: family().command_code(name),
        quirks=lambda: family().QUIRKS,
        exclusive=exclusive,
    )


#: By the name that `fiscal-emulator`, `family` of a plan and `emulated:` links use.
FAMILIES: Final[Mapping[str, Family]] = {
    "shtrih": _row("shtrih", title="A Shtrih-M fiscal register with a fiscal drive", listen="tcp:127.0.0.1:7778"),
    "atol": _row("atol", title="An ATOL fiscal register (protocols 2 and 3)", listen="tcp:127.0.0.1:5555"),
    "pirit": _row("pirit", title="A Viki Print / Пирит fiscal register", listen="tcp:127.0.0.1:50003"),
    "atol-web": _row(
        "atol_web",
        title="ATOL's web server with its register (HTTP, v1 and v2)",
        listen="tcp:127.0.0.1:16732",
        exclusive=False,
    ),
}
#: What a shop is made of when nobody says otherwise.
USUAL: Final = "shtrih"
