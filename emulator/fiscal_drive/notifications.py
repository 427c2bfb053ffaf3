"""Notifications of sales with marking codes (document 82): kept for ever, delivered in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.fiscal_drive.counters import CORRECTIONS
from emulator.fiscal_drive.documents import from_unix, to_unix
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, encode, find
from protocols.ofd.marking import MAX_SIZE, Notification, build_notification

if TYPE_CHECKING:
    from emulator.fiscal_drive.registration import Registration
    from emulator.fiscal_drive.state import State

#: Tag 2116.
RECEIPT_BIT, CORRECTION_BIT = 1, 2
#: What a notification repeats of an item (1059), and of the receipt.
_OF_ITEM = (1023, 1030, 1043, 1079, 1199, 1200, 1214, 1222, 1223, 1224, 1226, 1260, 1291, 2108)
_OF_RECEIPT = (1054, 1055, 1125, 1261, 1084)
#: Bytes of a document 82 beside its items, at most.
_FRAME = 2048


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """`tlv` is document 82 with its outer tag, `receipt` document 84; an exported one has an empty `receipt`."""

    number: int
    document: int
    at: datetime
    tlv: bytes
    receipt: bytes | None

    @property
    def delivered(self) -> bool:
        return self.receipt is not None


class Notifications:
    """Those of one drive in the storage."""

    def __init__(self, storage: Storage, drive: str) -> None:
        self._storage = storage
        self._drive = drive

    def add(self, number: int, document: int, at: datetime, tlv: bytes) -> None:
        self._storage.execute(
            "insert into notifications (drive, number, document, at, tlv) values (?, ?, ?, ?, ?)",
            (self._drive, number, document, to_unix(at), tlv),
        )

    def deliver(self, number: int, receipt: bytes) -> None:
        self._storage.execute(
            "update notifications set receipt = ? where drive = ? and number = ?", (receipt, self._drive, number)
        )

    def get(self, number: int) -> StoredNotification | None:
        """The notification with this number (2002), None when there is none."""
        return next(self.between(number, number), None)

    def between(self, first: int, last: int) -> Iterator[StoredNotification]:
        """Notifications first…last in order."""
        rows = self._storage.rows(
            "select number, document, at, tlv, receipt from notifications"
            " where drive = ? and number between ? and ? order by number",
            (self._drive, first, last),
        )
        for number, document, at, tlv, receipt in rows:
            yield StoredNotification(number, document, from_unix(at), tlv, receipt)

    def clear(self) -> None:
        self._storage.execute("delete from notifications where drive = ?", (self._drive,))


def documents(
    *,
    state: State,
    registration: Registration,
    code: DocumentCode,
    at: datetime,
    zone: int,
    body: Sequence[Element],
    items: Sequence[tuple[Element, ...]],
) -> list[tuple[int, bytes]]:
    """(number, document 82 with its outer tag) of the receipt that `state` counts last; `items` are insides of 2007.

    As many documents as their size asks for: the items of 128 long codes do not fit the 32 768 bytes of one
    (UNCONFIRMED what a real drive does then).
    """
    buyer = find(body, 1256)
    inn = find(buyer.value, 1228) if buyer is not None and isinstance(buyer.value, tuple) else None
    more = (
        Element(1011, zone),
        Element(1018, registration.inn),
        Element(1009, registration.address),
        Element(2116, CORRECTION_BIT if code in CORRECTIONS else RECEIPT_BIT),
        *(each for each in body if each.tag in _OF_RECEIPT),
        *(() if inn is None else (inn,)),
    )
    first = state.notifications + 1
    return [
        (
            number,
            build_notification(
                Notification(fn=state.number, number=number, document=state.last_document, at=at, items=part, more=more)
            ),
        )
        for number, part in enumerate(_parts(items), first)
    ]


def _parts(items: Sequence[tuple[Element, ...]]) -> Iterator[tuple[tuple[Element, ...], ...]]:
    part: list[tuple[Element, ...]] = []
    size = _FRAME
    for item in items:
        own = len(encode((Element(2007, item),)))
        if part and size + own > MAX_SIZE[DocumentCode.MARKING_NOTIFICATION]:
            yield tuple(part)
            part, size = [], _FRAME
        part.append(item)
        size += own
    if part:
        yield tuple(part)


def repeated_of(item: Sequence[Element]) -> tuple[Element, ...]:
    """What 2007 repeats of an item; an item without a tax sum has one of nothing (1200 is mandatory there)."""
    found = tuple(each for each in item if each.tag in _OF_ITEM)
    return found if find(found, 1200) is not None else (*found, Element(1200, 0))


def zone_number(offset: timedelta) -> int:
    """Tag 1011: 1 for Kaliningrad (UTC+2) to 11 for Kamchatka (UTC+12) (UNCONFIRMED enumeration)."""
    return min(max(int(offset.total_seconds() // 3600) - 1, 1), 11)
