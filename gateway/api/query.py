"""What a call takes from its address: parameters read one by one, everything that is wrong with them told at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from types import TracebackType
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.api.problems import Problem
from protocols.ffd.faults import Fault

MAX_WAIT = 300.0
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*([0-9]{1,4})").search
_SECONDS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?").fullmatch
_DIGITS = re.compile(r"[0-9]{1,18}").fullmatch
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


class Query:
    """The parameters of a request that knows `known` ones; a context manager, whose end refuses what was found wrong.

    What is read of a faulty parameter is its default.
    """

    def __init__(self, request: web.BaseRequest, *known: str) -> None:
        self._request = request
        self._faults: list[Fault] = []
        self._given: dict[str, str] = {}
        _, _, raw = request.raw_path.partition("?")
        if not raw:
            return
        for name, value in parse_qsl(raw, keep_blank_values=True):
            if name in self._given:
                self.fault(name, "the parameter is given twice")
            elif name not in known:
                self._faults.append(Fault(f"/{name}", "query_unknown", f"no parameter {name!r}"))
            self._given.setdefault(name, value)

    def __enter__(self) -> Query:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None and self._faults:
            detail = "; ".join(f"{fault.pointer[1:]}: {fault.message}" for fault in self._faults[:5])
            raise Problem("query_invalid", detail, errors=self._faults)

    def fault(self, name: str, message: str) -> None:
        """A parameter whose value cannot be used."""
        self._faults.append(Fault(f"/{name}", "query_invalid", message))

    def text(self, name: str) -> str | None:
        """As it was given."""
        return self._given.get(name)

    def flag(self, name: str) -> bool:
        """`?name=1`; absent or 0 is False."""
        value = self._given.get(name, "0")
        if value not in _FLAGS:
            self.fault(name, "1 or 0 is expected")
        return _FLAGS.get(value, False)

    def one_of(self, name: str, words: Collection[str]) -> str | None:
        """One of these words."""
        value = self._given.get(name)
        if value is None or value in words:
            return value
        self.fault(name, f"one of {', '.join(words)} is expected")
        return None

    def number(self, name: str, message: str, least: int = 0, most: int = 10**18) -> int | None:
        """A whole number; `message` says what is expected."""
        value = self._given.get(name)
        if value is None:
            return None
        if _DIGITS(value) is None or not least <= int(value) <= most:
            self.fault(name, message)
            return None
        return int(value)

    def moment(self, name: str, now: datetime) -> datetime | None:
        """A date or a moment; without a zone it is the shop's local time, that of `now`."""
        given = self._given.get(name)
        if given is None:
            return None
        try:
            # "+" of a zone arrives as a space when the caller forgot to escape it.
            parsed = datetime.fromisoformat(given.replace(" ", "+") if "T" in given else given)
        except ValueError:
            self.fault(name, "a date (2026-01-31) or a moment (2026-01-31T12:00:00+03:00) is expected")
            return None
        return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=now.tzinfo)

    def wait(self) -> float:
        """`?wait=SECONDS` or `Prefer: wait=SECONDS`; 0 when neither is given."""
        given = self._given.get("wait")
        if given is not None:
            if _SECONDS(given) is not None and float(given) <= MAX_WAIT:
                return float(given)
            self.fault("wait", f"seconds between 0 and {MAX_WAIT:g} are expected")
        prefer = self._request.headers.get("Prefer")
        match = _PREFER_WAIT(prefer) if prefer else None
        return min(float(match[1]), MAX_WAIT) if match else 0.0


def no_query(request: web.BaseRequest) -> None:
    """For calls that know no parameters."""
    with Query(request):
        pass
