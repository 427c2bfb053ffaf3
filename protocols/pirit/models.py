"""Models by their code (query 02/21): line of firmware, paper, what is printed on a line, quirks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Model:
    """`paper` in mm: what it takes (query 02/16 tells what is in it).

    `error_texts`: 06/1 answers with words too. `drawer_state`: 81 tells the truth. `pictures`: 18, 19, 56 and 67 work.
    """

    code: int
    name: str
    line: Line
    paper: tuple[int, ...]
    error_texts: bool = True
    drawer_state: bool = True

    @property
    def pictures(self) -> bool:
        return self.line in Line.PIRITS


MODELS: Mapping[int, Model] = {
    model.code: model
    for model in (
        Model(1, "Viki Mini", Line.FM16, (57,)),
        Model(2, "Viki Tower", Line.FM16, (57,)),
        Model(3, "Viki Print 57", Line.FM16, (57,), drawer_state=False),
        Model(4, "Viki Print 57+", Line.FM16, (57,), drawer_state=False),
        Model(5, "Viki Print 80+", Line.FM16, (80,)),
        Model(8, "Пирит 2Ф", Line.PIRIT_2F, (80, 57), error_texts=False),
        Model(9, "Пирит 2СФ", Line.PUNIX, (80, 57)),
    )
}
#: UNCONFIRMED: paper of these (the manual names widths in 02/16 and in the names of the others only).
PAPER_UNCONFIRMED = frozenset({1, 2})

#: Query 02/16.
PAPER_MM: Mapping[int, int] = {0: 80, 1: 57}


def model(code: int) -> Model | None:
    return MODELS.get(code)
