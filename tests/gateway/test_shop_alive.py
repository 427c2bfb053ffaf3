"""The watchdog asks the shop: a worker that ended on its own must not go unnoticed."""

from __future__ import annotations

from pathlib import Path

from fake_shop import House
from virtual_loop import virtual


@virtual
async def test_a_worker_that_ended_on_its_own_is_seen(tmp_path: Path) -> None:
    house = House(tmp_path)
    shop = await house.start()
    assert shop.alive
    task = shop._running["kkt-1"]
    task.cancel()
    await house.kill()
    assert not shop.alive


@virtual
async def test_a_shop_that_stops_on_purpose_is_alive(tmp_path: Path) -> None:
    house = House(tmp_path)
    shop = await house.start()
    await house.stop()
    assert shop.alive
