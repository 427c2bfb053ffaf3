"""A line to a register and how it fails, whatever the family's protocol: silence, a lost answer, noise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from devices.errors import LinkError, ProtocolError
from devices.links.base import Link

#: How often what was certainly not executed is sent again before the line counts as unusable.
ATTEMPTS: Final = 10
#: Bytes of pure noise after which a line is given up.
FLOOD: Final = 65_536
#: Seconds too few to wait for: the clock is a float.
MOMENT: Final = 1e-6
#: Share of the time for connecting that each protocol gets first while the device's own is looked for.
_LOOK_SHARE: Final = 0.2


class LineFaults:
    """Of whoever speaks over a link: the same words for every family."""

    _link: Link

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def look(self, protocols: Sequence[str], limit: float, sync: Callable[[str, float], Awaitable[None]]) -> None:
        """`sync` with the first of the protocols that the device listens to within so many seconds.

        Who hears nothing listens twice as long the next time: on a slow line an answer that came too late to be heard
        once would do so for ever.
        """
        deadline = self._now() + limit
        share = limit * _LOOK_SHARE
        while True:
            for protocol in protocols:
                try:
                    return await sync(protocol, share)
                except LinkError as error:
                    if error.code != "register_silent":
                        raise
                    last = error
            if self._now() >= deadline - MOMENT:
                raise last
            share *= 2

    async def drained(self, quiet: float) -> bytes:
        """Everything up to a moment of silence."""
        found = b""
        while data := await self._link.read(quiet):
            found += data
            self.counted(len(found))
        return found

    def counted(self, size: int) -> None:
        """ProtocolError where a device says so many bytes and nothing with them."""
        if size > FLOOD:
            raise self.noisy("the device sends without end")

    def closed(self) -> LinkError:
        return LinkError(f"{self._link.name}: not connected", hint="Связь с кассой не установлена.", code="link_closed")

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


def malformed(what: object) -> ProtocolError:
    """An answer that came whole and says nothing that can be."""
    return ProtocolError(
        f"the device's answer does not fit: {what}",
        hint="Касса ответила непонятно. Передайте журнал обмена в поддержку.",
        code="answer_malformed",
    )
