"""Fields of a message: each kind of field is a construct grammar with a fast pack and unpack beside it.

A message class is annotated with aliases of `Annotated[type, kind]` (`operator: U8`) and decorated with `@message`; its
byte layout is the order of its annotations. The grammar is what the field *is*; pack and unpack are the same thing
specialised once, because construct's own walk is too slow for a till (tests prove them equal). What is here serves
every register family: whole messages, and the binary little-endian formats of the fiscal drive, which registers pass on
as they are. A family's own kinds of fields stand in its `wire` or `fields`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass
from datetime import date, datetime
from inspect import get_annotations
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NoReturn, TypeVar, dataclass_transform, get_type_hints

from construct import Array as ConstructArray
from construct import Bytes, BytesInteger, Construct, ExprAdapter, GreedyBytes, Int8ul, Prefixed, Struct, Subconstruct
from construct.core import stream_iseof

M = TypeVar("M", bound="Message")


class WireError(ValueError):
    """Bytes that do not fit the layout, or a value that does not fit its field."""


class Truncated(WireError):
    """The message ends before its last mandatory field."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of field. `unpack(data, offset)` answers the value and the offset after it."""

    name: str
    grammar: Construct
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes, int], tuple[Any, int]]
    size: int | None = None
    detail: Any = None


def fixed(name: str, size: int, to_bytes: Callable[[Any], bytes], from_bytes: Callable[[bytes], Any]) -> Kind:
    """A field of exactly `size` bytes."""

    def unpack(data: bytes, offset: int) -> tuple[Any, int]:
        end = offset + size
        if end > len(data):
            raise Truncated(f"{name} needs {size} bytes at {offset}, {len(data) - offset} left")
        return from_bytes(data[offset:end]), end

    grammar = ExprAdapter(Bytes(size), lambda raw, _: from_bytes(raw), lambda value, _: to_bytes(value))
    return Kind(name, grammar, to_bytes, unpack, size)


def rest(
    name: str, to_bytes: Callable[[Any], bytes], from_bytes: Callable[[bytes], Any], *, detail: object = None
) -> Kind:
    """A field that takes everything to the end of the message."""

    def unpack(data: bytes, offset: int) -> tuple[Any, int]:
        return from_bytes(data[offset:]), len(data)

    grammar = ExprAdapter(GreedyBytes, lambda raw, _: from_bytes(raw), lambda value, _: to_bytes(value))
    return Kind(name, grammar, to_bytes, unpack, None, detail)


def integer(size: int, *, signed: bool = False) -> Kind:
    """Binary little-endian integer."""

    def pack(value: int) -> bytes:
        return value.to_bytes(size, "little", signed=signed)

    def unpack(data: bytes, offset: int) -> tuple[int, int]:
        end = offset + size
        if end > len(data):
            raise Truncated(f"integer needs {size} bytes at {offset}, {len(data) - offset} left")
        return int.from_bytes(data[offset:end], "little", signed=signed), end

    name = f"{'i' if signed else 'u'}{size * 8}"
    return Kind(name, BytesInteger(size, signed=signed, swapped=True), pack, unpack, size)


def year_byte(year: int) -> int:
    """A year as the one byte that drives and registers count from 2000."""
    if not 2000 <= year <= 2255:
        raise WireError(f"year {year} does not fit one byte counted from 2000")
    return year - 2000


def ymd(year: int, month: int, day: int) -> date | None:
    """A date from its two-digit year; None for zeros and everything else that is no date."""
    try:
        return date(2000 + year, month, day)
    except ValueError:
        return None


def _moment(raw: bytes) -> datetime | None:
    try:
        return datetime(2000 + raw[0], raw[1], raw[2], raw[3], raw[4])  # noqa: DTZ001 the register's wall clock has no zone
    except ValueError:
        return None


def _pack_moment(value: datetime | None) -> bytes:
    if value is None:
        return b"\0\0\0\0\0"
    return bytes((year_byte(value.year), value.month, value.day, value.hour, value.minute))


def _pack_ymd(value: date | None) -> bytes:
    return b"\0\0\0" if value is None else bytes((year_byte(value.year), value.month, value.day))


def ascii_text(size: int) -> Kind:
    """ASCII padded with spaces; spaces and NULs at both ends do not count."""

    def pack(value: str) -> bytes:
        raw = value.encode("ascii")
        if len(raw) > size:
            raise WireError(f"{value!r} is longer than {size} characters")
        return raw.ljust(size, b" ")

    return fixed(f"ascii{size}", size, pack, lambda raw: raw.decode("ascii", "replace").strip("\0 "))


def raw_bytes(size: int) -> Kind:
    def pack(value: bytes) -> bytes:
        if len(value) != size:
            raise WireError(f"{len(value)} bytes where {size} are needed")
        return value

    return fixed(f"bytes{size}", size, pack, bytes)


def array(count: int, kind: Kind) -> Kind:
    """`count` fields of one kind as a tuple."""
    pack_one, unpack_one = kind.pack, kind.unpack

    def pack(values: tuple[Any, ...]) -> bytes:
        if len(values) != count:
            raise WireError(f"{len(values)} values where {count} are needed")
        return b"".join([pack_one(value) for value in values])

    def unpack(data: bytes, offset: int) -> tuple[Any, int]:
        values = []
        for _ in range(count):
            value, offset = unpack_one(data, offset)
            values.append(value)
        return tuple(values), offset

    size = None if kind.size is None else kind.size * count
    grammar = ExprAdapter(ConstructArray(count, kind.grammar), lambda got, _: tuple(got), lambda value, _: list(value))
    return Kind("array", grammar, pack, unpack, size, (count, kind))


class _Absent(Subconstruct):  # type: ignore[misc]
    """Not there when None is built, None when parsing meets the end of the message."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return None if stream_iseof(stream) else self.subcon._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return None if obj is None else self.subcon._build(obj, stream, context, path)


def maybe(kind: Kind) -> Kind:
    """A field that older or newer firmware leaves off the end of the message: None when it is not there."""

    def pack(value: object) -> bytes:
        return b"" if value is None else kind.pack(value)

    def unpack(data: bytes, offset: int) -> tuple[Any, int]:
        if offset >= len(data):
            return None, offset
        return kind.unpack(data, offset)

    return Kind("maybe", _Absent(kind.grammar), pack, unpack, None, kind)


def prefixed() -> Kind:
    """Bytes with their length in one byte before them."""

    def pack(value: bytes) -> bytes:
        return len(value).to_bytes(1, "little") + value

    def unpack(data: bytes, offset: int) -> tuple[bytes, int]:
        if offset >= len(data):
            raise Truncated(f"length byte missing at {offset}")
        end = offset + 1 + data[offset]
        if end > len(data):
            raise Truncated(f"{data[offset]} bytes announced at {offset}, {len(data) - offset - 1} left")
        return data[offset + 1 : end], end

    return Kind("prefixed", Prefixed(Int8ul, GreedyBytes), pack, unpack)


def plain_bytes(value: bytes) -> bytes:
    return bytes(value)


U8 = Annotated[int, integer(1)]
U16 = Annotated[int, integer(2)]
U32 = Annotated[int, integer(4)]
U48 = Annotated[int, integer(6)]
U64 = Annotated[int, integer(8)]
I16 = Annotated[int, integer(2, signed=True)]
DateYmd = Annotated[date | None, fixed("ymd", 3, _pack_ymd, lambda raw: ymd(raw[0], raw[1], raw[2]))]
MOMENT = fixed("moment", 5, _pack_moment, _moment)
Moment = Annotated[datetime | None, MOMENT]  # YY MM DD HH MM, naive: the register's own clock
MaybeMoment = Annotated[datetime | None, maybe(MOMENT)]
MaybeU8 = Annotated[int | None, maybe(integer(1))]
MaybeU16 = Annotated[int | None, maybe(integer(2))]
MaybeU32 = Annotated[int | None, maybe(integer(4))]
Rest = Annotated[bytes, rest("rest", plain_bytes, plain_bytes)]
Ascii12 = Annotated[str, ascii_text(12)]
Ascii16 = Annotated[str, ascii_text(16)]
Ascii20 = Annotated[str, ascii_text(20)]


class Message:
    """Base of all requests and replies: values that cannot be changed, equal when class and fields are.

    What a dataclass would generate for each of the two hundred classes (a tenth of a second of every start) stands
    here once; a class's codec is made when its first message is.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self._names
        if named or len(values) != len(names):
            values = self._completed(values, named)
        self.__dict__.update(zip(names, values, strict=True))

    @classmethod
    def _completed(cls, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The values in wire order, those given by name and defaults after those given in order."""
        given = dict(zip(cls._names, values, strict=False))
        clash = (given.keys() & named.keys()) | (named.keys() - set(cls._names))
        if clash or len(values) > len(cls._names):
            raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._names)}: {sorted(clash) or len(values)}")
        given |= named
        missing = [name for name in cls._names if name not in given and not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__name__} needs {', '.join(missing)}")
        return tuple(given[name] if name in given else getattr(cls, name) for name in cls._names)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def encode(self) -> bytes:
        """The message's fields as bytes, without the command code; WireError names the field that does not fit."""
        return _codec(type(self)).encode(self)

    @classmethod
    def decode(cls: type[M], data: bytes, *, surplus: bool = False) -> M:
        """Fields from bytes; WireError when they do not fit. `surplus`: tolerate bytes after the last field."""
        decoded: M = _codec(cls).decode(data, surplus)
        return decoded


@dataclass_transform(frozen_default=True)
def message(cls: type[M]) -> type[M]:
    """Make a class of annotated fields a message: its fields are those of its base and then its own, in order."""
    cls._names = (*cls._names, *get_annotations(cls))
    return cls


def names_of(cls: type[Message]) -> tuple[str, ...]:
    """Field names in wire order."""
    return cls._names


def kinds_of(cls: type[Message]) -> dict[str, Kind]:
    """Field name -> kind, in wire order."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in names_of(cls)}


def grammar_of(cls: type[Message]) -> Construct:
    """The message as one construct grammar: the definition that the fast codec must agree with."""
    return Struct(*(name / kind.grammar for name, kind in kinds_of(cls).items()))


class _Codec:
    __slots__ = ("_cls", "_names", "_packs", "_unpacks", "_values")

    def __init__(self, cls: type[Message]) -> None:
        kinds = kinds_of(cls)
        self._cls = cls
        self._names = tuple(kinds)
        self._packs = tuple(kind.pack for kind in kinds.values())
        self._unpacks = tuple(kind.unpack for kind in kinds.values())
        self._values = _getter(self._names)

    def encode(self, value: Message) -> bytes:
        try:
            return b"".join([pack(field) for pack, field in zip(self._packs, self._values(value), strict=True)])
        except (ValueError, OverflowError, AttributeError, TypeError, ArithmeticError):
            raise self._fault(value) from None

    def _fault(self, value: Message) -> WireError:
        for name, pack, field in zip(self._names, self._packs, self._values(value), strict=True):
            try:
                pack(field)
            except (ValueError, OverflowError, AttributeError, TypeError, ArithmeticError) as error:
                return WireError(f"{self._cls.__name__}.{name} = {field!r}: {error}")
        return WireError(f"{self._cls.__name__} does not encode")

    def decode(self, data: bytes, surplus: bool) -> Any:
        offset = 0
        values = []
        try:
            for unpack in self._unpacks:
                value, offset = unpack(data, offset)
                values.append(value)
        except WireError as error:
            raise type(error)(f"{self._cls.__name__}.{self._names[len(values)]}: {error}") from None
        if offset != len(data) and not surplus:
            raise WireError(f"{self._cls.__name__}: {len(data) - offset} bytes after the last field")
        return self._cls(*values)


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda value: ()
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda value: (one(value),)
    return attrgetter(*names)


_CODECS: dict[type, _Codec] = {}


def _codec(cls: type[Message]) -> _Codec:
    codec = _CODECS.get(cls)
    if codec is None:
        codec = _CODECS[cls] = _Codec(cls)
    return codec
