"""What the emulated marking system knows of marking codes, by identification code (КИ, without the crypto part).

A well-formed code that the book was never told of is in circulation, genuine, and belongs to whoever asks (design.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from emulator.rim import parse_time
from emulator.storage import Storage

_TABLE = "create table if not exists codes (cis text primary key, facts text not null) without rowid"


class Status(StrEnum):
    """Where a code is in its life."""

    EMITTED = "emitted"  # ordered, not put on goods yet
    APPLIED = "applied"  # on the goods, not brought into circulation
    IN_CIRCULATION = "in_circulation"
    PARTLY_SOLD = "partly_sold"
    SOLD = "sold"
    RETURNED = "returned"  # by a buyer: may be sold again
    WITHDRAWN = "withdrawn"  # out of circulation otherwise than by a sale


#: A buyer may get these.
ON_SALE: Final = frozenset({Status.IN_CIRCULATION, Status.PARTLY_SOLD, Status.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFacts:
    """What is known of one code.

    `owner` is an INN (None: whoever asks), `expires` a zone-aware moment (None: never; without an offset Moscow time),
    `gtin` the goods it was issued for when that is not what the code itself says, `found` whether the marking system
    knows the code at all, `verified` whether its crypto part is genuine; `mrp` and `smp` are kopecks (maximal retail,
    minimal price), `groups` ids of product groups (None: as the code's form suggests). `known`: somebody told the book
    of it.
    """

    cis: str
    status: Status = Status.IN_CIRCULATION
    owner: str | None = None
    expires: datetime | None = None
    blocked: bool = False
    gtin: str | None = None
    found: bool = True
    verified: bool = True
    grey: bool = False
    mrp: int | None = None
    smp: int | None = None
    groups: tuple[int, ...] | None = None
    known: bool = False

    @property
    def sold(self) -> bool:
        return self.status is Status.SOLD

    @property
    def utilised(self) -> bool:
        """Put on the goods."""
        return self.status is not Status.EMITTED

    @property
    def realizable(self) -> bool:
        """In circulation: it may be sold as far as its status goes."""
        return self.status in ON_SALE

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now

    def owned_by(self, inn: str) -> bool:
        return self.owner in {None, inn}

    def as_json(self) -> dict[str, Any]:
        """As `GET /codes/{cis}` shows it."""
        facts = asdict(self) | {"status": str(self.status), "groups": None if self.groups is None else [*self.groups]}
        return facts | {"expires": None if self.expires is None else self.expires.isoformat()}


#: Words that `status` takes besides those of `Status`: what is usually wrong with a code, and what ГИС МТ calls it.
SHORTHANDS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "blocked": {"blocked": True},
        "expired": {"expires": "2000-01-01T00:00:00+00:00"},
        "foreign_owner": {"owner": "5099999990"},
        "other_gtin": {"gtin": "04600000000008"},
        "not_found": {"found": False},
        "counterfeit": {"verified": False},
        "introduced": {"status": Status.IN_CIRCULATION},
        "retired": {"status": Status.WITHDRAWN},
        "written_off": {"status": Status.WITHDRAWN},
    }
)
_STATUSES = frozenset(map(str, Status))
_CHANGEABLE = frozenset(field.name for field in fields(CodeFacts)) - {"cis", "known"}


def changed(facts: CodeFacts, changes: Mapping[str, Any]) -> CodeFacts:
    """`facts` with the JSON fields of `PUT /codes/{cis}`; ValueError names the field that is wrong.

    A word of `status` may also stand alone, as a flag: `{"sold": true}`.
    """
    given: dict[str, Any] = {}
    for name, value in changes.items():
        flag = value is True and name not in _CHANGEABLE
        word = str(value).lower() if name == "status" else name if flag else ""
        if word in SHORTHANDS:
            given |= SHORTHANDS[word]
        elif word in _STATUSES:
            given["status"] = word
        else:
            given[name] = value
    unknown = sorted(set(given) - _CHANGEABLE)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; a code has {', '.join(sorted(_CHANGEABLE))}")
    return replace(facts, known=True, **{name: _READERS[name](name, value) for name, value in given.items()})


def _status(name: str, value: object) -> Status:
    try:
        return Status(str(value))
    except ValueError:
        raise ValueError(f"{name} is one of {', '.join((*Status, *SHORTHANDS))}, not {value!r}") from None


def _digits(*lengths: int) -> Any:
    def read(name: str, value: object) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) not in lengths:
            raise ValueError(f"{name} is {' or '.join(map(str, lengths))} digits or null, not {value!r}")
        return value

    return read


def _moment(name: str, value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return parse_time(str(value))
    except ValueError as error:
        raise ValueError(f"{name}: {error}, nor null") from None


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {value!r}")
    return value


def _kopecks(name: str, value: object) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40):
        raise ValueError(f"{name} is kopecks or null, not {value!r}")
    return value


def _groups(name: str, value: object) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not all(type(each) is int and 0 < each < 1000 for each in value):
        raise ValueError(f"{name} is a list of group numbers or null, not {value!r}")
    return tuple(value)


_READERS: Final[Mapping[str, Any]] = {
    "status": _status,
    "owner": _digits(10, 12),
    "expires": _moment,
    "blocked": _flag,
    "gtin": _digits(14),
    "found": _flag,
    "verified": _flag,
    "grey": _flag,
    "mrp": _kopecks,
    "smp": _kopecks,
    "groups": _groups,
}


class CodeBook:
    """Every code somebody told of, kept in `storage` (memory by default); the others are as `CodeFacts` says."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._storage = storage or Storage()
        self._storage.execute(_TABLE)

    def facts(self, cis: str) -> CodeFacts:
        """What is known of a code."""
        rows = self._storage.rows("select facts from codes where cis = ?", (cis,))
        return _loaded(cis, rows[0][0]) if rows else CodeFacts(cis=cis)

    def put(self, cis: str, changes: Mapping[str, Any]) -> CodeFacts:
        """Change what is known, by the JSON fields of `CodeFacts` or a word of `SHORTHANDS` as `status`.

        ValueError names the field that is wrong; nothing is changed then.
        """
        if not cis:
            raise ValueError("an empty code")
        facts = changed(self.facts(cis), changes)
        self._storage.execute("insert or replace into codes values (?, ?)", (cis, _dumped(facts)))
        return facts

    def sold(self, cis: str) -> CodeFacts:
        """A buyer has it."""
        return self.put(cis, {"status": Status.SOLD})

    def partly_sold(self, cis: str) -> CodeFacts:
        """A buyer has some of it."""
        return self.put(cis, {"status": Status.PARTLY_SOLD})

    def returned(self, cis: str) -> CodeFacts:
        """A buyer brought it back."""
        return self.put(cis, {"status": Status.RETURNED})

    def forget(self, cis: str) -> bool:
        """As if it had never been told of; False when it was not."""
        known = self.facts(cis).known
        self._storage.execute("delete from codes where cis = ?", (cis,))
        return known

    def known(self) -> list[CodeFacts]:
        """Every code that somebody told of, by code."""
        return [_loaded(cis, text) for cis, text in self._storage.rows("select cis, facts from codes order by cis")]

    def clear(self) -> None:
        """Forget everything."""
        self._storage.execute("delete from codes")


def _dumped(facts: CodeFacts) -> str:
    return json.dumps(facts.as_json(), ensure_ascii=False)


def _loaded(cis: str, text: str) -> CodeFacts:
    values = json.loads(text)
    return changed(CodeFacts(cis=cis), {name: value for name, value in values.items() if name in _CHANGEABLE})
