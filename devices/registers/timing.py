"""How long a driver waits, per register (design.md, rule 4). Seconds on the running loop's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from devices.errors import RequestError

#: Seconds that a command table states for commands of which it knows nothing in particular.
_USUAL = 30.0
#: The shortest silence after which a register may be asked again, and which of the times are such silences. An enquiry
#: is one byte, and a register that waits for the rest of a frame takes it for that: two of them in place of two lost
#: bytes that were equal pass a one-byte check, and a command that nobody sent is executed. So a register must have
#: given up half a frame first. Registers wait 0.1 s for the next byte unless told otherwise (14h), the emulated one
#: 0.3 s; the rest is what a converter or a network may hold back between two bytes.
SHORTEST: Final = 0.4
ASKED_AGAIN: Final = ("answer", "confirm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Waiting times of one register; the configuration's `timeouts` overrides single ones by name.

    A register that is silent for `answer` is asked whether it is still there; silent for `confirm` more, it is busy or
    gone. On a reliable link a quick command (status, tag, item) then counts as lost; on a serial line it has `slow`.
    A command that makes a document or prints keeps the time that the command table gives it, at most `longest`. On a
    reliable link it has less: a device that says nothing at all for `unheard`, not even that it has the command, is not
    there, whatever a proxy or a half-dead network module acknowledges in its name; one that has it and works has
    `busy`, unless the table knows the command as a long one. Then the link is opened anew: that is harmless, because
    settling finds the document, and it comes seldom enough not to keep a busy device from its work.
    """

    answer: float = 1.0
    confirm: float = 0.5
    slow: float = 5.0
    longest: float = 180.0
    unheard: float = 3.0
    busy: float = 10.0
    byte: float = 0.3  # between two bytes of one frame
    quiet: float = 0.03  # silence that ends a drain
    connect: float = 5.0  # for a device that has just been opened to answer its first ENQ
    printing: float = 60.0  # for the printer to finish the document before
    poll: float = 0.1  # between two looks at a busy printer

    @classmethod
    def of(cls, overrides: Mapping[str, float]) -> Timeouts:
        """Defaults with some replaced; RequestError names one that is unknown, not positive or dangerously short."""
        known = {field.name for field in fields(cls)}
        for name, value in overrides.items():
            if name not in known or value <= 0:
                raise RequestError(
                    f"timeouts.{name}: unknown or not positive; known: {', '.join(sorted(known))}",
                    hint="Исправьте раздел timeouts этой кассы в настройках.",
                    code="timeouts_invalid",
                )
            if name in ASKED_AGAIN and value < SHORTEST:
                raise RequestError(
                    f"timeouts.{name} = {value:g}: less than {SHORTEST:g} s, so that an enquiry could become part of a "
                    f"command that lost some bytes; state {SHORTEST:g} or more, or leave it out",
                    hint=f"timeouts.{name}: не меньше {SHORTEST:g} с, иначе запрос связи может попасть внутрь команды.",
                    code="timeouts_invalid",
                )
        return cls(**overrides)

    def connecting(self, *, reliable: bool) -> float:
        """Seconds for a device that was just opened and is silent."""
        return min(self.connect, self.unheard) if reliable else self.connect

    def making(self, stated: float, *, reliable: bool) -> float:
        """Seconds for a command that makes something, of which the table states so many."""
        limit = min(stated, self.busy) if reliable and stated <= _USUAL else stated
        return max(self.quick(reliable=reliable), min(limit, self.longest))

    def quick(self, *, reliable: bool) -> float:
        """Seconds of silence after which a quick command is lost."""
        return self.answer + self.confirm if reliable else max(self.slow, self.answer + self.confirm)
