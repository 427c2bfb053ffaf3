"""Every register that the conformance suite runs on, and the one table of how they differ from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from devices.registers.base import Capability
from protocols.ffd.enums import FfdVersion

V105, V12 = FfdVersion.V1_05, FfdVersion.V1_2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A driver on an emulated register. `serial`: it can hang on a serial line; `handed_over`: the command by which the
    host hands a document over, where that is not the one by which the drive keeps it."""

    family: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    serial: bool = True
    handed_over: str = ""

    @property
    def name(self) -> str:
        return "-".join((self.family, *self.options.values()))


ROWS: Final = (
    Row(family="shtrih", options={"protocol": "1"}),
    Row(family="shtrih", options={"protocol": "2"}),
    Row(family="pirit"),
    Row(family="atol", options={"protocol": "2"}),
    Row(family="atol", options={"protocol": "3"}),
    Row(family="atol-web", options={"api": "v2"}, serial=False, handed_over="http_add"),
    Row(family="atol-web", options={"api": "v1"}, serial=False, handed_over="http_add"),
)

#: Where it is said once, whatever the framing.
FAMILIES: Final = tuple(dict.fromkeys(row.family for row in ROWS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What no register of a family can do (of one ФФД, where that is named); the driver says so by its capabilities."""

    family: str
    what: Capability
    reason: str
    ffd: FfdVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A scenario that ends otherwise on a family: `says` is part of what it fails with, `case` of the test's id.

    A row that is no longer true fails the suite.
    """

    family: str
    scenario: str
    says: str
    reason: str
    case: str = ""


LACKS: Final[tuple[Lack, ...]] = (
    Lack(
        family="shtrih",
        what=Capability.CORRECTION_ITEMS,
        ffd=V105,
        reason="a correction of ФФД 1.05 is made of sums alone",
    ),
    Lack(family="shtrih", what=Capability.MARKING, ffd=V105, reason="codes are checked from ФФД 1.2 on"),
    Lack(
        family="pirit",
        what=Capability.CORRECTION_ITEMS,
        ffd=V105,
        reason="a correction of ФФД 1.05 is made of sums alone",
    ),
    Lack(family="pirit", what=Capability.MARKING, ffd=V105, reason="codes are checked from ФФД 1.2 on"),
    Lack(
        family="atol",
        what=Capability.CORRECTION_ITEMS,
        ffd=V105,
        reason="a correction of ФФД 1.05 is made of sums alone",
    ),
    Lack(
        family="atol",
        what=Capability.MARKING,
        reason="protocol 2.4 has no command that checks a code of ФФД 1.2; ATOL's web server checks them",
    ),
    Lack(
        family="atol-web",
        what=Capability.CORRECTION_ITEMS,
        ffd=V105,
        reason="a correction of ФФД 1.05 is made of sums alone",
    ),
    Lack(family="atol-web", what=Capability.MARKING, ffd=V105, reason="codes are checked from ФФД 1.2 on"),
    Lack(family="atol-web", what=Capability.SETTINGS, reason="the web server hands out no tables of its register"),
)

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        family="atol-web",
        scenario="test_counters_by_operation_and_form",
        says="sell_count",
        reason="getShiftTotals tells sums of each operation and form, and no counts",
    ),
    Difference(
        family="atol",
        scenario="same_document",
        case="weighed to less than a gram",
        says="receipt_does_not_fit",
        reason="protocol 2.4 carries a quantity in thousandths; refused before anything is sent",
    ),
    Difference(
        family="pirit",
        scenario="test_what_could_not_be_checked_is_sold_with_a_warning",
        case="wrong_",
        says="marking_server_silent",
        reason="79/1 leaves the marking system's words empty, whether it was silent or the drive took no answer",
    ),
)


def lacks(family: str, ffd: FfdVersion) -> frozenset[Capability]:
    return frozenset(lack.what for lack in LACKS if lack.family == family and lack.ffd in {None, ffd})


def difference(family: str, scenario: str, case: str) -> Difference | None:
    """The row for a run of a scenario."""
    for row in DIFFERENCES:
        if (row.family, row.scenario) == (family, scenario) and row.case in case:
            return row
    return None
