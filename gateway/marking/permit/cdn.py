"""The True API through its CDN: which hosts there are, which is best, and asking about codes (marking.md §4.1).

A code is asked about by itself, as the operator recommends for tills, all codes of a receipt at once. The list of hosts
is fetched anew every six to seven hours, in the background.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog

from gateway.marking.permit import facts
from gateway.marking.permit.facts import Answer, BadAnswer, Json
from gateway.marking.permit.hosts import PARKED, Hosts
from gateway.marking.permit.model import Asked, Source
from gateway.marking.permit.sources import Heard, Service, heard, left, unheard
from gateway.marking.permit.transport import Call, Reply, Transport, Unreachable

log = structlog.get_logger(__name__)

LIST_PATH = "/api/v4/true-api/cdn/info"
HEALTH_PATH = "/api/v4/true-api/cdn/health/check"
CHECK_PATH = "/api/v4/true-api/codes/check"

#: Seconds for one host, a second try included.
HOST_SECONDS: Final = 1.5
HEALTH_SECONDS: Final = 2.0
LIST_SECONDS: Final = 10.0
#: Seconds between two fetches of the list: no earlier and no later than the operator wants.
REFRESH: Final = (6 * 3600.0, 7 * 3600.0)
#: Seconds until the next try after fetches that failed.
AGAIN: Final = (5.0, 15.0, 60.0, 300.0)
#: Requests under way at once. Hosts are shared by all tills of the country; a hundred lines take two rounds.
AT_ONCE: Final = 50
#: `code` of a body: the system failed inside. One more try, on the same host; other hosts stand before the same system.
INNER_FAILURE: Final = 5000


class _NoAnswer(Exception):
    """`body` is what came instead, for the journal."""

    def __init__(self, why: str, body: bytes = b"") -> None:
        super().__init__(why)
        self.body = body


class _Stop(_NoAnswer):
    """No other host is to be asked about this."""


class _Next(_NoAnswer):
    """This host is of no use; the next one may be. `park`: for a while."""

    def __init__(self, why: str, body: bytes = b"", *, park: bool) -> None:
        super().__init__(why, body)
        self.park = park


class Cdn(Service):
    """`address` is where the list of hosts is, `key` goes into X-API-KEY."""

    source = Source.CDN

    def __init__(self, address: str, key: str, transport: Transport, *, rng: random.Random) -> None:
        self._address = address.rstrip("/")
        self._headers = {"X-API-KEY": key}
        self._transport = transport
        self._rng = rng
        self._hosts = Hosts()
        self._first = asyncio.Event()
        self._wanted = asyncio.Event()  # somebody waits for the first list
        self._refused_until = 0.0  # the key was refused
        self._problem = "the list of hosts was not fetched yet"

    # --- hosts

    async def keep(self) -> None:
        failures = 0
        while True:
            self._wanted.clear()
            if await self.refresh(LIST_SECONDS if self._hosts else HOST_SECONDS):
                failures = 0
                await asyncio.sleep(self._rng.uniform(*REFRESH))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN[min(failures, len(AGAIN) - 1)]):
                    await self._wanted.wait()
            failures += 1

    async def refresh(self, seconds: float) -> bool:
        """Fetch the list, then try every host; False leaves the old list in use."""
        try:
            hosts = self._listed(await self._get(self._address + LIST_PATH, seconds))
        except (Unreachable, BadAnswer, _Stop) as error:
            self._problem = f"the list of CDN hosts: {error}"
            log.warning("permit mode: no list of hosts", why=str(error))
            return False
        if not self._hosts:  # whoever waits for the first list need not wait for the ranking
            self._hosts.replace(hosts, (), self._now())
            self._first.set()
        looks = await asyncio.gather(*(self._health(host) for host in hosts))
        ranked = sorted(zip(looks, range(len(hosts)), hosts, strict=True))
        sick = [host for look, _, host in ranked if look == float("inf")]
        self._hosts.replace([host for _, _, host in ranked], sick, self._now())
        self._problem = "" if len(sick) < len(hosts) else "no host of the CDN is healthy"
        log.info("permit mode: hosts ranked", hosts=len(hosts), unhealthy=len(sick))
        return True

    def _listed(self, reply: Reply) -> list[str]:
        body = facts.loaded(reply.body)
        if reply.status != 200 or facts.inner_code(body) != 0:
            raise BadAnswer(f"HTTP {reply.status}, code {body.get('code')}: {body.get('description')}"[:200])
        entries = body.get("hosts")
        found = [entry.get("host") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        # A host without TLS would get the key in the clear; one in a test stands beside a list without it.
        scheme = self._address.partition(":")[0]
        hosts = [host.rstrip("/") for host in found if isinstance(host, str) and host.startswith(f"{scheme}://")]
        if not hosts:
            raise BadAnswer("it names no host")
        return list(dict.fromkeys(hosts))

    async def _health(self, host: str) -> float:
        """Seconds: our way there and back, and what the host says it needs itself; infinite when it is not well."""
        began = self._now()
        try:
            reply = await self._get(host + HEALTH_PATH, HEALTH_SECONDS)
            body = facts.loaded(reply.body)
        except (Unreachable, BadAnswer, _Stop):
            return float("inf")
        own = body.get("avgTimeMs")
        if reply.status != 200 or facts.inner_code(body) != 0:
            return float("inf")
        return self._now() - began + (own / 1000 if isinstance(own, int | float) and own >= 0 else 0)

    async def _get(self, url: str, seconds: float) -> Reply:
        reply = await self._transport.send(Call(method="GET", url=url, headers=self._headers), seconds)
        if reply.status == 401:
            self._refuse()
            raise _Stop("the key is refused (HTTP 401)")
        return reply

    # --- codes

    @property
    def spares(self) -> bool:
        now = self._now()
        return bool(self._hosts.parked(now)) and not self._hosts.usable(now) and not self._refused()

    async def ask(self, asked: Sequence[Asked], fn: str, until: float, *, last_resort: bool = False) -> list[Heard]:
        await self._ready(until)
        gate = asyncio.Semaphore(AT_ONCE)  # of this receipt: a long one must not delay another register's
        return list(await asyncio.gather(*(self._one(one, fn, until, gate, last_resort) for one in asked)))

    async def _ready(self, until: float) -> None:
        """The first list, when there is none yet: the background is told not to wait with it."""
        if self._hosts or self._refused():
            return
        self._wanted.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(HOST_SECONDS, max(0.0, left(until)))):
                await self._first.wait()

    async def _one(self, asked: Asked, fn: str, until: float, gate: asyncio.Semaphore, last_resort: bool) -> Heard:
        body: Json = {"codes": [asked.code.text], "fiscalDriveNumber": fn}
        call = Call(method="POST", url="", body=body)
        tried: list[str] = []
        failure, last = self._problem or "every host of the CDN is parked", b""
        while True:
            async with gate:
                host = self._choose(tried, last_resort)
                if host is None or self._refused() or left(until) <= 0:
                    break
                tried.append(host)
                try:
                    answer, last = await self._at(host, call, until)
                except _Next as error:
                    failure, last = f"{host}: {error}", error.body
                    if error.park:
                        self._park(host, str(error))
                    continue
                except _Stop as error:
                    failure, last = f"{host}: {error}", error.body
                    break
            entry = answer.about(asked.code)
            if entry is None:
                failure = f"{host}: the answer is about other codes"
                self._park(host, "answers about other codes")
                continue
            return heard(answer, entry, call.text)
        if self._refused():
            failure = "the key is refused (HTTP 401)"
        return unheard(failure, call.text, last)

    def _choose(self, tried: Sequence[str], last_resort: bool) -> str | None:
        """The best host that is not parked. As the last resort, when all are, the one that was to be free soonest."""
        now = self._now()
        usable = self._hosts.usable(now) or (self._hosts.parked(now) if last_resort else [])
        return next((host for host in usable if host not in tried), None)

    async def _at(self, host: str, call: Call, until: float) -> tuple[Answer, bytes]:
        """One host's answer; a busy or failing one is asked twice."""
        whole = left(until) >= HOST_SECONDS
        ends = min(until, self._now() + HOST_SECONDS)
        call = Call(method=call.method, url=host + CHECK_PATH, headers=self._headers, body=call.body)
        failed_inside = 0
        for attempt in (1, 2):
            seconds = left(ends)
            if seconds <= 0:
                raise _Next("no answer in time", park=whole)
            try:
                reply = await self._transport.send(call, seconds)
            except Unreachable as error:
                # Cut short by the receipt's own budget it has proven nothing about the host.
                raise _Next(str(error), park=whole or not error.late) from error
            try:
                return self._read(reply)
            except BadAnswer as error:
                if str(error) == str(INNER_FAILURE):
                    failed_inside += 1
                if failed_inside == 2:
                    raise _Stop("the marking system failed inside (code 5000) twice", reply.body) from error
                if attempt == 2:
                    raise _Next(str(error), reply.body, park=True) from error
        raise AssertionError("the second attempt returns or raises")

    def _read(self, reply: Reply) -> tuple[Answer, bytes]:
        """BadAnswer where another try may help, _Stop where none will."""
        if reply.status == 401:
            self._refuse()
            raise _Stop("the key is refused (HTTP 401)")
        if reply.status == 200:
            body = facts.loaded(reply.body)
            code = facts.inner_code(body)
            if code == INNER_FAILURE:
                raise BadAnswer(str(INNER_FAILURE))
            if code != 0:
                raise _Stop(f"code {code}: {str(body.get('description'))[:200]}", reply.body)
            return facts.checked(body), reply.body
        if reply.status == 429 or reply.status >= 500:
            if _code_within(reply.body) == INNER_FAILURE:
                raise BadAnswer(str(INNER_FAILURE))
            raise BadAnswer(f"HTTP {reply.status}")
        if 400 <= reply.status < 500:
            raise _Stop(f"HTTP {reply.status}", reply.body)
        raise BadAnswer(f"HTTP {reply.status}")

    # --- what is known of them

    def _park(self, host: str, why: str) -> None:
        log.warning("permit mode: host parked", host=host, minutes=PARKED / 60, why=why)
        self._hosts.park(host, self._now())

    def _refuse(self) -> None:
        if not self._refused():
            log.error("permit mode: the key of the marking system is refused; put a new one into the configuration")
        self._refused_until = self._now() + PARKED

    def _refused(self) -> bool:
        return self._refused_until > self._now()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def state(self) -> Mapping[str, Any]:
        problem = "the key is refused (HTTP 401)" if self._refused() else self._problem
        return {"list": self._address, "hosts": self._hosts.seen(self._now()), "problem": problem or None}

    async def close(self) -> None:
        await self._transport.close()


def _code_within(body: bytes) -> int:
    try:
        return facts.inner_code(facts.loaded(body))
    except BadAnswer:
        return 0
