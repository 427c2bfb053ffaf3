"""Moments in addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.api.context import bad_query


def moment(parameters: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """A date or a moment of the query; without a zone it is the shop's local time."""
    given = parameters.get(name)
    if given is None:
        return None
    try:
        # "+" of a zone arrives as a space when the caller forgot to escape it.
        parsed = datetime.fromisoformat(given.replace(" ", "+") if "T" in given else given)
    except ValueError:
        raise bad_query(name, "a date (2026-01-31) or a moment (2026-01-31T12:00:00+03:00) is expected") from None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=now.tzinfo)
