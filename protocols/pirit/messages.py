"""Messages of Пирит: the fields between a command's number and ETX, on both sides.

A class reads like those of the binary families (`protocols.wire`), with the aliases of `fields`. What ends a message
may be left off: fields with a default are optional, and those that end empty are not sent. A field that only one
version of ФФД has carries it as a second annotation (`Annotated[str, text(256), V1_2]`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, get_type_hints

from protocols.ffd.enums import FfdVersion
from protocols.pirit.fields import FS
from protocols.wire import Kind, Message, WireError, names_of

V1_05, V1_2 = FfdVersion.V1_05, FfdVersion.V1_2


class Texts(Message):
    """Base of Пирит's messages."""

    def encode(self) -> bytes:
        """All fields, each with its FS, without optional ones that end empty; WireError names the one that is wrong."""
        data = super().encode()
        surplus = data.count(FS) - _shape(type(self)).mandatory
        while surplus > 0 and (data.endswith(FS + FS) or data == FS):
            data = data[:-1]
            surplus -= 1
        return data

    @classmethod
    def decode(cls, data: bytes, *, surplus: bool = False) -> Self:
        """Fields from a frame's data; WireError when a mandatory one is missing or one does not fit."""
        enough = len(split(data)) >= _shape(cls).mandatory
        return super().decode(_padded(cls, data) if enough else data, surplus=surplus)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """A host's parameters: what is missing at the end is empty, what is too much is ignored."""
        return super().decode(_padded(cls, data), surplus=True)


def split(data: bytes) -> list[bytes]:
    """The fields of a frame's data. The last FS may be missing; a lone FS is one empty field."""
    return (data[:-1] if data.endswith(FS) else data).split(FS) if data else []


def faulty(cls: type[Texts], data: bytes) -> str | None:
    """The first field of a host's parameters that does not fit; None when `read` takes them."""
    padded, offset = _padded(cls, data), 0
    for name, kind in _shape(cls).kinds.items():
        try:
            _, offset = kind.unpack(padded, offset)
        except WireError:
            return name
    return None


def versions(cls: type[Texts]) -> Mapping[str, FfdVersion]:
    """Field -> the only version of ФФД that has it."""
    return _shape(cls).versions


def check_version(message: Texts, ffd: FfdVersion) -> None:
    """WireError when a field is given that this version does not have."""
    for name, only in versions(type(message)).items():
        value = getattr(message, name)
        if only is not ffd and value not in {None, "", b""}:
            raise WireError(f"{type(message).__name__}.{name} = {value!r}: only ФФД {only} has it")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is known of a class: `width` of its fields, as many `mandatory` up to the last without a default."""

    kinds: Mapping[str, Kind]
    versions: Mapping[str, FfdVersion]
    width: int
    mandatory: int


_SHAPES: dict[type, _Shape] = {}


def _shape(cls: type[Texts]) -> _Shape:
    found = _SHAPES.get(cls)
    if found is None:
        found = _SHAPES[cls] = _shaped(cls)
    return found


def _shaped(cls: type[Texts]) -> _Shape:
    hints = get_type_hints(cls, include_extras=True)
    marks = {name: hints[name].__metadata__ for name in names_of(cls)}
    width = mandatory = 0
    for name, (kind, *_) in marks.items():
        width += _fields_of(kind)
        if not hasattr(cls, name):
            mandatory = width
    kinds = {name: kind for name, (kind, *_) in marks.items()}
    return _Shape(kinds, {name: mark[1] for name, mark in marks.items() if len(mark) > 1}, width, mandatory)


def _fields_of(kind: Kind) -> int:
    """How many FS a field has: a moment two, an array as many as it has members."""
    if kind.name == "array":
        return int(kind.detail[0])
    return 2 if kind.name.startswith("moment") else 1


def _padded(cls: type[Texts], data: bytes) -> bytes:
    """All fields of the class, those that are missing as empty ones."""
    ended = data if not data or data.endswith(FS) else data + FS
    return ended + FS * (_shape(cls).width - len(split(data)))
