"""Lines of the printed form of each fiscal document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.ffd.tlv import Element
from protocols.paper.lines import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the paper carries of the registration when the document's own tags do not."""

    user_name: str = ""
    inn: str = ""
    address: str = ""
    place: str = ""
    serial: str = ""
    fns_site: str = "nalog.gov.ru"
    sender_email: str = ""
    automatic: bool = False


def lines(
    document: Element,
    registration: Registration | None = None,
    *,
    header: Sequence[str] = (),
    footer: Sequence[str] = (),
    received: int | None = None,
) -> tuple[Line, ...]:
    """The paper of a document (outer tag with its elements). `received` is cash handed over, for the change."""
    raise NotImplementedError


def text_block(texts: Sequence[str]) -> tuple[Line, ...]:
    """Unfiscal text as printed lines."""
    raise NotImplementedError
