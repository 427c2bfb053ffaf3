"""Models by the code that A5h and 3Fh answer (atol_wire §4.9), with what differs between them.

Widths, cutters and first sound builds are TC's, bytes of a raster line A4J's; names of 72, 75 and 86 are the vendor's
driver's. Codes with neither width nor raster come from a list of models alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols import models
from protocols.ffd.enums import FfdVersion

#: What hosts of these commands may count on: 1.2 needs marking commands that no source describes.
WIRE_FFD = frozenset({FfdVersion.V1_05, FfdVersion.V1_1})


@dataclass(frozen=True, slots=True)
class Model(models.Model):
    """`raster`: bytes of a line of dots, None where unknown.

    `platform` 25 speaks this wire; of 5 nobody has described one; None where no source says which it is.
    """

    raster: int | None = None
    line_spacing: bool = True
    build: int = 5199
    platform: int | None = 25

    @property
    def has_open_wire(self) -> bool:
        return self.platform == 25

    @property
    def differs(self) -> tuple[str, ...]:
        return () if self.has_open_wire else ("no description of its wire",)


_V105 = (FfdVersion.V1_05,)
_V11 = (FfdVersion.V1_05, FfdVersion.V1_1)


def _row(
    code: int,
    name: str,
    columns: int | None = None,
    raster: int | None = None,
    *sources: str,
    ffd: tuple[FfdVersion, ...] = (),
    cutter: bool = True,
    line_spacing: bool = True,
    build: int = 5199,
) -> Model:
    """One of platform 2.5. `sources` beside those of its width (TC), its raster (A4J) and its ФФД (SN)."""
    known = {"TC": columns, "A4J": raster, "SN": ffd}
    return Model(
        code,
        name,
        columns,
        cutter=cutter if columns else None,
        ffd=ffd,
        sources=(*(word for word, fact in known.items() if fact), *sources),
        raster=raster,
        line_spacing=line_spacing,
        build=build,
    )


def _listed(code: int, name: str, *, platform: int | None = None) -> Model:
    return Model(code, name, sources=("KAG",), platform=platform)


_ROWS = (
    _listed(48, "АТОЛ 47ФА"),
    _listed(50, "Альянс 20Ф"),
    _row(57, "АТОЛ 25Ф", 48, 72, "KAG", ffd=_V11),
    _row(61, "АТОЛ 30Ф", 32, 48, "KAG", ffd=_V11, cutter=False),
    _row(62, "АТОЛ 55Ф", 36, 54, "KAG", ffd=_V11),
    _row(63, "АТОЛ FPrint-22ПТК", 48, 72, "KAG", ffd=_V11, build=7651),
    _row(64, "АТОЛ 52Ф", 36, 52, ffd=_V105, line_spacing=False),
    _listed(66, "АТОЛ 55 v2 Ф"),
    _row(67, "АТОЛ 11Ф", 32, 48, "KAG", ffd=_V11, cutter=False),
    _row(69, "АТОЛ 77Ф", 48, 72, "KAG", ffd=_V11, line_spacing=False),
    _listed(70, "АТОЛ 42ФА"),
    _row(72, "АТОЛ 90Ф", None, 48, "VEND", ffd=_V105),
    _row(75, "АТОЛ 60Ф", None, 48, "VEND", ffd=_V105),
    _row(76, "Казначей ФА", 67, None, "KAG", ffd=_V11, build=7942),
    _row(77, "АТОЛ 42ФС", 32, None, "KAG", build=5652),
    _row(78, "АТОЛ 15Ф", 32, 48, "KAG", ffd=_V105, cutter=False),
    _row(80, "АТОЛ 50Ф", None, 47, "KAG", ffd=_V11),
    _row(81, "АТОЛ 20Ф", 48, 72, "KAG", ffd=_V11),
    _row(82, "АТОЛ 91Ф", 32, 48, "KAG", ffd=_V11),
    _row(84, "АТОЛ 92Ф", None, 48, "KAG", ffd=_V105),
    _row(86, "АТОЛ 150Ф", None, 47, "VEND", ffd=_V11),
    _listed(87, "АТОЛ 27Ф"),
    _listed(89, "АТОЛ ПТ-5Ф"),
    _listed(93, "АТОЛ 1Ф", platform=5),
    _listed(94, "АТОЛ СТБ 6Ф"),
    _listed(95, "АТОЛ 22 v2 Ф", platform=5),
    _listed(96, "АТОЛ 2Ф", platform=5),
    _listed(97, "АТОЛ 35Ф"),
)

MODELS: Mapping[int, Model] = {row.code: row for row in _ROWS if row.code is not None}
#: What an emulated register says it is unless told otherwise: the best tested one.
DEFAULT = 61
#: Narrowest of all, for a model that nobody knows.
WIDTH = 32


def width_of(code: int) -> int:
    """Characters of a line; ask register 24 where it matters."""
    model = MODELS.get(code)
    return WIDTH if model is None or model.columns is None else model.columns
