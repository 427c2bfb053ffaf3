"""A register's refusals as the house's errors, by what the families' tables say of each number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from devices.errors import DeviceError, NeedsOperator, Rejected, Retryable
from protocols.refusals import Kind

ERRORS: Final[Mapping[Kind, type[DeviceError]]] = {
    Kind.RETRYABLE: Retryable,
    Kind.OPERATOR: NeedsOperator,
    Kind.REJECTED: Rejected,
}


class Row(Protocol):
    """What a family's table says of an error number."""

    @property
    def kind(self) -> Kind: ...

    @property
    def code(self) -> str: ...

    @property
    def text_ru(self) -> str: ...

    @property
    def hint_ru(self) -> str: ...


def refused(row: Row, detail: str, *, number: int, command: str, about: str = "") -> DeviceError:
    """What the caller may do about it, in the register's words; `about`: what else it says."""
    hint = f"{row.text_ru}{about}. {row.hint_ru}"
    return ERRORS[row.kind](detail, number=number, command=command, hint=hint, code=row.code)


def cover_open(number: int, command: str = "print") -> NeedsOperator:
    return NeedsOperator(
        "the cover is open", number=number, hint="Закройте крышку кассы.", code="cover_open", command=command
    )


def paper_out(number: int, said: str = "", command: str = "print") -> NeedsOperator:
    return NeedsOperator(
        f"no receipt paper{said}",
        number=number,
        hint="Вставьте чековую ленту: печать продолжится сама.",
        code="paper_out",
        command=command,
    )


def half_made(document: int, name: str = "") -> NeedsOperator:
    """The drive began a document (its code, and its name in Russian) that is not cancelled."""
    named = f" «{name}»" if name else ""
    return NeedsOperator(
        f"the drive is in the middle of document {document:02X}h and does not cancel it",
        number=document,
        hint=f"В накопителе начат документ{named}, и он не отменяется. Выключите и включите кассу.",
        code="document_half_made",
    )
