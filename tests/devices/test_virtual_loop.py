"""The virtual-time loop itself: what all time-dependent tests stand on."""

import asyncio

import pytest
from virtual_loop import VirtualTimeLoop, run_virtual, virtual


@virtual
async def test_a_day_passes_at_once_and_timers_fire_in_order() -> None:
    seen: list[str] = []

    async def after(seconds: float, word: str) -> None:
        await asyncio.sleep(seconds)
        seen.append(word)

    await asyncio.gather(after(86_400, "day"), after(3_600, "hour"), after(0.001, "tick"))
    assert seen == ["tick", "hour", "day"]
    assert asyncio.get_running_loop().time() == pytest.approx(86_400)


@virtual
async def test_timeouts_fire() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.sleep(31)
    assert asyncio.get_running_loop().time() == pytest.approx(30)


def test_a_deadlock_is_reported_and_not_waited_for() -> None:
    async def stuck() -> None:
        await asyncio.get_running_loop().create_future()

    loop = VirtualTimeLoop()
    with pytest.raises(RuntimeError, match="stands still"):
        loop.run_until_complete(stuck())
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.close()


def test_run_virtual_returns_the_result() -> None:
    async def answer() -> int:
        await asyncio.sleep(5)
        return 42

    assert run_virtual(answer()) == 42
