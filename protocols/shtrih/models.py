"""Shtrih-M and its relatives by the model byte and the name of FCh (shtrih_m §3.4, other_kkt §5).

The vendor's protocol numbers them. Columns and cutters are those of the vendor's Java driver; where its row is that of
the elder register with the same number, they are in doubt. Names without a number are those TerminalClient waits for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocols.ffd.enums import FfdVersion
from protocols.models import Model

#: Tags and code of a line (FF4D, FF67) come before the line itself (FF46).
TAGS_FIRST: Final = "tags-first"
#: The ФФД is a field of table 10 (`tables.FFD_OF_CASHCORE`).
FFD_IN_TABLE_10: Final = "ffd-in-table-10"

#: Word -> what differs. All from the vendor's Java driver alone (UNCONFIRMED by a second source).
QUIRKS: Final[Mapping[str, str]] = {
    TAGS_FIRST: "tags and marking code of a line are sent before the line",
    FFD_IN_TABLE_10: "the ФФД is in table 10 field 38, or 29 where the table is shorter, not in table 17",
}
#: What F7h's flag 23 stands for, whatever the model.
CASHCORE: Final = frozenset({TAGS_FIRST, FFD_IN_TABLE_10})

_V105 = (FfdVersion.V1_05,)
_V11 = (FfdVersion.V1_05, FfdVersion.V1_1)
_ELDER = frozenset({"columns", "cutter", "drawer"})  # of the register with the same number, before drives


def _elder(code: int, name: str, columns: int, *, ffd: tuple[FfdVersion, ...] = _V105) -> Model:
    sources = ("P117", "JP", "SN") if ffd else ("P117", "JP")
    return Model(code, name, columns, cutter=True, drawer=True, ffd=ffd, doubts=_ELDER, sources=sources)


def _named(code: int, name: str, *sources: str) -> Model:
    return Model(code, name, ffd=_V105, sources=("P117", *sources, "SN"))


def _cashcore(code: int, name: str, *, sources: tuple[str, ...] = ("P117", "JP")) -> Model:
    return Model(code, name, quirks=CASHCORE, doubts=frozenset({"quirks"}), sources=sources)


def _kiosk(name: str, *says: str) -> Model:
    """Its paper goes out through a presenter, so it cuts."""
    return Model(None, name, cutter=True, ffd=_V105, says=says, doubts=frozenset({"cutter"}), sources=("TC", "SN"))


MODELS: Final[tuple[Model, ...]] = (
    _elder(250, "ШТРИХ-М-01Ф", 48, ffd=_V11),
    _elder(250, "ШТРИХ-М-02Ф", 48),
    _elder(252, "ШТРИХ-ЛАЙТ-01Ф", 24, ffd=_V11),
    _elder(252, "ШТРИХ-ЛАЙТ-02Ф", 24),
    _elder(22, "РИТЕЙЛ-01Ф", 42),
    _elder(24, "РР-01Ф", 48),
    _elder(17, "NCR-001Ф", 44, ffd=()),
    _named(23, "РР-02Ф"),
    _named(26, "РР-03Ф"),
    _named(25, "ШТРИХ-ON-LINE", "TC"),
    _named(25, "РР-04Ф"),
    _named(249, "ШТРИХ-ФР-01Ф", "TC"),
    _named(44, "ШТРИХ-ФР-02Ф"),
    _named(50, "ШТРИХ-МИНИ-01Ф", "TC"),
    _named(51, "ШТРИХ-МИНИ-02Ф"),
    _named(43, "ЭЛВЕС-ФР-Ф"),
    _named(150, "ЭЛВЕС-МФ"),
    Model(200, "ЭЛВЕС-МИНИ-Ф", sources=("P117",)),
    Model(
        152,
        "ШТРИХ-НАНО-Ф",
        42,
        (57,),  # its 384 dots are 48 mm
        cutter=False,
        ffd=(FfdVersion.V1_2,),
        doubts=frozenset({"paper"}),
        sources=("JP", "NANO"),
    ),
    Model(
        19,
        "ШТРИХ-МОБАЙЛ-Ф",
        48,
        cutter=False,
        quirks=frozenset({TAGS_FIRST}),
        doubts=frozenset({"quirks"}),
        sources=("P117", "JP"),
    ),
    _cashcore(16, "ШТРИХ-МПЕЙ-Ф"),
    _cashcore(20, "ЯРУС М2100Ф"),
    _cashcore(21, "ЯРУС-ТФ"),
    _cashcore(45, "кассовое ядро 45", sources=("JP",)),
    _cashcore(46, "кассовое ядро 46", sources=("JP",)),
    _kiosk("PayOnline-01-ФА", "PAYONLINE"),
    _kiosk("Pay VKP-80K-ФА"),
    Model(None, "MSTAR-TK", ffd=_V105, says=("MSTAR-TK.2",), sources=("TC", "SN")),
)
