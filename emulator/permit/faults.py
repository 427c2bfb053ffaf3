"""What may go wrong with a service of permit mode: each kind once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What happens to a request."""

    SLOW = "slow"  # answered after `seconds`
    STATUS = "status"  # HTTP status `status` and an error body
    INNER = "inner"  # HTTP 200 and `code` in the body
    CODE = "code"  # HTTP 500 and `code` in the body: 5000 is the system's own failure
    GARBAGE = "garbage"  # a page of HTML
    TRUNCATED = "truncated"  # the first half of the answer's JSON
    WRONG_CODES = "wrong_codes"  # the answer is about another code
    NO_CODES = "no_codes"  # the answer is about none
    DROP = "drop"  # the connection is closed without an answer


@dataclass(slots=True)
class Fault:
    """`server`: the one it strikes, None any; `path`: only where the address holds this; `count` requests."""

    kind: Kind
    server: str | None = None
    path: str | None = None
    count: int = 1
    seconds: float = 5.0
    status: int = 503
    code: int = 5000

    def strikes(self, server: str, path: str) -> bool:
        return self.server in {None, server} and (self.path is None or self.path in path)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "server": self.server,
            "path": self.path,
            "count": self.count,
            "seconds": self.seconds,
            "status": self.status,
            "code": self.code,
        }


_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "count": (1, 1_000_000),
    "seconds": (0, 86_400),
    "status": (100, 599),
    "code": (0, 99_999),
}


def parsed(body: Mapping[str, Any], servers: Sequence[str]) -> Fault:
    """A fault of `POST /permit/faults` for one of these servers; ValueError names what is wrong."""
    unknown = sorted(set(body) - {"kind", "server", "path", *_BOUNDS})
    if unknown:
        raise ValueError(f"unknown parameter {unknown[0]!r}")
    if body.get("kind") not in list(Kind):
        raise ValueError(f"kind is one of {', '.join(Kind)}")
    given: dict[str, Any] = {"kind": Kind(body["kind"])}
    for name in ("server", "path"):
        if body.get(name) is not None:
            if not isinstance(body[name], str):
                raise ValueError(f"{name} is a text")
            given[name] = body[name]
    if given.get("server", servers[0]) not in servers:
        raise ValueError(f"server is one of {', '.join(servers)}, not {given['server']!r}")
    for name, (low, high) in _BOUNDS.items():
        if name not in body:
            continue
        value = body[name]
        whole = name != "seconds"
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
            raise ValueError(f"{name} is from {low:g} to {high:g}")
        given[name] = value
    return Fault(**given)
