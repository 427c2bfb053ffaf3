"""Models by their code (query 02/21): line of firmware, paper, what is printed on a line, quirks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols import models
from protocols.ffd.enums import FfdVersion
from protocols.pirit.commands.base import Line


@dataclass(frozen=True, slots=True)
class Font:
    """Attributes of printed text, bits 0…3. `columns` on paper of 80 mm; None: query 02/18 tells, or nobody does."""

    number: int
    width: int
    height: int
    bold: bool = False
    columns: int | None = None


_PIRIT_FONTS = (
    Font(0, 13, 24, columns=44),
    Font(1, 10, 20),
    Font(2, 13, 24, bold=True),
    Font(3, 10, 20, bold=True),
    Font(4, 8, 14, columns=56),
    Font(5, 24, 45),
    Font(6, 24, 45, bold=True),
)
FONTS: Mapping[Line, tuple[Font, ...]] = {
    Line.FM16: (Font(0, 12, 24), Font(1, 9, 17), Font(2, 8, 14)),
    Line.PIRIT_2F: _PIRIT_FONTS,
    Line.PUNIX: _PIRIT_FONTS,
}

#: What settings give a line of text (names, addresses, endings of receipts), whatever the model.
COLUMNS = 44
#: Dots of a picture in a document: on 57 mm the left 336 of them.
PICTURE_DOTS = {80: 512, 57: 336}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(models.Model):
    """`paper` is what it takes (query 02/16 tells what is in it).

    `error_texts`: 06/1 answers with words too. `drawer_state`: 81 tells the truth. `pictures`: 18, 19, 56 and 67 work.
    """

    line: Line
    error_texts: bool = True
    drawer_state: bool = True

    @property
    def pictures(self) -> bool:
        return self.line in Line.PIRITS

    @property
    def differs(self) -> tuple[str, ...]:
        words = {
            "errors without words": not self.error_texts,
            "the drawer's state is not told": not self.drawer_state,
            "no pictures": not self.pictures,
        }
        return tuple(word for word, is_so in words.items() if is_so)


def _row(
    code: int,
    name: str,
    line: Line,
    *paper: int,
    ffd: tuple[FfdVersion, ...] = (FfdVersion.V1_05,),
    error_texts: bool = True,
    drawer_state: bool = True,
    doubts: frozenset[str] = frozenset(),
) -> Model:
    return Model(
        code=code,
        name=name,
        line=line,
        columns=COLUMNS if line in Line.PIRITS else None,
        paper=paper,
        ffd=ffd,
        doubts=doubts,
        sources=("PM", "SN"),
        error_texts=error_texts,
        drawer_state=drawer_state,
    )


#: The manual names widths in 02/16 and in the names of the others only.
_PAPER = frozenset({"paper"})

MODELS: Mapping[int, Model] = {
    model.code: model
    for model in (
        _row(1, "Viki Mini", Line.FM16, 57, doubts=_PAPER),
        _row(2, "Viki Tower", Line.FM16, 57, doubts=_PAPER),
        _row(3, "Viki Print 57", Line.FM16, 57, drawer_state=False),
        _row(4, "Viki Print 57+", Line.FM16, 57, drawer_state=False),
        _row(5, "Viki Print 80+", Line.FM16, 80),
        _row(8, "Пирит 2Ф", Line.PIRIT_2F, 80, 57, error_texts=False),
        _row(9, "Пирит 2СФ", Line.PUNIX, 80, 57, ffd=(FfdVersion.V1_05, FfdVersion.V1_1)),
    )
    if model.code is not None
}

#: Query 02/16.
PAPER_MM: Mapping[int, int] = {0: 80, 1: 57}


def model(code: int) -> Model | None:
    return MODELS.get(code)
