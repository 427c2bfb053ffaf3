"""The drive's archive: every document as it was made, for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, decode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def to_unix(at: datetime) -> int:
    """Seconds of a naive local wall clock, as tag 1012 counts them."""
    return int((at - _EPOCH) / timedelta(seconds=1))


def from_unix(seconds: int) -> datetime:
    """The naive local wall clock of tag 1012."""
    return _EPOCH + timedelta(seconds=seconds)


@dataclass(frozen=True)
class StoredDocument:
    """One document of the archive.

    `at` is the register's naive local wall clock; `sign` the number printed as ФП (last four bytes of 1077); `receipt`
    is 1042, `operation` 1054 and `total` 1020 in kopecks, all 0 where the document has none; `tlv` is the whole
    document with its outer tag, `body` the tags inside; `confirmation` the operator's document 7 (with its outer tag).
    """

    drive: str
    number: int
    code: DocumentCode
    at: datetime
    sign: int
    shift: int
    receipt: int
    operation: int
    total: int
    tlv: bytes
    confirmation: bytes | None = None

    @property
    def body(self) -> bytes:
        return self.tlv[4:]

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        return decode(self.body)


_COLUMNS = "drive, number, code, at, sign, shift, receipt, operation, total, tlv, confirmation"


class Archive:
    """Documents of one drive in the storage."""

    def __init__(self, storage: Storage, drive: str) -> None:
        self._storage = storage
        self._drive = drive

    def add(self, document: StoredDocument) -> None:
        """Keep a new document; its number must be new."""
        self._storage.execute(
            f"insert into documents ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constant names # nosec B608
            (
                document.drive,
                document.number,
                int(document.code),
                to_unix(document.at),
                document.sign,
                document.shift,
                document.receipt,
                document.operation,
                document.total,
                document.tlv,
                document.confirmation,
            ),
        )

    def confirm(self, number: int, confirmation: bytes) -> None:
        """Keep the operator's confirmation of a document."""
        self._storage.execute(
            "update documents set confirmation = ? where drive = ? and number = ?", (confirmation, self._drive, number)
        )

    def clear(self) -> None:
        """Forget every document of the drive."""
        self._storage.execute("delete from documents where drive = ?", (self._drive,))

    def get(self, number: int) -> StoredDocument | None:
        """The document with this number, None when there is none."""
        return next(self.between(number, number), None)

    def between(self, first: int, last: int) -> Iterator[StoredDocument]:
        """Documents first…last in order."""
        rows = self._storage.rows(
            f"select {_COLUMNS} from documents where drive = ? and number between ? and ? order by number",  # noqa: S608 # nosec B608
            (self._drive, first, last),
        )
        for drive, number, code, at, sign, shift, receipt, operation, total, tlv, confirmation in rows:
            yield StoredDocument(
                drive=drive,
                number=number,
                code=DocumentCode(code),
                at=from_unix(at),
                sign=sign,
                shift=shift,
                receipt=receipt,
                operation=operation,
                total=total,
                tlv=tlv,
                confirmation=confirmation,
            )
