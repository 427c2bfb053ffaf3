"""What the drive holds against what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, Value


class Deviation(NamedTuple):
    """One difference: path of tags (`1059[0]/1043`), what was asked, what the drive holds ("" = absent)."""

    path: str
    asked: str
    found: str


def differences(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], known: Mapping[int, Value] | None = None
) -> tuple[Deviation, ...]:
    """Where the drive's document departs from the request; `known` are registration values the register may add."""
    raise NotImplementedError


def same_document(
    receipt: Receipt, ffd: FfdVersion, found: Iterable[Element], code: DocumentCode | None = None
) -> bool:
    """Whether this document of the drive is the receipt that was sent."""
    raise NotImplementedError
