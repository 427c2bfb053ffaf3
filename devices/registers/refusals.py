"""A register's refusals as the house's errors, by what the families' tables say of each number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from devices.errors import DeviceError, NeedsOperator, Rejected, Retryable
from protocols.refusals import Kind

ERRORS: Final[Mapping[Kind, type[DeviceError]]] = {
    Kind.RETRYABLE: Retryable,
    Kind.OPERATOR: NeedsOperator,
    Kind.REJECTED: Rejected,
}
