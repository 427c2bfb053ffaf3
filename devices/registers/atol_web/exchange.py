"""HTTP over the register's link: one call, one connection.

Nothing is sent twice here. A call whose answer did not come, whole and in time, is LinkError; what it did at the server
is for `once` to find out.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

from devices.errors import LinkError
from devices.links.base import Link
from devices.registers.atol_web.errors import http_error, not_an_answer
from devices.registers.atol_web.options import Options
from devices.registers.timing import Timeouts
from protocols.atol_web import text
from protocols.atol_web.http import Call, HttpAnswer, NotHttp
from protocols.atol_web.text import NotJson

_OK, _REDIRECTS = 200, 300


class Exchange:
    """Calls to one server. `register` answers the address of a collection of the API for the register that is meant."""

    def __init__(self, link: Link, timeouts: Timeouts, options: Options) -> None:
        self._link = link
        self._timeouts = timeouts
        self._options = options
        self._host = link.name.partition("://")[2] or "kkt"

    @property
    def v2(self) -> bool:
        return self._options.api == "v2"

    async def close(self) -> None:
        await self._link.close()

    async def call(self, method: str, *path: str, values: Any = None) -> HttpAnswer:
        """Any status is an answer. LinkError, ProtocolError."""
        target = "/" + "/".join(quote(part, safe="") for part in path)
        if self.v2:
            target = f"/api/v2{target}"
            if self._options.device:
                target += "?" + urlencode({"deviceID": self._options.device})
        body = None if values is None else text.write(values)
        call = Call(method, target, host=self._host, body=body, authorization=self._options.authorization)
        await self._link.open()
        try:
            await self._link.write(call.data)
            return await self._heard(call, f"{method} {target}")
        finally:
            await self._link.close()

    async def json(self, method: str, *path: str, values: Any = None) -> Any:
        """The JSON of a success; the errors of `errors.http_error` for anything else."""
        answer = await self.call(method, *path, values=values)
        if not _OK <= answer.status < _REDIRECTS:
            raise http_error(f"{method} /{'/'.join(path)}", answer)
        return self.read(answer)

    def read(self, answer: HttpAnswer) -> Any:
        """The JSON of an answer; None for an empty one."""
        try:
            return text.read(answer.body) if answer.body else None
        except NotJson as error:
            raise not_an_answer("an answer of the server", error) from error

    async def _heard(self, call: Call, what: str) -> HttpAnswer:
        patience = self._timeouts.quick(reliable=self._link.reliable)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        try:
            while True:
                data, lost = await self._read(deadline - loop.time())
                answer = call.feed(data) if data or lost else None
                if answer is not None:
                    return answer
                if lost is not None:
                    raise lost
                if not data:
                    raise LinkError(
                        f"{self._link.name}: {what} was not answered within {patience:g} s",
                        hint="Веб-сервер АТОЛ молчит. Проверьте, что он запущен и доступен по сети.",
                        code="register_silent",
                    )
        except NotHttp as error:
            if lost is not None:
                raise lost from error
            raise not_an_answer(what, error) from error

    async def _read(self, seconds: float) -> tuple[bytes, LinkError | None]:
        """What came; that the other side closed may be how an answer ends."""
        try:
            return await self._link.read(max(seconds, 0.0)), None
        except LinkError as error:
            return b"", error
