"""TLV: tag u16 LE, length u16 LE, value; a document is a tree of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from protocols.ffd.grammar import specialise, value_of
from protocols.ffd.tags import TAGS, Kind, name_of

Value: TypeAlias = "int | str | bytes | Decimal | datetime | tuple[Element, ...]"

# 82 -> 2007 -> 1223 is the deepest tree of the tables; the bound keeps hostile bytes off the interpreter's stack.
DEPTH = 16


class TlvError(ValueError):
    """Bytes that are no TLV, or a value that its tag cannot hold.

    `tag` is the innermost tag concerned, `offset` the place in the decoded bytes (None when encoding).
    """

    def __init__(self, message: str, *, tag: int | None = None, offset: int | None = None) -> None:
        where = "" if offset is None else f" at byte {offset}"
        what = "" if tag is None else f"tag {tag} ({name_of(tag)}): "
        super().__init__(f"{what}{message}{where}")
        self.tag = tag
        self.offset = offset


class Element(NamedTuple):
    """One tag with its value.

    The value's type follows the tag's kind: int (byte, bits, u16, u32, VLN in kopecks), Decimal (FVLN), str (string,
    padding stripped), naive datetime (unixtime: the register's local wall clock), bytes (bytes, unknown tags, and what
    does not fit the tag's kind), tuple of Elements (STLV). A value in an unusual width remembers it (`values`), so a
    decoded document is written again byte for byte.

    A named tuple, because a frozen dataclass takes three times as long to make.
    """

    tag: int
    value: Value


_HEADER = struct.Struct("<HH")
_pack_header = _HEADER.pack
_MISFIT = (ValueError, TypeError, OverflowError, struct.error)

_CODECS = {number: specialise(value_of(tag)) for number, tag in TAGS.items() if tag.kind is not Kind.STLV}
_PARSE: dict[int, Callable[[bytes], Any]] = {number: codec[0] for number, codec in _CODECS.items()}
_BUILD: dict[int, Callable[[Any], bytes]] = {number: codec[1] for number, codec in _CODECS.items()}
_STLV = frozenset(number for number, tag in TAGS.items() if tag.kind is Kind.STLV)
_ONCE_SCALAR = frozenset(number for number in _STLV if TAGS[number].formerly is not None)
# (longest, shortest) length of an encoded value in bytes.
_LIMITS = {n: (tag.max_len, tag.max_len if tag.fixed else 0) for n, tag in TAGS.items() if tag.max_len is not None}


def decode(data: bytes) -> tuple[Element, ...]:
    """Elements of a TLV sequence; unknown tags come as bytes. TlvError (with offset) when lengths do not fit."""
    return _walk(data, 0, len(data), None, DEPTH)


def _walk(data: bytes, at: int, end: int, parent: int | None, depth: int) -> tuple[Element, ...]:
    if not depth:
        raise TlvError("nested too deep", tag=parent, offset=at)
    found: list[Element] = []
    append, parse_of, unpack_header = found.append, _PARSE.get, _HEADER.unpack_from
    new = tuple.__new__  # a third of the walk's time would go into Element's own constructor
    while at < end:
        if end - at < 4:
            raise TlvError("a tag's header is cut short", tag=parent, offset=at)
        tag, length = unpack_header(data, at)
        start = at + 4
        stop = start + length
        if stop > end:
            raise TlvError(f"{length} bytes announced, {end - start} left", tag=tag, offset=at)
        value: Any = data[start:stop]
        parse = parse_of(tag)
        if parse is not None:
            try:  # noqa: SIM105 - suppress() would cost as much as the parsing
                value = parse(value)
            except _MISFIT:
                pass
        elif tag in _STLV:
            try:
                value = _walk(data, start, stop, tag, depth - 1)
            except TlvError:
                if tag not in _ONCE_SCALAR:
                    raise
        append(new(Element, (tag, value)))
        at = stop
    return tuple(found)


def encode(elements: Iterable[Element], *, limits: bool = True) -> bytes:
    """Bytes of a TLV sequence; TlvError names the tag whose value does not fit its kind or length.

    `limits=False` leaves the lengths of the tables aside, for documents that others made.
    """
    parts: list[bytes] = []
    for element in elements:
        tag, value = element.tag, element.value
        raw = value if isinstance(value, bytes) else _raw(tag, value, limits)
        if limits and tag in _LIMITS:
            longest, shortest = _LIMITS[tag]
            if not shortest <= len(raw) <= longest:
                raise TlvError(_wrong_length(len(raw), longest, shortest), tag=tag)
        try:
            parts += (_pack_header(tag, len(raw)), raw)
        except struct.error:
            raise TlvError(f"{len(raw)} bytes do not fit a TLV", tag=tag) from None
    return b"".join(parts)


def _raw(tag: int, value: Any, limits: bool) -> bytes:
    if tag in _STLV:
        if not isinstance(value, tuple):
            raise TlvError(f"{value!r} is no tuple of elements", tag=tag)
        return encode(value, limits=limits)
    build = _BUILD.get(tag)
    if build is None:
        raise TlvError("an unknown tag takes bytes", tag=tag)
    try:
        return build(value)
    except _MISFIT as error:
        raise TlvError(str(error), tag=tag) from error


def _wrong_length(length: int, longest: int, shortest: int) -> str:
    return f"{length} bytes, must be {longest}" if shortest else f"{length} bytes, at most {longest} are allowed"


def find(elements: Iterable[Element], tag: int) -> Element | None:
    """The first element with this tag on this level."""
    return next((element for element in elements if element.tag == tag), None)


def all_of(elements: Iterable[Element], tag: int) -> Iterator[Element]:
    """Every element with this tag on this level, in order."""
    return (element for element in elements if element.tag == tag)
