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
from protocols.ffd.faults import Fault

#: A hostile body may hold a hundred thousand mistakes; nobody reads past this many.
MAX_FAULTS = 500

_HINT = "Запрос не принят, ничего не напечатано. Исправьте перечисленные поля и отправьте снова."

#: pydantic's error types that are told apart; every code of ours (PydanticCustomError) passes as it is.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_key",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "model_type": "wrong_type",
    "model_attributes_type": "wrong_type",
    "dict_type": "wrong_type",
    "list_type": "wrong_type",
    "string_type": "wrong_type",
    "too_short": "list_empty",
    "too_long": "list_too_long",
    "finite_number": "wrong_type",
}


class BodyFaults(RequestError):
    """The body cannot be accepted (HTTP 422); `faults` lists every reason."""

    code = "body_invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"{len(self.faults)} fault(s) in the body",
            hint=" ".join((_HINT, *dict.fromkeys(fault.hint for fault in self.faults if fault.hint))),
        )


def pointer(parts: Iterable[object]) -> str:
    """RFC 6901: ("items", 0, "price") -> "/items/0/price"."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_pydantic(error: ValidationError) -> list[Fault]:
    """What the schema found."""
    return [_fault(entry) for entry in error.errors(include_url=False, include_input=False)[:MAX_FAULTS]]


def _fault(entry: Any) -> Fault:
    kind, place = entry["type"], entry["loc"]
    context = entry.get("ctx", {})
    code = _CODES.get(kind, kind)
    message = str(entry["msg"])
    if kind == "extra_forbidden":
        message = f"unknown key {place[-1]!r}"
    elif kind == "missing":
        message = f"{place[-1]!r} is required"
    return Fault(pointer(place), code, message, context.get("hint", ""))
