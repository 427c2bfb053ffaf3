"""How a line fails, whatever the family's protocol: silence, a lost answer, noise."""

from __future__ import annotations

import asyncio

from devices.errors import LinkError, ProtocolError
from devices.links.base import Link


class LineFaults:
    """Of whoever speaks over a link: the same words for every family."""

    _link: Link

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
