"""What a model of registers is, whatever its family: each family's `models` has the rows.

A row helps where the register does not tell: what it tells (its ФФД, its rates, its tables) wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from protocols.ffd.enums import FfdVersion

#: Where rows come from, by the word in `Model.sources`.
SOURCES: Final = {
    "P117": "the vendor's protocol 1.17: codes of models",
    "JP": "shtrih-m/javapos_shtrih, the vendor's Java driver: model classes and DeviceMetrics",
    "NANO": "shtrih-m/javapos_shtrih: tables of a ШТРИХ-НАНО-Ф of January 2026",
    "TC": "AlexObukhoff/TerminalClient: model data of Shtrih-M and ATOL",
    "A4J": "kurbatov/atol4j: bytes of a raster line",
    "KAG": "avb56/kktsite-agent: codes as the vendor's web server lists them",
    "VEND": "the vendor's driver for ATOL: names",
    "PM": "dreamkas/pirit_documentation, the vendor's manual",
    "SN": "adslbarxatov/TextToKKT: models by serial number with their ФФД (2021, before most took 1.2)",
}

_LOOKALIKES: Final = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")


@dataclass(frozen=True, slots=True)
class Model:
    """`code` as the device says it, None where none is known; several models may share one, so names go first.

    `columns` of its ordinary font; `paper` in mm; None and empty: not known. `ffd`: what a source saw it make, 1.2 may
    have come since. `says`: other names under which it answers. `quirks`: words of its family's `QUIRKS`. `doubts`:
    fields that rest on one source or on a relative (UNCONFIRMED). `sources`: words of `SOURCES`.
    """

    code: int | None
    name: str
    columns: int | None = None
    paper: tuple[int, ...] = ()
    cutter: bool | None = None
    drawer: bool | None = None
    ffd: tuple[FfdVersion, ...] = ()
    says: tuple[str, ...] = ()
    quirks: frozenset[str] = frozenset()
    doubts: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()

    @property
    def differs(self) -> tuple[str, ...]:
        """In words: what a host has to know beside the fields."""
        return tuple(sorted(self.quirks))


M = TypeVar("M", bound=Model)


def find(models: Iterable[M], *, code: int | None = None, name: str = "") -> M | None:
    """The row that bears the name, else the first with the code."""
    rows = tuple(models)
    asked = _plain(name)
    by_name = (row for row in rows if asked and asked in {_plain(one) for one in (row.name, *row.says)})
    by_code = (row for row in rows if code is not None and row.code == code)
    return next(by_name, None) or next(by_code, None)


def _plain(name: str) -> str:
    """Without what spellings differ in: case, hyphens and the like, Latin letters that look Cyrillic."""
    return "".join(sign for sign in name.upper() if sign.isalnum() or sign == "+").translate(_LOOKALIKES)
