"""What permit mode is asked about a line of a receipt, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocols.ffd.enums import Operation
from protocols.ffd.receipt import IndustryDetail
from protocols.marking import Code


class Source(StrEnum):
    """Who answered."""

    CDN = "cdn"  # the True API, online
    LOCAL = "local"  # the local module ЛМ ЧЗ, by its black list
    PIOT = "piot"  # ТС ПИоТ, online or by the black list
    NONE = "none"  # nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One marked line. `group` is a product group's id in ГИС МТ where it is known, `price` kopecks of one unit."""

    code: Code
    group: int | None = None
    price: int | None = None
    operation: Operation = Operation.SELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` is a stable code (`gateway.marking.permit.reasons`), `detail` English, `hint` Russian.

    `industry` is tag 1260 of the line, None where the law wants none. `request` and `answer` are what went over the
    wire for this code (JSON text, no keys; "" where nothing went); both hold the whole code and belong into the journal
    alone.
    """

    allowed: bool
    reason: str
    source: Source
    detail: str = ""
    hint: str = ""
    industry: IndustryDetail | None = None
    request: str = ""
    answer: str = ""
