"""Something that hangs on this machine, before anybody has spoken to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Guise(StrEnum):
    """What it shows itself as. Ids name makers, not devices, so most things are only a port."""

    REGISTER = "register"
    SCANNER = "scanner"
    KEYBOARD = "keyboard"
    PORT = "port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`link` as the configuration takes it, Russian `title` and `note`; whether it `may_be_asked` for a register."""

    link: str
    title: str
    note: str = ""
    guise: Guise = Guise.PORT
    may_be_asked: bool = False
