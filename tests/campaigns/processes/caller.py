"""A sane client: posts with a key, and again with the same key, until it hears a last word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from processes.keeper import Keeper

FINAL = {"done", "failed", "cancelled"}


class Contradiction(AssertionError):
    """The gateway answered what it must never answer."""


@dataclass
class Posted:
    """One key: what was posted where, and the last thing heard of it."""

    key: str
    path: str
    body: Mapping[str, Any]
    keeper: Keeper
    job: dict[str, Any] = field(default_factory=dict)
    since: float = 0.0  # loop time of its first try
    at: float = 0.0  # loop time at which its last word was heard
    tries: int = 0

    @property
    def final(self) -> bool:
        return self.job.get("state") in FINAL


class Caller:
    """Posts for one shop. `rng` decides how patient each try is."""

    def __init__(self, session: aiohttp.ClientSession, rng: Random) -> None:
        self._session = session
        self._rng = rng

    async def until_final(self, posted: Posted) -> None:
        loop = asyncio.get_running_loop()
        posted.since = posted.since or loop.time()
        while not posted.final:
            posted.tries += 1
            status, job = await self._try(posted)
            if status in {200, 201, 202}:
                posted.job = job
                if status == 201 and job["state"] != "done":
                    raise Contradiction(f"{posted.key}: 201 with {job}")
            elif status not in {0, 500, 503}:
                raise Contradiction(f"{posted.key}: {status} {job}")
            if status == 500:
                raise Contradiction(f"{posted.key}: 500 {job}")
            if not posted.final:
                await asyncio.sleep(self._rng.uniform(0.0, 0.1) + (0.1 if status == 503 else 0.0))
        posted.at = loop.time()

    async def _try(self, posted: Posted) -> tuple[int, Any]:
        gateway = await posted.keeper.running()
        patience = self._rng.choice((0.02, 0.3, 5.0, 5.0, 5.0))  # seconds; the impatient hang up before the answer
        try:
            async with self._session.post(
                f"{gateway.url}{posted.path}?wait=4",
                json=posted.body,
                headers={"Authorization": f"Bearer {gateway.token}"},
                timeout=aiohttp.ClientTimeout(patience),
            ) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, ConnectionError, json.JSONDecodeError):
            return 0, None

    async def other_content(self, posted: Posted) -> None:
        """The same key for something else: a conflict, whatever became of the first."""
        gateway = await posted.keeper.running()
        body = {**posted.body, "internet": not posted.body.get("internet", False)}
        try:
            async with self._session.post(
                gateway.url + posted.path,
                json=body,
                headers={"Authorization": f"Bearer {gateway.token}"},
                timeout=aiohttp.ClientTimeout(5),
            ) as answer:
                if answer.status not in {409, 503}:
                    raise Contradiction(f"{posted.key}: other content got {answer.status} {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return

    async def half_a_request(self, posted: Posted, share: float) -> None:
        """Hang up in the middle of the body."""
        gateway = await posted.keeper.running()
        body = json.dumps(posted.body).encode()
        head = (
            f"POST {posted.path} HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {gateway.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        whole = head + body
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(whole[: int(len(whole) * share)])
            await writer.drain()
            writer.close()
        except OSError:
            return

    async def get(self, keeper: Keeper, path: str) -> Any:
        """The answer's body; None for 404."""
        for _ in range(100):
            gateway = await keeper.running()
            try:
                async with self._session.get(
                    gateway.url + path,
                    headers={"Authorization": f"Bearer {gateway.token}"},
                    timeout=aiohttp.ClientTimeout(30),
                ) as answer:
                    if answer.status == 404:
                        return None
                    assert answer.status == 200, (path, answer.status, await answer.text())
                    return await answer.json()
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                await asyncio.sleep(0.1)
        raise AssertionError(f"{path}: no answer")
