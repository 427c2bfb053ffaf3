"""What is wrong with a receipt or a document, said so that the API can answer with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `pointer` is a JSON pointer into the caller's body (`/items/0/sum`) or, for a document, the path of tags
    (`/1059/0/1043`); `code` is stable; `message` is English; `hint` is Russian and tells the person at the till what
    to do, empty where there is nothing to add.
    """

    pointer: str
    code: str
    message: str
    hint: str = ""
