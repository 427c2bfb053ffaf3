"""What a register of any family remembers besides its drive: one JSON value in the storage. Families add their own."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from emulator.storage import Storage


@dataclass(slots=True)
class Memory:
    """Attributes are kept with the next `save`; what a family changes inside a mapping of its own sets `dirty`."""

    #: Where it is kept: each family has its own key, so that a storage of another family is not misread.
    KEY: ClassVar[str]

    counted: dict[str, int] = field(default_factory=dict)  # by the keys of `till`; what is absent is zero
    clock_offset: float = 0.0  # seconds between the shop's clock and the register's
    clock_lost: str = ""  # what the register still wants to be told after it lost its clock, in the family's words
    papers: int = 0  # entries on the tape
    last_document: int = 0  # what a copy of the last document shows, 0 nothing yet
    paper_present: bool = True
    cover_open: bool = False
    interrupted: list[Any] | None = None  # tape entries whose printing broke off
    drawer_openings: int = 0
    registration: dict[str, Any] | None = None  # the last one, while the drive has none
    dirty: bool = False  # changed since it was last saved

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name != "dirty":
            object.__setattr__(self, "dirty", True)


M = TypeVar("M", bound=Memory)


def load(kind: type[M], storage: Storage) -> M:
    kept = storage.get(kind.KEY)
    if kept is None:
        return kind(dirty=True)
    known = set(_names(kind))
    return kind(**{name: value for name, value in kept.items() if name in known})


def save(storage: Storage, memory: Memory) -> None:
    """Keep it, if it changed."""
    if memory.dirty:
        memory.dirty = False
        storage.put(memory.KEY, {name: getattr(memory, name) for name in _names(type(memory))})


def _names(kind: type[Memory]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.name != "dirty")
