"""Text that goes onto paper: what the code pages lack is mapped by the character table, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic_core import PydanticCustomError

from protocols.ffd import characters
from protocols.ffd.characters import fits

#: Keys whose strings never reach the paper as text.
_NOT_TEXT = frozenset({"id", "register", "order", "marking"})


def text(limit: int, *, blank: bool = False) -> Callable[[object], str]:
    """A validator: text of at most `limit` characters once mapped, empty only if `blank`. It stays as it came."""

    def check(value: object) -> str:
        if type(value) is not str:
            raise PydanticCustomError("wrong_type", "text is a JSON string")
        if not blank and (not value or value.isspace()):
            raise PydanticCustomError("text_empty", "the text is empty; leave the key out instead")
        length = len(value)
        if not fits(value):
            fitted = characters.fit(value)
            if fitted.refused:
                raise PydanticCustomError(
                    "character_refused",
                    "a fiscal register cannot print {characters}",
                    {"characters": ", ".join(f"{c!r} (U+{ord(c):04X})" for c in fitted.refused)},
                )
            if not blank and not fitted.text.strip():
                raise PydanticCustomError("text_empty", "the text has no printable characters")
            length = len(fitted.text)
        if length > limit:
            raise PydanticCustomError(
                "text_too_long", "{length} characters, {limit} at most", {"length": length, "limit": limit}
            )
        return value

    return check


def mapped(value: str) -> str:
    """The text as the document will carry it."""
    return value if fits(value) else characters.fit(value).text


def replacements(body: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """(JSON pointer, replaced characters) for every text of an accepted body that the character table changed."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key not in _NOT_TEXT:
                yield from replacements(value, f"{pointer}/{key}")
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from replacements(value, f"{pointer}/{index}")
    elif isinstance(body, str) and not fits(body):
        fitted = characters.fit(body)
        if fitted.replaced:
            yield pointer, "".join(fitted.replaced)
