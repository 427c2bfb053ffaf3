"""What every handler works with, and what it takes from a request's address."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.api.pictures import Pictures
from gateway.api.problems import Problem
from gateway.api.tokens import Tokens
from gateway.journal.records import TraceRow
from gateway.shop import Shop
from protocols.ffd.faults import Fault

MAX_WAIT = 300.0
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*([0-9]{1,4})").search
_NUMBER = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?").fullmatch


class TraceSource(Protocol):
    """Where byte traces are kept (`gateway.journal.traces.Traces`)."""

    async def for_job(self, job_id: str, limit: int = ...) -> list[TraceRow]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The handlers' world."""

    shop: Shop
    tokens: Tokens
    traces: TraceSource | None
    pictures: Pictures
    now: Callable[[], datetime]
    rng: random.Random
    version: str
    metrics_open: bool
    cors: Callable[[web.BaseRequest], Mapping[str, str]]
    counts: Mapping[tuple[str, int], int]


Handler = Callable[..., Awaitable[web.StreamResponse]]


def query(request: web.BaseRequest, *known: str) -> dict[str, str]:
    """The query's parameters; an unknown or doubled one is refused by name."""
    _, _, raw = request.raw_path.partition("?")
    if not raw:
        return {}
    pairs = parse_qsl(raw, keep_blank_values=True)
    found = dict(pairs)
    faults = [Fault(f"/{name}", "query_unknown", f"no parameter {name!r}") for name in found if name not in known]
    if len(found) != len(pairs):
        faults.append(Fault("", "query_invalid", "a parameter is given twice"))
    if faults:
        raise Problem("query_invalid", "the address has parameters that this call does not know", errors=faults)
    return found


def bad_query(name: str, message: str) -> Problem:
    """A parameter whose value cannot be used."""
    return Problem("query_invalid", f"{name}: {message}", errors=[Fault(f"/{name}", "query_invalid", message)])


def flag(parameters: Mapping[str, str], name: str) -> bool:
    """`?name=1`; absent or 0 is False."""
    value = parameters.get(name, "0")
    if value not in {"0", "1", "true", "false"}:
        raise bad_query(name, "1 or 0 is expected")
    return value in {"1", "true"}


def wait_seconds(request: web.BaseRequest, parameters: Mapping[str, str]) -> float:
    """`?wait=SECONDS` or `Prefer: wait=SECONDS`; 0 when neither is given."""
    given = parameters.get("wait")
    if given is not None:
        if _NUMBER(given) is None or float(given) > MAX_WAIT:
            raise bad_query("wait", f"seconds between 0 and {MAX_WAIT:g} are expected")
        return float(given)
    prefer = request.headers.get("Prefer")
    match = _PREFER_WAIT(prefer) if prefer else None
    return min(float(match[1]), MAX_WAIT) if match else 0.0
