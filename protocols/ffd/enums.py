"""The enumerations of ФФД with the spellings of our JSON (ATOL Online's, extended in its manner) and their tag values.

Each member's value is the JSON spelling; `.code` is the number that goes into the tag. Sources: design.md "Words",
FNS order ЕД-7-20/662@ with its amendments (tables of tags 1054, 1055, 1199, 1212, 1214, 2108).
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Self


class Coded(str, Enum):  # noqa: UP042 — StrEnum has no place for the code beside the word
    """A JSON word with the number the fiscal document carries for it."""

    code: int

    def __new__(cls, word: str, code: int) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = code
        return member

    @classmethod
    def of(cls, code: int) -> Self:
        """The member with this tag value; ValueError when there is none."""
        for member in cls:
            if member.code == code:
                return member
        raise ValueError(f"{code} is no {cls.__name__}")

    def __str__(self) -> str:
        return str(self._value_)


class FfdVersion(Coded):
    """Tags 1209 / 1189 / 1190."""

    V1_05 = "1.05", 2
    V1_1 = "1.1", 3
    V1_2 = "1.2", 4


class DocumentCode(IntEnum):
    """Outer tag of a fiscal document."""

    REGISTRATION = 1
    SHIFT_OPEN = 2
    RECEIPT = 3
    BSO = 4
    SHIFT_CLOSE = 5
    DRIVE_CLOSE = 6
    OPERATOR_ACK = 7
    REREGISTRATION = 11
    STATE_REPORT = 21
    CORRECTION = 31
    BSO_CORRECTION = 41
    MARKING_REQUEST = 81
    MARKING_NOTIFICATION = 82
    MARKING_ANSWER = 83
    MARKING_RECEIPT = 84


class Operation(Coded):
    """Tag 1054; the four corrections carry the same number in document 31."""

    SELL = "sell", 1
    SELL_REFUND = "sell_refund", 2
    BUY = "buy", 3
    BUY_REFUND = "buy_refund", 4


class Taxation(Coded):
    """Tag 1055, one bit; 1062 is their sum."""

    OSN = "osn", 1
    USN_INCOME = "usn_income", 2
    USN_INCOME_OUTCOME = "usn_income_outcome", 4
    ESN = "esn", 16
    PATENT = "patent", 32


class PaymentMethod(Coded):
    """Tag 1214."""

    FULL_PREPAYMENT = "full_prepayment", 1
    PREPAYMENT = "prepayment", 2
    ADVANCE = "advance", 3
    FULL_PAYMENT = "full_payment", 4
    PARTIAL_PAYMENT = "partial_payment", 5
    CREDIT = "credit", 6
    CREDIT_PAYMENT = "credit_payment", 7


class PaymentObject(Coded):
    """Tag 1212. 30…33 exist only in ФФД 1.2."""

    COMMODITY = "commodity", 1
    EXCISE = "excise", 2
    JOB = "job", 3
    SERVICE = "service", 4
    GAMBLING_BET = "gambling_bet", 5
    GAMBLING_PRIZE = "gambling_prize", 6
    LOTTERY = "lottery", 7
    LOTTERY_PRIZE = "lottery_prize", 8
    INTELLECTUAL_ACTIVITY = "intellectual_activity", 9
    PAYMENT = "payment", 10
    AGENT_COMMISSION = "agent_commission", 11
    AWARD = "award", 12
    ANOTHER = "another", 13
    PROPERTY_RIGHT = "property_right", 14
    NON_OPERATING_GAIN = "non_operating_gain", 15
    INSURANCE_PREMIUM = "insurance_premium", 16
    SALES_TAX = "sales_tax", 17
    RESORT_FEE = "resort_fee", 18
    DEPOSIT = "deposit", 19
    EXPENSE = "expense", 20
    PENSION_INSURANCE_IP = "pension_insurance_ip", 21
    PENSION_INSURANCE = "pension_insurance", 22
    MEDICAL_INSURANCE_IP = "medical_insurance_ip", 23
    MEDICAL_INSURANCE = "medical_insurance", 24
    SOCIAL_INSURANCE = "social_insurance", 25
    CASINO_PAYMENT = "casino_payment", 26
    FUNDS_ISSUANCE = "funds_issuance", 27
    EXCISE_WITHOUT_MARKING = "excise_without_marking", 30
    EXCISE_WITH_MARKING = "excise_with_marking", 31
    COMMODITY_WITHOUT_MARKING = "commodity_without_marking", 32
    COMMODITY_WITH_MARKING = "commodity_with_marking", 33


class Vat(Coded):
    """Tag 1199."""

    VAT20 = "vat20", 1
    VAT10 = "vat10", 2
    VAT120 = "vat120", 3
    VAT110 = "vat110", 4
    VAT0 = "vat0", 5
    NONE = "none", 6
    VAT5 = "vat5", 7
    VAT7 = "vat7", 8
    VAT105 = "vat105", 9
    VAT107 = "vat107", 10
    VAT22 = "vat22", 11
    VAT122 = "vat122", 12


class PaymentKind(Coded):
    """The five sums a receipt is paid with; the code is the tag."""

    CASH = "cash", 1031
    ELECTRONIC = "electronic", 1081
    PREPAID = "prepaid", 1215
    POSTPAID = "postpaid", 1216
    OTHER = "other", 1217


class AgentKind(Coded):
    """Tags 1222 / 1057, one bit each."""

    BANK_PAYING_AGENT = "bank_paying_agent", 1
    BANK_PAYING_SUBAGENT = "bank_paying_subagent", 2
    PAYING_AGENT = "paying_agent", 4
    PAYING_SUBAGENT = "paying_subagent", 8
    ATTORNEY = "attorney", 16
    COMMISSION_AGENT = "commission_agent", 32
    ANOTHER = "another", 64


class CorrectionKind(Coded):
    """Tag 1173."""

    SELF = "self", 0
    INSTRUCTION = "instruction", 1


class Measure(Coded):
    """Tag 2108 (ФФД 1.2)."""

    PIECE = "piece", 0
    GRAM = "gram", 10
    KILOGRAM = "kilogram", 11
    TON = "ton", 12
    CENTIMETER = "centimeter", 20
    DECIMETER = "decimeter", 21
    METER = "meter", 22
    SQUARE_CENTIMETER = "square_centimeter", 30
    SQUARE_DECIMETER = "square_decimeter", 31
    SQUARE_METER = "square_meter", 32
    MILLILITER = "milliliter", 40
    LITER = "liter", 41
    CUBIC_METER = "cubic_meter", 42
    KILOWATT_HOUR = "kilowatt_hour", 50
    GIGACALORIE = "gigacalorie", 51
    DAY = "day", 70
    HOUR = "hour", 71
    MINUTE = "minute", 72
    SECOND = "second", 73
    KILOBYTE = "kilobyte", 80
    MEGABYTE = "megabyte", 81
    GIGABYTE = "gigabyte", 82
    TERABYTE = "terabyte", 83
    OTHER = "other", 255
