"""A marking server that is silent: what the register's waiting costs, and who hears of it."""

from __future__ import annotations

import asyncio

import pytest
from till import Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError, RequestError
from devices.registers.base import Warn
from devices.registers.shtrih.oism_wait import AFTER_SILENCE
from devices.registers.shtrih.options import Options
from devices.registers.waiting import NOTICED, noticed
from emulator.faults import FaultKind
from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.ffd.enums import PaymentObject
from protocols.ffd.receipt import Marking, Receipt
from protocols.shtrih.tables import MARKING_TIMEOUT

#: The emulated register's own wait, seconds.
OWN = 15


def marked(count: int, first: int = 0) -> Receipt:
    return receipt(
        *(
            item(
                payment_object=PaymentObject.COMMODITY_WITH_MARKING,
                marking=Marking(code=f"010460000000001521{number:06d}\x1d93dGVz".encode()),
            )
            for number in range(first, first + count)
        )
    )


def wait_set(one: Till) -> int:
    found = one.device.register.core.memory.number(MARKING_TIMEOUT)
    assert isinstance(found, int)
    return found


async def sold_in(one: Till, count: int) -> float:
    """Seconds that the receipt takes."""
    began = asyncio.get_running_loop().time()
    outcome = await one.driver.fiscalise(marked(count))
    assert {verdict.reason for verdict in outcome.marking} == {"marking_server_silent"}
    return asyncio.get_running_loop().time() - began


@virtual
async def test_a_receipt_waits_as_the_owner_wants_and_its_other_lines_no_longer_than_they_must() -> None:
    async with till(oism=True, options={"marking_wait": "5"}) as one:
        assert wait_set(one) == 5
        one.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)
        assert await sold_in(one, 20) == pytest.approx(5 + 19 * AFTER_SILENCE, abs=2)
        assert wait_set(one) == 5  # the next receipt's first line may find the server again
        one.shop.oism.behaviour = Misbehaviour(Behaviour.ANSWER)
        outcome = await one.driver.fiscalise(marked(2, first=20))
        assert [verdict.result for verdict in outcome.marking] == ["M+", "M+"]


@virtual
async def test_the_register_keeps_its_own_setting_unless_told() -> None:
    async with till(oism=True) as one:
        one.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)
        one.frames.clear()
        assert await sold_in(one, 2) == pytest.approx(2 * OWN, abs=2)
        assert wait_set(one) == OWN
        assert not [frame for frame in one.frames if frame[2] == 0x1E]


@virtual
async def test_a_line_that_breaks_while_it_hurries_leaves_no_short_wait() -> None:
    async with till(oism=True, options={"marking_wait": "5"}) as one:
        one.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)

        def cut_the_third(frame: bytes) -> None:
            checks.extend([frame] * (frame[2:4] == b"\xff\x61"))
            if len(checks) == 3:
                one.on_frame = lambda frame: None
                one.fault(FaultKind.CUT_BEFORE)

        checks: list[bytes] = []
        one.on_frame = cut_the_third
        with pytest.raises(LinkError):
            await one.driver.fiscalise(marked(3))
        assert wait_set(one) == AFTER_SILENCE
        await one.driver.connect()
        assert wait_set(one) == 5


@virtual
async def test_who_listens_hears_of_each_line_that_waits() -> None:
    async with till(oism=True) as one:
        heard: list[float] = []
        began = asyncio.get_running_loop().time()

        async def tell(warn: Warn) -> None:
            assert warn.code == "marking_waiting"
            heard.append(asyncio.get_running_loop().time() - began)

        one.driver.tell = tell
        await one.driver.fiscalise(marked(2))
        assert heard == []
        one.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)
        began = asyncio.get_running_loop().time()
        await one.driver.fiscalise(marked(2, first=20))
        assert heard == [pytest.approx(NOTICED, abs=1), pytest.approx(OWN + NOTICED, abs=1)]


@pytest.mark.parametrize("value", ["0", "31", "-1", "2.5", "", "x"])
def test_a_wait_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(RequestError):
        Options.of({"marking_wait": value})


@virtual
async def test_who_is_stopped_does_not_wait_for_a_word_that_is_never_written_down() -> None:
    """Simulation, seeds 602010, 602241, 602444, 602719, 602908: a gateway that was killed there never ran again."""
    disk = asyncio.Event()

    async def tell(_: Warn) -> None:
        await disk.wait()

    async def asked() -> None:
        async with noticed(tell):
            await asyncio.sleep(60)

    job = asyncio.create_task(asked())
    await asyncio.sleep(NOTICED + 1)
    job.cancel()
    await asyncio.wait({job}, timeout=60)
    assert job.cancelled()
