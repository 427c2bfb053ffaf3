"""ТС ПИоТ: the certified program between a till and the marking system (marking.md §4.5), API v1 to v3.

It asks the marking system and, when that does not answer within 1.8 s, the local module by itself.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from gateway.marking.permit import facts
from gateway.marking.permit.facts import Answer, BadAnswer
from gateway.marking.permit.model import Asked, Source
from gateway.marking.permit.sources import Heard, Service, heard, left, unheard
from gateway.marking.permit.transport import Call, Reply, Transport, Unreachable

log = structlog.get_logger(__name__)

#: Requests under way at once: a program on the same machine.
AT_ONCE: Final = 50
EMERGENCY: Final = 203  # HTTP status
#: Inner codes of good answers: 204 is the first one after an emergency.
GOOD: Final = frozenset({0, 204})
#: Neither the marking system nor the local module answered it in time (HTTP status or inner code).
SILENCE: Final = 514


class Piot(Service):
    """`client` tells who asks: `name`, `version`, `id`, `token` of the till's program in the register of ГИС МТ."""

    source = Source.PIOT

    def __init__(self, address: str, client: Mapping[str, str], transport: Transport, *, version: int) -> None:
        self._address = address.rstrip("/")
        self._client = dict(client)
        self._transport = transport
        self._version = version
        self._problem = ""
        self._emergency = False

    async def ask(self, asked: Sequence[Asked], fn: str, until: float, *, last_resort: bool = False) -> list[Heard]:
        gate = asyncio.Semaphore(AT_ONCE)
        return list(await asyncio.gather(*(self._one(one, until, gate) for one in asked)))

    async def _one(self, asked: Asked, until: float, gate: asyncio.Semaphore) -> Heard:
        entry = self._entry(asked)
        kept = Call(method="POST", url="", body={"codes": [entry]}).text
        call = Call(
            method="POST",
            url=f"{self._address}/api/v{self._version}/codes/check",
            body={"codes": [entry], "client_info": self._client},
        )
        async with gate:
            try:
                reply = await self._transport.send(call, max(0.0, left(until)))
            except Unreachable as error:
                return self._silent(str(error), kept)
        try:
            answers = self._read(reply)
        except BadAnswer as error:
            return self._silent(str(error), kept, reply.body)
        for answer in answers:
            if answer.emergency:
                return heard(answer, None, kept)
            found = answer.about(asked.code)
            if found is not None:
                self._problem = ""
                return heard(answer, found, kept)
        return self._silent("the answer is about other codes", kept, reply.body)

    def _entry(self, asked: Asked) -> Any:
        text = base64.b64encode(asked.code.raw).decode()
        if self._version < 3:
            return text
        return {"cis": text} if asked.group is None else {"cis": text, "pg": asked.group}

    def _silent(self, why: str, request: str, body: bytes = b"") -> Heard:
        if why != self._problem:
            log.warning("permit mode: ТС ПИоТ does not answer", why=why)
        self._problem = why
        return unheard(f"ТС ПИоТ: {why}", request, body)

    def _read(self, reply: Reply) -> list[Answer]:
        self._told(emergency=reply.status == EMERGENCY)
        if reply.status == EMERGENCY:
            return [Answer(emergency=True)]
        if reply.status == SILENCE:
            raise BadAnswer(f"code {SILENCE}: neither the marking system nor its local module answered")
        if reply.status != 200:
            raise BadAnswer(f"HTTP {reply.status}")
        answers = []
        for inner in facts.responses(facts.loaded(reply.body)):
            code = facts.inner_code(inner)
            if code not in GOOD:
                raise BadAnswer(f"code {code}: {str(inner.get('description'))[:200]}")
            answers.append(facts.checked(inner))
        return answers

    def _told(self, *, emergency: bool) -> None:
        if emergency != self._emergency:
            log.warning("permit mode: ТС ПИоТ's emergency mode", on=emergency)
        self._emergency = emergency

    def state(self) -> Mapping[str, Any]:
        return {"address": self._address, "emergency": self._emergency, "problem": self._problem or None}

    async def close(self) -> None:
        await self._transport.close()
