"""Every tag of ФФД 1.05 / 1.1 / 1.2, and the retired ones of 1.0, as data read from tags.csv.

Sources: the FNS tables of order ЕД-7-20/662@ with the amendments to 2026, as transcribed by two service references that
agree tag by tag. `max_len` of 1234/1235 is not published (None). Doubts stand in the `notes` of the row.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from protocols.ffd.enums import FfdVersion


class Kind(Enum):
    """How the value of a tag is coded."""

    BYTE = "byte"
    BITS = "bits"
    U16 = "u16"
    U32 = "u32"
    UNIXTIME = "unixtime"
    VLN = "vln"
    FVLN = "fvln"
    STRING = "string"
    BYTES = "bytes"
    STLV = "stlv"


class Presence(Enum):
    """The mark of the FNS tables: mandatory, conditional (there when its condition is met), optional."""

    MANDATORY = "M"
    CONDITIONAL = "C"
    OPTIONAL = "O"


@dataclass(frozen=True, slots=True)
class Tag:
    """One row of tags.csv.

    `max_len` is in bytes (a CP866 character is one). `fixed` values have exactly that length, strings padded right with
    spaces. `electronic` and `printed` hold the presence marks by version in the words of the file (read them with
    `presence`). `formerly` names the kind that the same number had in
    ФФД 1.0 with another meaning.
    """

    number: int
    name: str
    title: str
    kind: Kind
    fixed: bool
    max_len: int | None
    ffd_from: str
    ffd_to: str
    documents: tuple[int, ...]
    parents: tuple[int, ...]
    repeats: bool
    json_key: str | None
    json_aliases: tuple[str, ...]
    formerly: Kind | None
    electronic: Mapping[FfdVersion, str]
    printed: Mapping[FfdVersion, str]
    notes: str

    @property
    def retired(self) -> bool:
        """Only met in old documents: no current table lists it."""
        return not self.documents


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split())


def _row(cells: list[str]) -> Tag:
    (number, name, title, kind, fixed, max_len, ffd_from, ffd_to, documents, parents, repeats, json_key, aliases) = (
        cells[:13]
    )
    formerly, e105, p105, e11, p11, e12, p12, notes = cells[13:]
    return Tag(
        number=int(number),
        name=name,
        title=title,
        kind=Kind(kind),
        fixed=fixed == "1",
        max_len=int(max_len) if max_len else None,
        ffd_from=ffd_from,
        ffd_to=ffd_to,
        documents=_numbers(documents),
        parents=_numbers(parents),
        repeats=repeats == "1",
        json_key=json_key or None,
        json_aliases=tuple(aliases.split()),
        formerly=Kind(formerly) if formerly else None,
        electronic={FfdVersion.V1_05: e105, FfdVersion.V1_1: e11, FfdVersion.V1_2: e12},
        printed={FfdVersion.V1_05: p105, FfdVersion.V1_1: p11, FfdVersion.V1_2: p12},
        notes=notes,
    )


def _load() -> Mapping[int, Tag]:
    text = files(__package__).joinpath("tags.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    next(rows)
    return MappingProxyType({tag.number: tag for tag in map(_row, rows)})


TAGS: Mapping[int, Tag] = _load()
BY_NAME: Mapping[str, Tag] = MappingProxyType({tag.name: tag for tag in TAGS.values()})


def name_of(number: int) -> str:
    """English name of a tag, or its number where the table has none."""
    tag = TAGS.get(number)
    return tag.name if tag else str(number)


@cache
def presence(
    document: int, ffd: FfdVersion, parent: int | None = None, *, printed: bool = False
) -> Mapping[int, Presence]:
    """What a document (code 1…84) of this version holds, or what `parent` holds inside it: tag -> mark.

    The electronic form, which the drive signs and the OFD receives, unless `printed`. Tags that the tables do not
    allow there are absent from the answer.
    """
    if parent is not None and document not in TAGS[parent].documents:
        return MappingProxyType({})
    found: dict[int, Presence] = {}
    for tag in TAGS.values():
        mark = _mark(tag, (tag.printed if printed else tag.electronic)[ffd], document, parent)
        if mark is not None:
            found[tag.number] = mark
    return MappingProxyType(found)


def _mark(tag: Tag, marks: str, document: int, parent: int | None) -> Presence | None:
    """Marks read `3:M` (document 3, top level), `1059:M` (in 1059, whatever document holds one), `82/2007:C` (both)."""
    places = dict(word.split(":") for word in marks.split())
    if parent is None:
        mark = places.get(str(document))
    else:
        mark = places.get(f"{document}/{parent}")
        if mark is None:
            mark = places.get(str(parent))
    return Presence(mark) if mark else None
