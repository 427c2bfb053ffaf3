"""What becomes of a sale when nobody answers: refused, unless a person or the product group's rule says otherwise.

Product groups are those of ГИС МТ (marking.md §1.1; ids above 26 change, and an id that is not listed refuses). No
public source confirms a group whose goods may be sold without an answer since the offline check is mandatory, so every
built-in row refuses (UNCONFIRMED); a shop that knows better writes its rule into `[permit.no_answer]`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocols.marking import Kind


class NoAnswer(StrEnum):
    """The sale of a unit about which nobody answered."""

    REFUSE = "refuse"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Group:
    """One product group."""

    id: int
    no_answer: NoAnswer = NoAnswer.REFUSE


GROUPS: Final[Mapping[str, Group]] = MappingProxyType(
    {
        "lp": Group(1),
        "shoes": Group(2),
        "tobacco": Group(3),
        "perfumery": Group(4),
        "tires": Group(5),
        "electronics": Group(6),
        "pharma": Group(7),
        "milk": Group(8),
        "bicycle": Group(9),
        "wheelchairs": Group(10),
        "alcohol": Group(11),
        "otp": Group(12),
        "water": Group(13),
        "furs": Group(14),
        "beer": Group(15),
        "ncp": Group(16),
        "bio": Group(17),
        "antiseptic": Group(19),
        "petfood": Group(20),
        "seafood": Group(21),
        "nabeer": Group(22),
        "softdrinks": Group(23),
        "meat": Group(25),
        "vetpharma": Group(26),
        "toys": Group(27),
        "radio": Group(28),
        "titan": Group(31),
        "conserve": Group(32),
        "vegetableoil": Group(33),
        "opticfiber": Group(34),
        "chemistry": Group(35),
        "books": Group(36),
        "grocery": Group(37),
        "pharmaraw": Group(38),
        "construction": Group(39),
        "fire": Group(40),
        "heater": Group(41),
        "cableraw": Group(42),
        "autofluids": Group(43),
        "polymer": Group(44),
        "sweets": Group(45),
        "carparts": Group(48),
        "furslp": Group(49),
        "nicotindev": Group(50),
        "gadgets": Group(51),
        "frozen": Group(52),
        "fertilizers": Group(53),
        "homeware": Group(54),
        "pyrotechnics": Group(59),
    }
)

#: Alcohol under ЕГАИС has a system of its own, plain barcodes are no marking codes. Whatever else a line bears is asked
#: about: of a form that is not known here the marking system says itself whether it is one.
NOT_ASKED_KINDS: Final = frozenset({Kind.EGAIS2, Kind.EGAIS3, Kind.EAN8, Kind.EAN13, Kind.ITF14})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`rules` by group id; `otherwise` for groups without one and for codes whose group is not known."""

    rules: Mapping[int, NoAnswer]
    otherwise: NoAnswer = NoAnswer.REFUSE

    @classmethod
    def of(cls, given: Mapping[str, NoAnswer]) -> Policy:
        """From the configuration: group names, `default` for all the others. KeyError names an unknown group."""
        rules = {group.id: group.no_answer for group in GROUPS.values()}
        otherwise = given.get("default", NoAnswer.REFUSE)
        if otherwise is not NoAnswer.REFUSE:
            rules = dict.fromkeys(rules, otherwise)
        rules |= {GROUPS[name].id: rule for name, rule in given.items() if name != "default"}
        return cls(rules=rules, otherwise=otherwise)

    def on(self, groups: Collection[int]) -> NoAnswer:
        """The strictest rule of the groups that a code may belong to."""
        rules = {self.rules.get(group, self.otherwise) for group in groups} or {self.otherwise}
        return NoAnswer.REFUSE if NoAnswer.REFUSE in rules else NoAnswer.SELL
