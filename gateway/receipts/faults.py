"""All faults of a body at once, each with a JSON pointer, a stable code and a message.

What the schema finds (shape, spelling, one value) comes from pydantic; what concerns several values (sums, change,
marking against payment object) is in `crosschecks` and runs on whatever could be read, so that a caller with three
mistakes hears of three.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from devices.errors import RequestError
from devices.hints import joined
from gateway.receipts.fault_codes import hint_of
from protocols.ffd.faults import Fault

#: A hostile body may hold a hundred thousand mistakes; nobody reads past this many.
MAX_FAULTS = 500

_HINT = "Запрос не принят, ничего не напечатано."

_OBJECT, _LIST, _WORD = "a JSON object is expected", "a JSON array is expected", "one of {expected} is expected"

#: pydantic's error types in our words (its own name Python classes); every code of ours (PydanticCustomError) passes
#: as it is.
_WORDS = {
    "missing": ("required", "{name!r} is required"),
    "extra_forbidden": ("unknown_key", "unknown key {name!r}"),
    "enum": ("unknown_value", _WORD),
    "literal_error": ("unknown_value", _WORD),
    "model_type": ("wrong_type", _OBJECT),
    "model_attributes_type": ("wrong_type", _OBJECT),
    "dict_type": ("wrong_type", _OBJECT),
    "list_type": ("wrong_type", _LIST),
    "string_type": ("wrong_type", "a JSON string is expected"),
    "too_short": ("list_empty", "{actual_length} entries, {min_length} at least"),
    "too_long": ("list_too_long", "{actual_length} entries, {max_length} at most"),
}


class BodyFaults(RequestError):
    """The body cannot be accepted (HTTP 422); `faults` lists every reason."""

    code = "body_invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        told = joined((fault.pointer, hint_of(fault)) for fault in self.faults)
        super().__init__(f"{len(self.faults)} fault(s) in the body", hint=f"{_HINT} {told}".rstrip())


def pointer(parts: Iterable[object]) -> str:
    """RFC 6901: ("items", 0, "price") -> "/items/0/price"."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_pydantic(error: ValidationError) -> list[Fault]:
    """What the schema found."""
    return [_fault(entry) for entry in error.errors(include_url=False, include_input=False)[:MAX_FAULTS]]


def _fault(entry: Any) -> Fault:
    kind, place, context = entry["type"], entry["loc"], entry.get("ctx", {})
    code, message = kind, str(entry["msg"])
    if kind in _WORDS:
        code, words = _WORDS[kind]
        message = words.format(**context, name=place[-1] if place else "")
    return Fault(pointer(place), code, message, context.get("hint", ""))


def merged(schema: list[Fault], crossed: list[Fault]) -> list[Fault]:
    """One fault per place: what the schema says about a value is nearer to the cause than a sum that went wrong."""
    seen = {fault.pointer for fault in schema}
    return (schema + [fault for fault in crossed if fault.pointer not in seen])[:MAX_FAULTS]
