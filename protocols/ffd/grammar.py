"""The grammar of every tag's value, declared in construct, and of a whole document made of them.

construct takes 25 times as long as a hand-written walk, so `tlv` walks by itself and uses `specialise`, which turns a
declaration of this module into two plain functions once, at import. `DOCUMENT` is the same language in construct
alone; a property test holds the two equal.
"""

from __future__ import annotations

import struct
from codecs import charmap_build, charmap_decode, charmap_encode
from collections.abc import Callable
from encodings import cp866
from typing import Any

from construct import (
    Adapter,
    Construct,
    FocusedSeq,
    FormatField,
    GreedyBytes,
    GreedyRange,
    GreedyString,
    Int8ul,
    Int16ul,
    Int32ul,
    LazyBound,
    MappingError,
    Prefixed,
    Renamed,
    Select,
    StringEncoded,
    Struct,
    Switch,
    Terminated,
    this,
)

from protocols.ffd.tags import TAGS, Kind, Tag
from protocols.ffd.values import (
    PaddedStr,
    build_fvln,
    build_time,
    build_vln,
    build_wide,
    parse_fvln,
    parse_time,
    parse_vln,
    parse_wide,
    plain_int,
)

Parse = Callable[[bytes], Any]
Build = Callable[[Any], bytes]


class Pure(Adapter):  # type: ignore[misc]
    """An adapter of two functions without context, so that they can also be called without construct."""

    def __init__(self, subcon: Construct, parse: Callable[[Any], Any], build: Callable[[Any], Any]) -> None:
        super().__init__(subcon)
        self.parse_value = parse
        self.build_value = build

    def _decode(self, obj: Any, context: Any, path: str) -> Any:
        try:
            return self.parse_value(obj)
        except (ValueError, TypeError) as error:
            raise MappingError(str(error), path=path) from error

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        try:
            return self.build_value(obj)
        except (ValueError, TypeError, OverflowError) as error:
            raise MappingError(str(error), path=path) from error


def whole(subcon: Construct) -> Construct:
    """The value and nothing after it."""
    return FocusedSeq("value", "value" / subcon, Terminated)


VLN = Pure(GreedyBytes, parse_vln, build_vln)
WIDE = Pure(GreedyBytes, parse_wide, build_wide)


def number(usual: Construct) -> Construct:
    """An integer of its usual width; writers that use another one (1213 in four bytes) are read, too."""
    return Select(Pure(whole(usual), plain_int, plain_int), WIDE)


def _same(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no str")
    return value


TEXT = Pure(GreedyString("cp866"), _same, _same)


def fixed_text(length: int) -> Construct:
    """A string padded right with spaces to its length."""

    def parse(text: str) -> str:
        return text.rstrip(" ") if len(text) == length else PaddedStr(text.rstrip(" "), len(text))

    def build(value: str) -> str:
        return _same(value).ljust(value.width if isinstance(value, PaddedStr) else length)

    return Pure(GreedyString("cp866"), parse, build)


def _bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is no bytes")
    return value


RAW = Pure(GreedyBytes, _bytes, _bytes)

KINDS: dict[Kind, Construct] = {
    Kind.BYTE: number(Int8ul),
    Kind.U16: number(Int16ul),
    Kind.U32: number(Int32ul),
    Kind.UNIXTIME: Pure(whole(Int32ul), parse_time, build_time),
    Kind.VLN: VLN,
    Kind.FVLN: Pure(GreedyBytes, parse_fvln, build_fvln),
    Kind.STRING: TEXT,
    Kind.BYTES: RAW,
}
BITS = {1: KINDS[Kind.BYTE], 4: KINDS[Kind.U32]}


def value_of(tag: Tag) -> Construct:
    """The construct of a tag's value; STLV rows have `DOCUMENT` for theirs."""
    if tag.kind is Kind.STLV:
        return LazyBound(lambda: DOCUMENT)
    if tag.kind is Kind.BITS and tag.max_len is not None:
        return BITS[tag.max_len]
    if tag.kind is Kind.STRING and tag.fixed and tag.max_len is not None:
        return fixed_text(tag.max_len)
    return KINDS[tag.kind]


def _lenient(tag: Tag) -> Construct:
    """What does not fit the tag's kind stays bytes; a broken STLV is an error unless its number once meant a scalar."""
    if tag.kind is Kind.STLV and tag.formerly is None:
        return value_of(tag)
    return Select(value_of(tag), RAW)


ELEMENT = Struct(
    "tag" / Int16ul,
    "value" / Prefixed(Int16ul, Switch(this.tag, {tag.number: _lenient(tag) for tag in TAGS.values()}, default=RAW)),
)
DOCUMENT = whole(GreedyRange(ELEMENT))


def specialise(con: Construct) -> tuple[Parse, Build]:
    """The two functions that a construct of this module stands for, without construct's machinery.

    They take and give whole values; a value that does not fit raises ValueError, TypeError, OverflowError or
    struct.error.
    """
    match con:
        case Renamed():
            return specialise(con.subcon)
        case FocusedSeq():
            return specialise(con.subcons[0])
        case Pure():
            return _specialise_pure(con)
        case Select():
            return _specialise_select(*(specialise(subcon) for subcon in con.subcons))
        case FormatField():
            layout = struct.Struct(con.fmtstr)
            unpack, pack = layout.unpack, layout.pack
            return (lambda data: unpack(data)[0]), pack
        case StringEncoded(encoding="cp866"):
            decoding = cp866.decoding_table
            encoding = charmap_build(decoding)
            return (
                lambda data: charmap_decode(data, "strict", decoding)[0],
                lambda text: charmap_encode(text, "strict", encoding)[0],
            )
    raise TypeError(f"no specialisation of {con!r}")


def _specialise_pure(con: Pure) -> tuple[Parse, Build]:
    parse, build = con.parse_value, con.build_value
    if con.subcon is GreedyBytes:
        return parse, build
    inner_parse, inner_build = specialise(con.subcon)
    if parse is plain_int:  # a number read is always plain
        return inner_parse, lambda value: inner_build(build(value))
    if parse is _same:
        return inner_parse, lambda value: inner_build(build(value))
    return (lambda data: parse(inner_parse(data))), (lambda value: inner_build(build(value)))


def _specialise_select(first: tuple[Parse, Build], second: tuple[Parse, Build]) -> tuple[Parse, Build]:
    first_parse, first_build = first
    second_parse, second_build = second

    def parse(data: bytes) -> Any:
        try:
            return first_parse(data)
        except (ValueError, TypeError, struct.error):
            return second_parse(data)

    def build(value: Any) -> bytes:
        try:
            return first_build(value)
        except (ValueError, TypeError, OverflowError, struct.error):
            return second_build(value)

    return parse, build
