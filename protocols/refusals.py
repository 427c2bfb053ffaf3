"""What the error numbers of all register families come down to."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What the caller may do about a refusal."""

    RETRYABLE = "retryable"  # the same command again, later
    OPERATOR = "operator"  # nothing goes on until a person acts
    REJECTED = "rejected"  # refused for good
