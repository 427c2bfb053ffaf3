"""A line that sends garbage without end costs its own reader, never the others: turns are given, memory is bounded."""

from __future__ import annotations

import asyncio

import pytest

from devices.links.base import Link
from devices.scanners.base import Kind, Note, Options
from devices.scanners.factory import over
from protocols.scanner.keyboard import MOST_EVENTS
from protocols.scanner.keys import BY_NAME, EV_KEY, EVENT_SIZE, PRESSED, RELEASED, Event

MEBIBYTE = 1 << 20


class Flood(Link):
    """Has much to say at once, and then nothing."""

    name = "flood"

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, data: bytes) -> None: ...

    async def read(self, timeout: float) -> bytes:
        data, self._data = self._data, b""
        if not data:
            await asyncio.sleep(timeout)
        return data


@pytest.mark.parametrize("kind", [Kind.SERIAL, Kind.KEYBOARD, Kind.HID_POS])
async def test_others_have_their_turn_while_a_flood_is_decoded(kind: Kind) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    # Line ends only: nothing of it is a scan, so the reader goes on to the end of it.
    scanner = over(Flood(b"\r" * (MEBIBYTE // 8)), kind, Options())
    await scanner.open()
    going = asyncio.create_task(others())
    reading = asyncio.create_task(scanner.read())
    while scanner._heard or turns < 3:  # noqa: ASYNC110 — what is looked at has no event
        await asyncio.sleep(0)
    assert turns >= 100
    for task in (going, reading):
        task.cancel()


async def test_of_garbage_without_end_only_the_beginning_is_kept() -> None:
    scanner = over(Flood(b"A" * MEBIBYTE), Kind.SERIAL, Options(gap_ms=10))
    await scanner.open()
    reading = await scanner.read()
    assert reading.notes == (Note.OVERLONG,)
    assert sum(map(len, reading.packets)) <= 4096


async def test_of_keys_pressed_without_end_only_the_beginning_is_kept() -> None:
    press = b"".join(Event(0, EV_KEY, BY_NAME["A"].code, value).pack() for value in (PRESSED, RELEASED))
    scanner = over(Flood(press * 20_000), Kind.KEYBOARD, Options(gap_ms=10))
    await scanner.open()
    reading = await scanner.read()
    assert Note.OVERLONG in reading.notes
    assert sum(map(len, reading.packets)) <= MOST_EVENTS * EVENT_SIZE


async def test_scans_behind_each_other_come_out_one_by_one() -> None:
    codes = [b"%013d" % number for number in range(1000)]
    scanner = over(Flood(b"".join(code + b"\r" for code in codes)), Kind.SERIAL, Options())
    await scanner.open()
    assert [(await scanner.read()).data for _ in codes] == codes
