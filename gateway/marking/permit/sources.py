"""What the services of permit mode have in common: many codes asked at once, each heard or not."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.marking.permit.facts import Answer, Facts, Json
from gateway.marking.permit.model import Asked, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One code: the answer with its entry, or why there is none. The texts are for the journal.

    `hint` (Russian): what to do about the failure, where that is known better than "look after the internet".
    """

    answer: Answer | None = None
    facts: Facts | None = None
    failure: str = ""
    hint: str = ""
    request: str = ""
    text: str = ""

    @property
    def answered(self) -> bool:
        return self.answer is not None


def heard(answer: Answer, facts: Facts | None, request: str) -> Heard:
    """An answer; what is kept of it is the envelope with this code's entry alone."""
    kept: Json = {**answer.envelope, "codes": [] if facts is None else [facts.raw]} if answer.envelope else {}
    return Heard(answer=answer, facts=facts, request=request, text=kept_text(kept))


def unheard(failure: str, request: str = "", body: bytes = b"", *, hint: str = "") -> Heard:
    """No answer; the first bytes of what came instead are kept, since a complaint will be about them."""
    return Heard(failure=failure, hint=hint, request=request, text=body[:2000].decode("utf-8", "replace"))


def kept_text(value: Json) -> str:
    """JSON as the journal keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""


class Service(ABC):
    """One way of asking."""

    source: Source

    @property
    def spares(self) -> bool:
        """Whether some of it is left alone for now, so that it may be asked as the last resort."""
        return False

    @abstractmethod
    async def ask(self, asked: Sequence[Asked], fn: str, until: float, *, last_resort: bool = False) -> list[Heard]:
        """One `Heard` a code, in order, by `until` (loop time) at the latest. Raises nothing."""

    async def keep(self) -> None:
        """What is done in the background, until cancelled; nothing here."""
        return

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """For a technician."""

    @abstractmethod
    async def close(self) -> None: ...


def left(until: float) -> float:
    """Seconds until then."""
    return until - asyncio.get_running_loop().time()
