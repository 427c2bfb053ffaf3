"""How a register says no: with a number of its family, or, in the shared core, for a reason the family numbers."""

from __future__ import annotations

from enum import StrEnum


class Refusal(Exception):
    """The register says no with this error number of its family; nothing was changed."""

    def __init__(self, number: int) -> None:
        super().__init__(f"error {number:02X}h")
        self.number = number


class Reason(StrEnum):
    """Why the shared core refuses. Each family has one table from these to its numbers."""

    NOT_REGISTERED = "not_registered"
    NO_RECEIPT = "no_receipt"
    CASHLESS_EXCEEDS = "cashless_exceeds"  # more than is due, without any cash to give back
    PAYMENT_SHORT = "payment_short"
    NOT_ENOUGH_CASH = "not_enough_cash"  # in the drawer
    DISCOUNT_EXCEEDS = "discount_exceeds"
    NO_DATA = "no_data"  # no document was printed that could be copied


class Denied(Exception):
    """The shared core says no; nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
