"""How long a driver waits, per register (design.md, rule 4). Seconds on the running loop's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from devices.errors import RequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Waiting times of one register; the configuration's `timeouts` overrides single ones by name.

    `answer` + `confirm` is the time after which a silent register on a reliable link counts as silent (1.5 s).
    """

    answer: float = 1.0  # silence after a command before the register is asked whether it is still there
    confirm: float = 0.5  # for the one control byte that answers an ENQ or a frame
    byte: float = 0.3  # between two bytes of one frame
    quiet: float = 0.03  # silence that ends a drain
    patience: float = 1.0  # a quick command (status, tag, item) that stays silent this long after a probe is lost
    longest: float = 180.0  # upper limit of any command, whatever the command table says
    printing: float = 60.0  # for the printer to finish the document before
    poll: float = 0.1  # between two looks at a busy printer
    attempts: int = 10  # repeats of one frame after NAK or a bad checksum
    connect: float = 5.0  # for a device that has just been opened to answer its first ENQ

    @classmethod
    def of(cls, overrides: Mapping[str, float]) -> Timeouts:
        """Defaults with some replaced; RequestError names an unknown or non-positive one."""
        known = {field.name for field in fields(cls)}
        values: dict[str, float] = {}
        for name, value in overrides.items():
            if name not in known or value <= 0:
                raise RequestError(
                    f"timeouts.{name}: unknown or not positive; known: {', '.join(sorted(known))}",
                    hint="Исправьте раздел timeouts этой кассы в настройках.",
                    code="timeouts_invalid",
                )
            values[name] = value
        attempts = int(values.pop("attempts", cls().attempts))
        return cls(attempts=attempts, **values)
