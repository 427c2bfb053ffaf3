"""JSON as ATOL speaks it: amounts are numbers, so they are read and written as `Decimal` and never pass a float."""

from __future__ import annotations

from typing import Any

import simplejson


class NotJson(ValueError):
    """The bytes are no JSON text."""


def read(body: bytes) -> Any:
    """A byte order mark is tolerated (§2); NotJson."""
    try:
        values = simplejson.loads(body.decode("utf-8-sig"), use_decimal=True, parse_constant=_no_number)
        if b"\\ud" in body.lower():
            write(values)  # half a surrogate pair is no character: UnicodeEncodeError
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return values


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def write(values: Any) -> bytes:
    """Values as `writing` and `results` give them."""
    return simplejson.dumps(values, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()
