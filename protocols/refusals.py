"""What the error numbers of all register families come down to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What the caller may do about a refusal."""

    RETRYABLE = "retryable"  # the same command again, later
    OPERATOR = "operator"  # nothing goes on until a person acts
    REJECTED = "rejected"  # refused for good


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """`code` is stable and goes into HTTP answers, `detail` into logs; `hint_ru` is for the person at the till."""

    number: int
    code: str
    detail: str
    text_ru: str
    hint_ru: str
    kind: Kind
