"""ATOL's spellings of ФФД's enumerations: camelCase words, and most take the tag's number as well (atol_json.md §4.3).

A row's first word is the one that is written; the others are older, newer or doubtful spellings that are understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Generic, TypeVar

from protocols.ffd.enums import (
    AgentKind,
    Coded,
    CorrectionKind,
    FfdVersion,
    Measure,
    Operation,
    PaymentKind,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)

C = TypeVar("C", bound=Coded)


class Words(Generic[C]):
    """One enumeration: `word` writes a member, `member` reads a word (in any case) or its number."""

    def __init__(self, rows: Mapping[C, str | tuple[str, ...]], numbers: Mapping[int, C] | None = None) -> None:
        self._words: dict[C, str] = {}
        self._members: dict[str, C] = {}
        self._numbers = numbers or {}
        for member, spelt in rows.items():
            words = (spelt,) if isinstance(spelt, str) else spelt
            self._words[member] = words[0]
            for word in words:
                if self._members.setdefault(word.casefold(), member) is not member:
                    raise ValueError(f"{word!r} is both {member} and {self._members[word.casefold()]}")

    def word(self, member: C) -> str:
        """KeyError where ATOL has no word for it."""
        return self._words[member]

    def member(self, given: object) -> C:
        """ValueError for what is neither a word nor a number of it."""
        found: C | None = None
        if isinstance(given, str):
            found = self._members.get(given.casefold())
        elif isinstance(given, int | Decimal) and not isinstance(given, bool):
            # 4 and 4.0 are one key; no arithmetic, since a number from outside may be beyond it
            found = next((member for number, member in self._numbers.items() if number == given), None)
        if found is None:
            raise ValueError(f"{given!r} is none of {', '.join(self._words.values())}")
        return found


def _camel(word: str) -> str:
    first, *rest = word.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _camels(members: type[C], **others: str | tuple[str, ...]) -> dict[C, str | tuple[str, ...]]:
    """Our words in camelCase; `others` by member name where ATOL says something else."""
    return {member: others.get(member.name, _camel(str(member))) for member in members}


def _codes(members: type[C]) -> dict[int, C]:
    return {member.code: member for member in members}


TAXATIONS = Words(_camels(Taxation))
PAYMENT_METHODS = Words(_camels(PaymentMethod), _codes(PaymentMethod))
PAYMENT_OBJECTS = Words(
    _camels(
        PaymentObject,
        AWARD=("composite", "pay"),
        PROPERTY_RIGHT="proprietaryLaw",
        NON_OPERATING_GAIN="nonOperatingIncome",
        INSURANCE_PREMIUM=("otherContributions", "insuranceContributions"),
        SALES_TAX="merchantTax",
        RESORT_FEE=("resortFee", "touristTax"),
        EXPENSE="consumption",
        PENSION_INSURANCE_IP="soleProprietorCPIContributions",
        PENSION_INSURANCE="cpiContributions",
        MEDICAL_INSURANCE_IP="soleProprietorCMIContributions",
        MEDICAL_INSURANCE="cmiContributions",
        SOCIAL_INSURANCE="csiContributions",
    ),
    _codes(PaymentObject),
)
#: UNCONFIRMED: words of one integration only.
UNCONFIRMED_VATS = frozenset({Vat.VAT22, Vat.VAT122})
#: 18 % is what 20 % was called before 2019.
VATS = Words(_camels(Vat, VAT20=("vat20", "vat18"), VAT120=("vat120", "vat118")))
MEASURES = Words(_camels(Measure, GIGACALORIE="gkal", OTHER="otherUnits"), _codes(Measure))
#: Numbers are those of the wire's payment types less one, and of 1C: 0 cash … 4 other; 5 to 9 are
#: named by the shop and count as electronic (UNCONFIRMED).
PAYMENT_KINDS = Words(
    _camels(PaymentKind, ELECTRONIC="electronically", POSTPAID="credit"),
    {**dict(enumerate(PaymentKind)), **dict.fromkeys(range(5, 10), PaymentKind.ELECTRONIC)},
)
AGENTS = Words(_camels(AgentKind))
CORRECTIONS = Words(_camels(CorrectionKind))
VERSIONS = Words({version: str(version) for version in FfdVersion})

#: Tag 2003 as `itemEstimatedStatus` says it (no member of ours: drive and gateway keep the number).
PLANNED_STATUS: Mapping[str, int] = {
    "itemPieceSold": 1,
    "itemDryForSale": 2,
    "itemPieceReturn": 3,
    "itemDryReturn": 4,
    "itemPieceForSale": 5,
    "itemDrySold": 6,
    "itemStatusUnchanged": 255,
}

#: And the word of a number of 2003.
STATUS_WORDS: Mapping[int, str] = {number: word for word, number in PLANNED_STATUS.items()}

#: Task type -> what the receipt does, and whether it is a correction.
RECEIPT_TYPES: Mapping[str, tuple[Operation, bool]] = {
    "sell": (Operation.SELL, False),
    "sellReturn": (Operation.SELL_REFUND, False),
    "buy": (Operation.BUY, False),
    "buyReturn": (Operation.BUY_REFUND, False),
    "sellCorrection": (Operation.SELL, True),
    "sellReturnCorrection": (Operation.SELL_REFUND, True),
    "buyCorrection": (Operation.BUY, True),
    "buyReturnCorrection": (Operation.BUY_REFUND, True),
}
_TYPE_OF = {meaning: word for word, meaning in RECEIPT_TYPES.items()}


def receipt_type(operation: Operation, *, correction: bool) -> str:
    """The task type of a receipt."""
    return _TYPE_OF[operation, correction]


#: Tasks of which a request holds one at most, and before which a server notes the last document (§2, §3.4).
FISCAL_TYPES = frozenset(
    {
        *RECEIPT_TYPES,
        "openShift",
        "closeShift",
        "reportOfdExchangeStatus",
        "registration",
        "fnChange",
        "changeRegistrationParameters",
        "closeArchive",
    }
)
