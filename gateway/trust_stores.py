"""Where machines keep the authorities they trust, and how ours gets in and out: one row a store.

A row is commands for a person to read, and for us to run where we may. Nothing here runs anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

NICKNAME = "fiscal-gateway local CA"
SYSTEM_FILE = Path("/usr/local/share/ca-certificates/fiscal-gateway.crt")

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """`needs`: the program that must be there. `root`: only the administrator may. `{ca}`: the certificate's file."""

    name: str
    title: str
    needs: str
    install: tuple[Command, ...]
    remove: tuple[Command, ...]
    root: bool = False

    def commands(self, ca: Path, *, remove: bool) -> list[list[str]]:
        """What to run, with our file's name in it."""
        return [[part.replace("{ca}", str(ca)) for part in one] for one in (self.remove if remove else self.install)]


def nss(directory: Path, title: str) -> Store:
    """A database of Chromium or Firefox."""
    at = ("certutil", "-d", f"sql:{directory}")
    return Store(
        f"nss:{directory}",
        title,
        "certutil",
        ((*at, "-A", "-t", "C,,", "-n", NICKNAME, "-i", "{ca}"),),
        ((*at, "-D", "-n", NICKNAME),),
    )


SYSTEM = Store(
    "system",
    "Debian, Ubuntu: программы и curl",
    "update-ca-certificates",
    (("install", "-m", "644", "{ca}", str(SYSTEM_FILE)), ("update-ca-certificates",)),
    (("rm", "-f", str(SYSTEM_FILE)), ("update-ca-certificates", "--fresh")),
    root=True,
)
WINDOWS = Store(
    "windows",
    "Windows: система, Edge, Chrome",
    "certutil.exe",
    (("certutil", "-addstore", "-f", "Root", "{ca}"),),
    (("certutil", "-delstore", "Root", NICKNAME),),
    root=True,
)


def stores(home: Path) -> list[Store]:
    """Every store there may be: the system's, the user's Chromium, each profile of the user's Firefox, Windows'."""
    found = [SYSTEM, nss(home / ".pki/nssdb", "Chromium, Chrome, Яндекс Браузер")]
    found += [nss(profile.parent, "Firefox") for profile in _profiles(home)]
    return [*found, WINDOWS]


def _profiles(home: Path) -> Iterable[Path]:
    for root in (home / ".mozilla/firefox", home / "snap/firefox/common/.mozilla/firefox"):
        yield from sorted(root.glob("*/cert9.db"))


def hindrance(store: Store, programs: Mapping[str, str | None], *, root: bool) -> str:
    """Why this cannot be done here by us ("" where it can): for the list that is printed instead."""
    if not programs.get(store.needs):
        return f"нет программы {store.needs}"
    if store.root and not root:
        return "нужны права администратора (sudo)"
    if store.name.startswith("nss:") and not Path(store.name.removeprefix("nss:")).is_dir():
        return "браузер ещё не запускался"
    return ""
