"""docs/models.md: models of all families and the codes of their tax rates, from the families' tables."""

from __future__ import annotations

from collections.abc import Iterator

from devices.registers.factory import FAMILIES
from devices.registers.models import MODELS
from protocols.atol.vat import BY_VAT as ATOL
from protocols.atol_web.words import UNCONFIRMED_VATS, VATS
from protocols.ffd.enums import Vat
from protocols.models import SOURCES, Model
from protocols.pirit.vat import BY_VAT as PIRIT
from protocols.shtrih.models import QUIRKS
from protocols.shtrih.vat import BY_VAT as SHTRIH

#: Families that have no models of their own: whose they are.
_SAME = {"atol-web": "atol"}
_TITLES = {"shtrih": "Shtrih-M and relatives (FCh)", "atol": "ATOL (A5h, 3Fh)", "pirit": "Viki Print / Пирит (02/21)"}


def page() -> str:
    lines = [
        "# Models of registers",
        "",
        "Generated from `protocols/*/models.py`, which drivers and emulators share. A row helps where a register does",
        "not tell; what it tells (its ФФД, its tax table, the width of its paper) wins. A register that is in no row",
        "works all the same. `?` unknown, `*` rests on one source or on a relative. PayOnline, Pay VKP-80К, РР and",
        "MSTAR-TK are driven as Shtrih-M; what ATOL's web server drives is ATOL's.",
        "",
    ]
    for family in MODELS:
        if family not in _SAME:
            lines += [f"## {_TITLES[family]}", "", *_table(family), ""]
    lines += [
        "## What differs",
        "",
        "| word | meaning |",
        "|---|---|",
        *(f"| `{word}` | {meaning} |" for word, meaning in QUIRKS.items()),
        "",
        "## Sources",
        "",
        "| word | source |",
        "|---|---|",
        *(f"| {word} | {source} |" for word, source in SOURCES.items()),
        "",
        *_rates(),
    ]
    return "\n".join(lines) + "\n"


def known(family: str) -> str:
    """One line of models, for a page of families."""
    return ", ".join(model.name for model in MODELS[family])


def _table(family: str) -> Iterator[str]:
    yield "| code | model | characters | paper, mm | cutter | drawer | ФФД seen | what differs | sources |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for model in MODELS[family]:
        names = "".join(f" (`{name}`)" for name in model.says)
        yield (
            f"| {_cell(model, 'code', '–' if model.code is None else str(model.code))} | {model.name}{names} "
            f"| {_cell(model, 'columns', str(model.columns or '?'))} "
            f"| {_cell(model, 'paper', ', '.join(map(str, model.paper)) or '?')} "
            f"| {_cell(model, 'cutter', _yes(model.cutter))} | {_cell(model, 'drawer', _yes(model.drawer))} "
            f"| {', '.join(map(str, model.ffd)) or '?'} | {_cell(model, 'quirks', ', '.join(model.differs))} "
            f"| {', '.join(model.sources)} |"
        )


def _cell(model: Model, field: str, text: str) -> str:
    return f"{text}*" if field in model.doubts else text


def _yes(fact: bool | None) -> str:
    return "?" if fact is None else "yes" if fact else "no"


def _rates() -> list[str]:
    """`?` after a code: no document of the vendor's has it yet."""
    cells = {
        vat: (
            _code(f"{SHTRIH[vat].mask:02X}h", unsure=SHTRIH[vat].unconfirmed),
            str(SHTRIH[vat].row),
            _code(str(ATOL[vat].number), unsure=ATOL[vat].unconfirmed),
            _code(f"`{VATS.word(vat)}`", unsure=vat in UNCONFIRMED_VATS),
            _code(str(PIRIT[vat].row), unsure=PIRIT[vat].unconfirmed),
        )
        for vat in Vat
    }
    return [
        "## Codes of tax rates",
        "",
        "What a device tells of its rates is read and wins: table 6 of Shtrih-M, table 13 of ATOL's elder firmware,",
        "settings 40 and 41 of Пирит. A rate that the device does not have is refused before anything is sent. `?`: no",
        "published document of the vendor's has the code; each is one row of `protocols/*/vat.py`.",
        "",
        f"| rate | {FAMILIES['shtrih'].title}, byte | row of table 6 | ATOL | ATOL's web server | Пирит |",
        "|---|---|---|---|---|---|",
        *(f"| `{vat}` | {' | '.join(row)} |" for vat, row in cells.items()),
    ]


def _code(text: str, *, unsure: bool) -> str:
    return f"{text} ?" if unsure else text
