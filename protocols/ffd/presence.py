"""Which tags a document of each ФФД must, may and may not hold."""

from __future__ import annotations

from collections.abc import Iterable

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.tlv import Element


def validate(code: DocumentCode, ffd: FfdVersion, elements: Iterable[Element], *, complete: bool = True) -> list[Fault]:
    """Faults by tag path; with `complete` False tags that the drive or the register writes are not missed."""
    raise NotImplementedError
