"""Rows out of a damaged SQLite file: every page is looked at by itself, so that one bad page costs its own rows only.

SQLite refuses a file whose first page or tree is torn. The page format (sqlite.org/fileformat2.html) is simple enough
to read leaf pages without the tree: cells of table leaves (0x0D) for `jobs` and `events`, of index pages (0x0A, 0x02)
for `tokens`, which has no rowid. Pages committed to the write-ahead log lie over those of the file. Pages that were
freed still hold old rows: what is older than another version of the same row is for the caller to leave out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

Value = int | float | str | bytes | None
Record = tuple[Value, ...]

_MAGIC = b"SQLite format 3\0"
_WAL_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_DEFAULT_PAGE = 4096
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x0A, 0x02
_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
#: No row of ours is larger; a length beyond it is garbage.
_LARGEST = 64 * 1024 * 1024


class _Torn(Exception):
    """This cell or page cannot be read."""


@dataclass(slots=True)
class Pages:
    """The pages of a database file with the committed frames of its log over them."""

    file: BinaryIO | None
    size: int
    count: int
    overlay: dict[int, bytes] = field(default_factory=dict)

    def page(self, number: int) -> bytes:
        """Page `number` (from 1); shorter than `size` where the file ends."""
        over = self.overlay.get(number)
        if over is not None:
            return over
        if self.file is None:
            return b""
        self.file.seek((number - 1) * self.size)
        return self.file.read(self.size)


def rows(path: Path, whole: Callable[[Record], bool] = lambda record: True) -> Iterator[tuple[int, Record]]:
    """(rowid, columns) of every row that can be decoded, rowid 0 for rows of tables without one.

    `path` is the database; its `-wal` is read too where it exists. Neither is changed. A page for whose first row
    `whole` answers False gives its first and last row only: of those tables the numbers are all that is wanted.
    """
    log = path.with_name(path.name + "-wal")
    wal = log.read_bytes() if log.exists() else b""
    if not path.exists():
        yield from _all(_opened(None, 0, wal), whole)
        return
    with path.open("rb") as file:
        yield from _all(_opened(file, path.stat().st_size, wal), whole)


def _opened(file: BinaryIO | None, length: int, wal: bytes) -> Pages:
    head = file.read(100) if file is not None else b""
    size = _page_size(head, wal)
    pages = Pages(file, size, -(-length // size))
    for number, data in _frames(wal, size):
        pages.overlay[number] = data
        pages.count = max(pages.count, number)
    return pages


def _page_size(head: bytes, wal: bytes) -> int:
    if head[:16] == _MAGIC:
        given = int.from_bytes(head[16:18], "big")
        given = 65536 if given == 1 else given
        if given in _PAGE_SIZES:
            return given
    if len(wal) >= 32:
        given = int.from_bytes(wal[8:12], "big")
        if given in _PAGE_SIZES:
            return given
    return _DEFAULT_PAGE


def _frames(wal: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Pages of committed transactions, oldest first; ends where the checksum chain breaks."""
    if len(wal) < 32:
        return
    magic = int.from_bytes(wal[:4], "big")
    order = _WAL_MAGIC.get(magic)
    if order is None:
        return
    salt = wal[16:24]
    sums = _checksum(order, wal[:24], (0, 0))
    if sums != struct.unpack(">II", wal[24:32]):
        return
    pending: list[tuple[int, bytes]] = []
    place = 32
    while place + 24 + size <= len(wal):
        head, data = wal[place : place + 24], wal[place + 24 : place + 24 + size]
        sums = _checksum(order, data, _checksum(order, head[:8], sums))
        if head[8:16] != salt or sums != struct.unpack(">II", head[16:24]):
            return
        number, committed = struct.unpack(">II", head[:8])
        pending.append((number, data))
        if committed:
            yield from pending
            pending.clear()
        place += 24 + size


def _checksum(order: str, data: bytes, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & 0xFFFFFFFF
        second = (second + words[place + 1] + first) & 0xFFFFFFFF
    return first, second


def _all(pages: Pages, whole: Callable[[Record], bool]) -> Iterator[tuple[int, Record]]:
    for number in range(1, pages.count + 1):
        yield from _page_rows(pages, number, whole)


def _page_rows(pages: Pages, number: int, whole: Callable[[Record], bool]) -> Iterator[tuple[int, Record]]:
    page = pages.page(number)
    start = 100 if number == 1 else 0
    if len(page) < start + 12:
        return
    kind = page[start]
    if kind not in {_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR}:
        return
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    table = start + (12 if kind == _INDEX_INTERIOR else 8)
    every, last = True, cells - 1
    for cell in range(cells):
        if not every and cell != last:
            continue
        place = int.from_bytes(page[table + 2 * cell : table + 2 * cell + 2], "big")
        try:
            rowid, record = _cell(pages, page, place, kind)
        except (_Torn, ValueError, IndexError, struct.error):
            continue
        every = every and whole(record)
        yield rowid, record


def _cell(pages: Pages, page: bytes, place: int, kind: int) -> tuple[int, Record]:
    if kind == _INDEX_INTERIOR:
        place += 4
    size, place = _varint(page, place)
    rowid = 0
    if kind == _TABLE_LEAF:
        rowid, place = _varint(page, place)
    if not 0 < size <= _LARGEST:
        raise _Torn
    return rowid, _record(_payload(pages, page, place, size, table=kind == _TABLE_LEAF))


def _payload(pages: Pages, page: bytes, place: int, size: int, *, table: bool) -> bytes:
    usable = pages.size
    most = usable - 35 if table else (usable - 12) * 64 // 255 - 23
    if size <= most:
        return _exactly(page[place : place + size], size)
    least = (usable - 12) * 32 // 255 - 23
    local = least + (size - least) % (usable - 4)
    local = local if local <= most else least
    parts = [_exactly(page[place : place + local], local)]
    following = int.from_bytes(_exactly(page[place + local : place + local + 4], 4), "big")
    left = size - local
    while left > 0:
        if not 0 < following <= pages.count:
            raise _Torn
        more = pages.page(following)
        part = _exactly(more[4 : 4 + min(left, usable - 4)], min(left, usable - 4))
        parts.append(part)
        left -= len(part)
        following = int.from_bytes(more[:4], "big")
    return b"".join(parts)


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise _Torn
    return data


def _record(payload: bytes) -> Record:
    header, place = _varint(payload, 0)
    if not place <= header <= len(payload):
        raise _Torn
    body = header
    values: list[Value] = []
    while place < header:
        code, place = _varint(payload, place)
        value, body = _value(payload, body, code)
        values.append(value)
    if place != header or body != len(payload):
        raise _Torn
    return tuple(values)


def _value(payload: bytes, place: int, code: int) -> tuple[Value, int]:
    if code == 0:
        return None, place
    if code in {8, 9}:
        return code - 8, place
    if code in _WIDTHS:
        width = _WIDTHS[code]
        return int.from_bytes(_exactly(payload[place : place + width], width), "big", signed=True), place + width
    if code == 7:
        return float(struct.unpack(">d", payload[place : place + 8])[0]), place + 8
    if code < 12:
        raise _Torn
    width = (code - 12) // 2
    data = _exactly(payload[place : place + width], width)
    return (data if code % 2 == 0 else data.decode("utf-8")), place + width


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for step in range(9):
        byte = data[place + step]
        if step == 8:
            return (value << 8) | byte, place + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, place + step + 1
    raise _Torn
