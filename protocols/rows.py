"""What the command tables of all register families have in common: how rows are found, and what a command may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar


class Effect(Enum):
    """What a command does, and so what a lost answer to it means."""

    READ = "read"  # nothing: ask again
    DEVICE = "device"  # settings, clock, drawer, mode, paper: no document
    DRAFT = "draft"  # the open document in the register's memory: cancel and build it anew
    MARKING = "marking"  # the drive's table of checked codes: clear it and check anew
    FISCAL = "fiscal"  # may have made a fiscal document: find out by settling, never send it again unasked
    DANGEROUS = "dangerous"  # registration, end of a drive, zeroing: never by a gateway

    @property
    def settles(self) -> bool:
        return self is Effect.FISCAL


class Row(Protocol):
    """What a row is found by."""

    @property
    def key(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def request(self) -> type[Any]: ...


K = TypeVar("K")
C = TypeVar("C", bound=Row)


class Rows(Mapping[K, C], Generic[K, C]):
    """All commands of a family by what stands for them on the wire; `named` finds one by name, `of` by its request."""

    def __init__(self, rows: Iterable[C]) -> None:
        self._rows: dict[K, C] = {}
        self._names: dict[str, C] = {}
        self._requests: dict[type, C] = {}
        for one in rows:
            if one.key in self._rows or one.name in self._names or one.request in self._requests:
                raise ValueError(f"{one.name} ({one.label}) is in the table twice")
            self._rows[one.key] = one
            self._names[one.name] = one
            self._requests[one.request] = one

    def __getitem__(self, key: K) -> C:
        return self._rows[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def named(self, name: str) -> C:
        return self._names[name]

    def of(self, request: type[Any]) -> C:
        return self._requests[request]
