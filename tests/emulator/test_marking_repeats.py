"""A seed gives the same marking traffic, byte for byte."""

from __future__ import annotations

import asyncio

from marking_kit import GENUINE, SHORT, SPOILT, a_shop, gs1
from virtual_loop import run_virtual

from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.ofd import session


async def _a_day(seed: int) -> list[bytes]:
    loop = asyncio.get_running_loop()
    async with a_shop(ticks=loop.time, seed=seed) as host:
        oism, heard = host.shop.oism, []
        assert oism is not None
        taken = oism.receive

        def listening(message: session.Message, how: Behaviour = Behaviour.ANSWER) -> bytes:
            heard.append(b"%.3f " % loop.time() + message.body)
            return taken(message, how)

        oism.receive = listening  # type: ignore[method-assign]
        await host.sell(SHORT, GENUINE)
        oism.misbehave(Misbehaviour(Behaviour.SLOW, 3.0), 2)
        oism.misbehave(Misbehaviour(Behaviour.CUT), 1)
        await host.sell(SPOILT, gs1("ANOTHER"))
        host.shop.registers["kkt-1"].power_fail(4.0)
        await asyncio.sleep(10)
        host.reconnect()
        await host.sell(SHORT, status=3, operation=2)
        await host.until(lambda: not host.drive.marking.unsent)
        return heard


def test_the_same_seed_the_same_bytes():
    first, again, other = (run_virtual(_a_day(seed)) for seed in (5, 5, 6))
    assert len(first) > 8
    assert first == again
    assert first != other
