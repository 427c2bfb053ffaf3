"""A line that is slower than the driver's waiting times: late is not gone (virtual seconds)."""

from __future__ import annotations

import asyncio
from typing import Any

from till import MOSCOW, item, receipt, till
from virtual_loop import virtual

from devices.links.pair import PairLink
from devices.registers.factory import create
from emulator.channels import PipeEnd

#: As a shop on a fast line may have them.
QUICK = {"answer": 0.5, "confirm": 0.4, "slow": 1.5, "connect": 2.0}


class LatePipe:
    """The host's end: what it sends arrives `seconds` late, in order."""

    def __init__(self, inner: PipeEnd, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    async def write(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self._seconds, self._inner._peer._inbox.feed, data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@virtual
async def test_an_answer_that_is_late_every_time_is_waited_for() -> None:
    """Starved or far away, a register answers each enquiry when that was given up: it is listened to for longer."""
    async with till() as one:
        link = PairLink(lambda: LatePipe(one.emulated.connect(), 0.7))
        link.reliable = False  # a serial port
        driver = create("shtrih", link, zone=MOSCOW, timeouts=QUICK)
        await driver.connect()
        outcome = await driver.fiscalise(receipt(item("Чай", 1_000)))
        assert outcome.fiscal.document == one.documents()[-1].number
        await driver.close()
