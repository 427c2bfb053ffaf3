"""Models by the code that A5h and 3Fh answer (atol_wire §4.9), with what differs between them.

Widths, cutters and first sound builds are TC's, bytes of a raster line A4J's; names of 72, 75 and 86 are the vendor's
driver's. Codes with neither width nor raster come from a list of models alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.ffd.enums import FfdVersion

#: What hosts of these commands may count on: 1.2 needs marking commands that no source describes.
WIRE_FFD = frozenset({FfdVersion.V1_05, FfdVersion.V1_1})


@dataclass(frozen=True, slots=True)
class Model:
    """`width` in characters and `raster` in bytes of a line, None where unknown.

    `platform` 25 speaks this wire; of 5 nobody has described one; None where no source says which it is.
    """

    code: int
    name: str
    width: int | None = None
    raster: int | None = None
    cutter: bool = True
    line_spacing: bool = True
    build: int = 5199
    platform: int | None = 25

    @property
    def has_open_wire(self) -> bool:
        return self.platform == 25


_ROWS = (
    Model(48, "АТОЛ 47ФА", platform=None),
    Model(50, "Альянс 20Ф", platform=None),
    Model(57, "АТОЛ 25Ф", 48, 72),
    Model(61, "АТОЛ 30Ф", 32, 48, cutter=False),
    Model(62, "АТОЛ 55Ф", 36, 54),
    Model(63, "АТОЛ FPrint-22ПТК", 48, 72, build=7651),
    Model(64, "АТОЛ 52Ф", 36, 52, line_spacing=False),
    Model(66, "АТОЛ 55 v2 Ф", platform=None),
    Model(67, "АТОЛ 11Ф", 32, 48, cutter=False),
    Model(69, "АТОЛ 77Ф", 48, 72, line_spacing=False),
    Model(70, "АТОЛ 42ФА", platform=None),
    Model(72, "АТОЛ 90Ф", raster=48),
    Model(75, "АТОЛ 60Ф", raster=48),
    Model(76, "Казначей ФА", 67, build=7942),
    Model(77, "АТОЛ 42ФС", 32, build=5652),
    Model(78, "АТОЛ 15Ф", 32, 48, cutter=False),
    Model(80, "АТОЛ 50Ф", raster=47),
    Model(81, "АТОЛ 20Ф", 48, 72),
    Model(82, "АТОЛ 91Ф", 32, 48),
    Model(84, "АТОЛ 92Ф", raster=48),
    Model(86, "АТОЛ 150Ф", raster=47),
    Model(87, "АТОЛ 27Ф", platform=None),
    Model(89, "АТОЛ ПТ-5Ф", platform=None),
    Model(93, "АТОЛ 1Ф", platform=5),
    Model(94, "АТОЛ СТБ 6Ф", platform=None),
    Model(95, "АТОЛ 22 v2 Ф", platform=5),
    Model(96, "АТОЛ 2Ф", platform=5),
    Model(97, "АТОЛ 35Ф", platform=None),
)

MODELS: Mapping[int, Model] = {row.code: row for row in _ROWS}
#: What an emulated register says it is unless told otherwise: the best tested one.
DEFAULT = 61
#: Narrowest of all, for a model that nobody knows.
WIDTH = 32


def width_of(code: int) -> int:
    """Characters of a line; ask register 24 where it matters."""
    model = MODELS.get(code)
    return WIDTH if model is None or model.width is None else model.width
