"""The entries of an order's log, and their JSON. The log is what is kept; everything else follows from it.

An event's entry holds the documents that were planned for it: a later version of the rules never changes history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from gateway.orders.goods import Line
from gateway.orders.ledger import Document
from gateway.orders.order import Event
from gateway.orders.policy import Policy
from gateway.orders.words import OrderType
from protocols.ffd.enums import Taxation


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What a PUT said. `common` is the JSON of what every receipt of the order bears (customer, taxation, …)."""

    at: datetime
    type: OrderType
    lines: tuple[Line, ...]
    remote: bool
    common: str
    policy: Policy
    entry: Literal["put"] = "put"

    @property
    def taxation(self) -> Taxation | None:
        """What the order says of its documents' tax system."""
        word = json.loads(self.common).get("taxation")
        return next((one for one in Taxation if one.value == word), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An accepted event and the documents it makes."""

    at: datetime
    event: Annotated[Event, Field(discriminator="type")]
    digest: str  # of the event's normal form: the same id with another content is a conflict
    documents: tuple[Document, ...]
    entry: Literal["event"] = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A unit was picked for a line (or, `taken`, put back)."""

    at: datetime
    line: str
    code: str
    taken: bool = False
    entry: Literal["scan"] = "scan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A document exists. `fiscal` as in the answers of receipts; of a bank's till, what the caller told."""

    at: datetime
    document: str
    fiscal: dict[str, Any]
    entry: Literal["document_done"] = "document_done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It is proven that a document does not exist; the chain stands until it is retried or given up."""

    at: datetime
    document: str
    code: str
    detail: str
    hint: str = ""
    entry: Literal["document_failed"] = "document_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A failed document is on its way again."""

    at: datetime
    document: str
    entry: Literal["document_retried"] = "document_retried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """What a later event makes when an earlier document is given up; `refused`: why it can make nothing any more."""

    event: str
    documents: tuple[Document, ...] = ()
    refused: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A person gave a document up: the rest of its event's documents with it."""

    at: datetime
    document: str
    replanned: tuple[Replanned, ...] = field(default=())
    entry: Literal["document_cancelled"] = "document_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """The journal was damaged or restored: entries that followed may be lost. Over with the caller's next word."""

    at: datetime
    why: str
    entry: Literal["log_doubted"] = "log_doubted"


Entry = Put | Happened | Scanned | Registered | Failed | Retried | GivenUp | Doubted

_ENTRY: Final[TypeAdapter[Entry]] = TypeAdapter(Annotated[Entry, Field(discriminator="entry")])


def to_json(entry: Entry) -> str:
    """One line of the log."""
    return _ENTRY.dump_json(entry).decode()


def from_json(text: str | bytes) -> Entry:
    """The entry of a line; pydantic's ValidationError when it is none."""
    return _ENTRY.validate_json(text)
