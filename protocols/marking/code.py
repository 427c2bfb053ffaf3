"""A marking code once it has been understood, and the faults of one that was not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

#: The separator between GS1 elements, as every host gets it.
GS = "\x1d"
#: Tag 2000 holds no more (ffd_tags.csv); the longest code in use has 150 characters.
LONGEST = 256


class Kind(StrEnum):
    """What was scanned.

    `gs1`: a GS1 element string with a GTIN (AI 01). `transport`: an SSCC or the contents of a case (AI 00, 02), never
    sold. A case with AI 01 and 21 is `gs1` too: its elements are alike, and a warning says that it is a case.
    """

    GS1 = "gs1"
    TOBACCO29 = "tobacco29"
    TOBACCO25 = "tobacco25"
    FUR_KIZ = "fur_kiz"
    EGAIS2 = "egais2"
    EGAIS3 = "egais3"
    EAN8 = "ean8"
    EAN13 = "ean13"
    ITF14 = "itf14"
    TRANSPORT = "transport"
    UNKNOWN = "unknown"


#: Kinds that name goods, never a unit of them.
_OF_GOODS = frozenset({Kind.EAN8, Kind.EAN13, Kind.ITF14})


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning_:  # noqa: N801 - the plain name is a builtin
    """Something a person should know about a code that is usable: stable code, English detail, Russian hint."""

    code: str
    detail: str
    hint: str


class CodeError(ValueError):
    """A code that cannot be used as it came; `hint` says in Russian what to do at the till."""

    def __init__(self, code: str, detail: str, hint: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A marking code.

    raw: the bytes for the register and for tag 2000: no AIM id, no leading FNC1, no line ends, inner GS = 0x1D.
    cis: КИ, the code without its cryptographic tail; the only form that may be logged.
    mrp: maximal retail price in kopecks (packs; AI 8005 of a block). weight: net kilograms (AI 310n).
    tail: characters of the check value (AI 92, else 93; 4 of a pack), None when there is none.
    elements: every GS1 element in order, (AI, value), 01 and 21 included.
    """

    raw: bytes
    kind: Kind
    symbology: str | None
    gtin: str | None
    serial: str | None
    cis: str
    mrp: int | None
    weight: Decimal | None
    tail: int | None
    elements: tuple[tuple[str, str], ...]
    warnings: tuple[Warning_, ...]

    @property
    def text(self) -> str:
        """`raw` as text, GS as U+001D."""
        return self.raw.decode("latin-1")

    @property
    def names_unit(self) -> bool:
        """False where all units of the goods bear the same (a bar code, a GTIN alone: volume accounting, ОСУ)."""
        return self.kind not in _OF_GOODS and (self.kind is not Kind.GS1 or self.serial is not None)

    @property
    def unit(self) -> str:
        """What tells this unit from every other: КИ, or the whole text where no КИ is known. Not for logs."""
        return self.text if self.kind is Kind.UNKNOWN else self.cis

    def value(self, ai: str) -> str | None:
        """The value of the first element with this application identifier."""
        for known, value in self.elements:
            if known == ai:
                return value
        return None
