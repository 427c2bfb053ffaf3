"""The control server's marking routes: `PUT /codes/{cis}` of design.md and what belongs to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from marking_kit import GENUINE, PACK, SHORT, START, Host
from shtrih_kit import ADMIN
from yarl import URL

from emulator.control import Control
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.shtrih.commands import receipts as r

STRANGE = rb"""0104600000000015215!"%&'/<>?(1)""" + b"\x1d93dGVz"
Answer = Callable[..., Coroutine[Any, Any, tuple[int, Any]]]


def in_shop(
    act: Callable[[Answer, Host | None], Coroutine[Any, Any, None]], *, registers: int = 1, oism: bool = True
) -> None:
    async def live() -> None:
        plans = tuple(RegisterPlan(settings=Settings()) for _ in range(registers))
        shop = Shop(Plan(registers=plans, with_oism=oism), clock=Clock(START, ticks=lambda: 0.0), random=Random(1))
        await shop.start()
        control = Control(shop)
        url = await control.start("127.0.0.1", 0)
        try:
            async with ClientSession() as client:

                async def answer(method: str, path: str, body: Any = None) -> tuple[int, Any]:
                    data = None if body is None else json.dumps(body)
                    async with client.request(method, URL(url + path, encoded=True), data=data) as response:
                        return response.status, await response.json()

                await act(answer, Host(shop) if registers else None)
        finally:
            await control.close()
            await shop.close()

    asyncio.run(live())


def at(code: bytes) -> str:
    return "/codes/" + quote(code, safe="")


@pytest.mark.parametrize("code", [SHORT, STRANGE, GENUINE, PACK], ids=["short", "strange", "long", "pack"])
def test_a_code_is_put_by_ki_or_whole_and_the_register_hears_of_it(code: bytes):
    async def act(answer: Answer, host: Host | None) -> None:
        assert host is not None
        ki = code[:21] if code == PACK else code.split(b"\x1d")[0]
        status, facts = await answer("GET", at(code))
        assert (status, facts["cis"], facts["known"], facts["status"]) == (200, ki.decode(), False, "in_circulation")
        status, facts = await answer("PUT", at(ki), {"status": "sold"})
        assert (status, facts["status"], facts["known"]) == (200, "sold", True)
        assert await host.ask(code) == 7
        status, facts = await answer("PUT", at(code), {"status": "in_circulation"})
        assert (status, facts["cis"]) == (200, ki.decode())
        assert await host.ask(code) == 15
        assert [each["cis"] for each in (await answer("GET", "/codes"))[1]] == [ki.decode()]
        status, facts = await answer("DELETE", at(code))
        assert (status, facts["known"]) == (200, False)
        assert (await answer("GET", "/codes"))[1] == []

    in_shop(act)


def test_what_was_asked_and_told_is_shown():
    async def act(answer: Answer, host: Host | None) -> None:
        assert host is not None
        await host.call(r.OpenShift(ADMIN))
        await host.sell(SHORT)
        (asked,) = (await answer("GET", "/oism/requests"))[1]
        assert (asked["planned"], asked["outcome"], asked["result"], asked["why"]) == (1, 0, 15, "")
        await host.ask(SHORT)  # the notification is through when this is answered
        (told,) = (await answer("GET", "/oism/notifications"))[1]
        assert (told["fn"], told["number"], told["code"]) == (host.drive.number, 1, 82)
        assert 2007 in {tag["tag"] for tag in told["tags"]}
        assert (await answer("GET", "/oism/notifications?fn=9999000000000000"))[1] == []
        (kept,) = (await answer("GET", "/notifications"))[1]
        assert (kept["tlv"], kept["document"], kept["delivered"]) == (told["tlv"], 3, True)
        assert bytes.fromhex(kept["receipt"])[:2] == b"\x54\x00"
        state = (await answer("GET", "/state"))[1]
        assert state["oism"] == {"listen": [], "behaviour": "answer", "notifications": 1, "codes": 1}
        assert state["registers"][0]["marking"]["notifications"] == 1
        assert SHORT.decode() not in json.dumps(state)

    in_shop(act)


def test_the_marking_system_misbehaves_on_demand():
    async def act(answer: Answer, host: Host | None) -> None:
        assert host is not None
        assert (await answer("POST", "/oism/behaviour", {"behaviour": "refuse", "count": 1}))[0] == 200
        assert [await host.ask(SHORT) for _ in range(2)] == [0, 15]
        assert (await answer("POST", "/oism/behaviour", {"behaviour": "refuse"}))[0] == 200
        assert [await host.ask(SHORT) for _ in range(2)] == [0, 0]
        assert (await answer("GET", "/state"))[1]["oism"]["behaviour"] == "refuse"

    in_shop(act)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", at(SHORT), {"status": "eaten"}, "invalid_code"),
        ("PUT", at(SHORT), {"colour": "red"}, "invalid_code"),
        ("PUT", at(b"0" * 300), {}, "invalid_code"),
        ("PUT", "/codes/%D0%96", {}, "invalid_code"),
        ("POST", "/oism/behaviour", {"behaviour": "dance"}, "invalid_behaviour"),
        ("POST", "/oism/behaviour", {"behaviour": "slow", "seconds": -1}, "invalid_behaviour"),
        ("POST", "/oism/behaviour", {"behaviour": "slow", "count": 0}, "invalid_behaviour"),
        ("GET", "/notifications?register=no", None, "unknown_register"),
    ],
)
def test_what_is_wrong_is_named(method: str, path: str, body: Any, code: str):
    async def act(answer: Answer, host: Host | None) -> None:
        status, said = await answer(method, path, body)
        assert (status, said["error"]["code"]) == (404 if code == "unknown_register" else 400, code)

    in_shop(act)


def test_a_shop_without_a_marking_system_says_so():
    async def act(answer: Answer, host: Host | None) -> None:
        assert host is not None
        assert (await answer("GET", "/codes"))[1]["error"]["code"] == "no_oism"
        assert (await answer("GET", "/state"))[1]["oism"] is None
        assert await host.ask(SHORT) == 0

    in_shop(act, oism=False)


def test_a_marking_system_alone():
    async def act(answer: Answer, host: Host | None) -> None:
        assert (await answer("PUT", at(SHORT), {"blocked": True}))[1]["blocked"] is True
        assert (await answer("GET", "/notifications"))[1]["error"]["code"] == "unknown_register"

    in_shop(act, registers=0)
