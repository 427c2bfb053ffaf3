"""What both low levels offer the driver: one message out, its answer back, executed at most once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final

from devices.errors import LinkError, ProtocolError
from devices.links.base import Link
from devices.registers.timing import Timeouts

#: How often what was certainly not executed is sent again before the line counts as unusable.
ATTEMPTS: Final = 10
#: Bytes of pure noise after which a line is given up.
FLOOD: Final = 65_536
#: Seconds too few to wait for: the clock is a float.
MOMENT: Final = 1e-6


class Line(ABC):
    """A low level over an open link. After any LinkError or ProtocolError the link must be opened anew."""

    def __init__(self, link: Link, timeouts: Timeouts) -> None:
        self._link = link
        self._timeouts = timeouts

    @abstractmethod
    async def sync(self, limit: float, *, fence: bool = True) -> None:
        """Throw away what the last connection left behind until the device listens; `limit`: seconds for a silent one.

        `fence` False leaves tasks of others in the device's buffer alone.
        """

    @abstractmethod
    async def transact(self, message: bytes, *, silence: float, patience: float, repeatable: bool) -> bytes:
        """The answer to `message`.

        `silence`: seconds without a word after which the answer counts as lost; `patience`: how long the device may say
        that it is still at work. `repeatable`: the command changes nothing, so that it may be sent again.
        """

    async def _drain(self, quiet: float) -> None:
        """Throw away everything up to a moment of silence."""
        total = 0
        while data := await self._link.read(quiet):
            total += len(data)
            if total > FLOOD:
                raise self.noisy("the device sends without end")

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def silent(self, what: str) -> LinkError:
        return LinkError(
            f"{self._link.name}: {what}",
            hint="Касса не отвечает. Проверьте питание и кабель; если касса занята, дождитесь окончания печати.",
            code="register_silent",
        )

    def lost(self, what: str) -> LinkError:
        return LinkError(
            f"{self._link.name}: {what}",
            hint="Ответ кассы потерян. Программа сама спросит у кассы, чем кончилась команда.",
            code="answer_lost",
        )

    def noisy(self, what: str) -> ProtocolError:
        return ProtocolError(
            f"{self._link.name}: {what}",
            hint="Связь с кассой идёт с помехами. Проверьте кабель, скорость порта и другие программы на этом порту.",
            code="line_noise",
        )
