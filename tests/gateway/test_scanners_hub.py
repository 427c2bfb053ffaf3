"""Scanners in virtual time: repeats, hot-plug, claims, and that none of them ever stops anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fake_scanner import PACK, SHOES, Wire
from virtual_loop import virtual

from devices.scanners.base import Kind, Reading
from gateway.scanners import Hub, Scan, State, Watched
from gateway.scanners import feed as feeds
from gateway.scanners import watch as watches
from gateway.scanners.model import PACKETS, understood

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def now() -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time())


class Counter:
    """A hub over one wire, with everything it tells."""

    def __init__(self, wire: Wire, *, window: float = 0.9, start: datetime = START) -> None:
        self.wire = wire
        self.hub = Hub(
            {"scan-1": Watched(name="scan-1", link="fake", make=wire.make, window=window)},
            now=lambda: start + timedelta(seconds=asyncio.get_running_loop().time()),
        )
        self.feed = self.hub.feeds["scan-1"]
        self._told = self.feed.events(limit=10_000)

    async def __aenter__(self) -> Counter:
        self.hub.start()
        await asyncio.sleep(0.001)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hub.stop()

    @property
    def snapshot(self):
        return self.hub.snapshots[0]

    @property
    def told(self) -> list[Scan]:
        return list(self._told._unread)

    async def scan(self, data: bytes, after: float = 0.0, **more: object) -> None:
        await asyncio.sleep(after)
        self.wire.scan(data, **more)
        await asyncio.sleep(0.001)


@virtual
async def test_a_scan_is_told_with_everything_about_it() -> None:
    async with Counter(Wire()) as till:
        await till.scan(SHOES)
        (scan,) = till.told
    assert (scan.scanner, scan.reading.symbology, scan.reading.packets) == ("scan-1", "]d2", (SHOES + b"\r",))
    assert scan.code is not None
    assert (scan.code.gtin, scan.code.serial, scan.code.raw) == ("04600439931256", "5Qbag!", SHOES)
    assert scan.fault is None
    assert START <= scan.at < START + timedelta(seconds=1)
    assert till.snapshot.last is scan


@virtual
async def test_ids_grow_though_scans_fall_together_and_over_restarts() -> None:
    async with Counter(Wire()) as till:
        for number in range(20):
            till.wire.scan(b"0460043993125%d" % number)
        await asyncio.sleep(1)
        first = [scan.id for scan in till.told]
    assert first == sorted(set(first))
    assert len(first) == 20
    async with Counter(Wire(), start=START + timedelta(seconds=2)) as till:
        await till.scan(SHOES)
        assert till.told[0].id > first[-1]


@virtual
async def test_what_is_no_code_is_told_with_a_hint_and_can_be_claimed() -> None:
    async with Counter(Wire()) as till:
        await till.scan("ьф".encode() + b"01")
        await till.scan(SHOES[:40], notes=("truncated",))
        mixed, cut = till.told
        assert await till.feed.claim() is mixed
    for scan in (mixed, cut):
        assert scan.code is None
        assert scan.fault is not None
        assert scan.fault.hint
    assert cut.fault is not None
    assert cut.fault.code == "truncated"
    assert (till.snapshot.counts.scans, till.snapshot.counts.faults) == (2, 2)


# --- repeats


@virtual
async def test_the_same_bytes_within_the_window_are_one_scan() -> None:
    async with Counter(Wire()) as till:
        await till.scan(SHOES)
        await till.scan(SHOES, after=0.3)
        await till.scan(PACK, after=0.1)
        await till.scan(SHOES, after=0.3)  # another code between them changes nothing
        assert [scan.reading.data for scan in till.told] == [SHOES, PACK]
        await till.scan(SHOES, after=1.0)
        assert [scan.reading.data for scan in till.told] == [SHOES, PACK, SHOES]
        assert till.snapshot.counts.repeats == 2


@virtual
async def test_a_unit_left_before_the_scanner_is_one_scan_however_long_and_a_crate_of_bottles_is_not() -> None:
    async with Counter(Wire()) as till:
        for _ in range(10):
            await till.scan(SHOES, after=0.5)
        assert len(till.told) == 1
    async with Counter(Wire()) as till:
        for _ in range(4):
            await till.scan(b"4600439931256", symbology="]E0", after=0.6)
        assert len(till.told) == 2  # the first and the third: the window ends as it began


@virtual
async def test_the_window_is_the_configurations() -> None:
    async with Counter(Wire(), window=0.0) as till:
        await till.scan(SHOES)
        await till.scan(SHOES)
        assert len(till.told) == 2
    async with Counter(Wire(), window=5.0) as till:
        await till.scan(PACK)
        await till.scan(PACK, after=4.5)
        assert len(till.told) == 1


@virtual
async def test_two_scanners_do_not_fold_each_other() -> None:
    wires = {"a": Wire(), "b": Wire()}
    hub = Hub({name: Watched(name=name, link=name, make=wire.make) for name, wire in wires.items()}, now=now)
    hub.start()
    for wire in wires.values():
        wire.scan(SHOES)
    await asyncio.sleep(0.1)
    found = [await hub.feeds[name].claim() for name in wires]
    await hub.stop()
    assert [scan and scan.scanner for scan in found] == ["a", "b"]
    assert found[0].id != found[1].id


# --- hot-plug


@virtual
async def test_a_device_that_appears_later_is_found_and_found_again() -> None:
    async with Counter(Wire(there=False)) as till:
        assert till.snapshot.state is State.AWAY
        assert till.snapshot.error.code == "link_no_port"
        assert till.snapshot.error.hint
        await asyncio.sleep(3600)
        tries = till.wire.tries
        assert tries > 1000
        till.wire.plug_in()
        await asyncio.sleep(watches.LONGEST_PAUSE)
        assert (till.snapshot.state, till.snapshot.error) == (State.CONNECTED, None)
        assert till.snapshot.since > START + timedelta(seconds=3600)
        await till.scan(SHOES)
        till.wire.unplug()
        await asyncio.sleep(0.1)
        assert (till.snapshot.state, till.snapshot.error.code) == (State.AWAY, "gone")
        till.wire.plug_in()
        # The first tries after a scan come quickly.
        await asyncio.sleep(watches.FIRST_PAUSE)
        await till.scan(PACK, after=watches.FIRST_PAUSE)
        assert [scan.reading.data for scan in till.told] == [SHOES, PACK]
        assert till.snapshot.counts.connections == 2
    assert till.wire.opened == 2
    assert till.wire.closed == till.wire.tries


@virtual
async def test_a_scanner_whose_driver_fails_is_away_and_comes_back() -> None:
    wire = Wire()
    wire.breaks_with = lambda: ZeroDivisionError("a bug")
    async with Counter(wire) as till:
        wire.unplug()
        await asyncio.sleep(0.1)
        assert till.snapshot.error.code == "scanner_failed"
        wire.plug_in()
        await asyncio.sleep(watches.LONGEST_PAUSE)
        assert till.snapshot.state is State.CONNECTED


@virtual
async def test_a_scanner_that_cannot_even_be_made_does_not_stop_the_start() -> None:
    def broken():
        raise ImportError("no library")

    hub = Hub({"scan-1": Watched(name="scan-1", link="hid:", make=broken)}, now=now)
    hub.start()
    await asyncio.sleep(10)
    assert hub.snapshots[0].state is State.AWAY
    await hub.stop()


@virtual
async def test_a_line_that_opens_and_breaks_at_once_is_not_tried_without_pause() -> None:
    wire = Wire()
    for _ in range(1000):
        wire._read.put_nowait(wire.breaks_with())
    async with Counter(wire):
        await asyncio.sleep(60)
    assert 20 < wire.opened < 60


@virtual
async def test_noise_is_slowed_down_and_others_go_on() -> None:
    wire = Wire()
    async with Counter(wire) as till:
        for number in range(1000):
            wire.scan(b"%04d" % number)
        await asyncio.sleep(10)
        assert len(till.told) <= watches.RATE * 10.5


# --- claims


@virtual
async def test_each_scan_goes_to_exactly_one_of_many_callers() -> None:
    async with Counter(Wire()) as till:
        callers = [asyncio.create_task(till.feed.claim(key=f"till-{n}", seconds=60)) for n in range(20)]
        await asyncio.sleep(0.1)
        for number in range(12):
            await till.scan(b"%014d" % number, after=0.2)
        await asyncio.sleep(0.1)
        early = [task.result() for task in callers if task.done()]
        assert [scan.id for scan in early] == [scan.id for scan in till.told]
        # who waited longest was served first
        assert [task.done() for task in callers] == [True] * 12 + [False] * 8
        assert await asyncio.gather(*callers[12:]) == [None] * 8
        assert till.snapshot.counts.claimed == 12


@virtual
async def test_the_same_key_is_given_the_same_scan_again() -> None:
    async with Counter(Wire()) as till:
        await till.scan(SHOES)
        await till.scan(PACK)
        first = await till.feed.claim(key="r1")
        assert await till.feed.claim(key="r1") is first
        second = await till.feed.claim(key="r2")
        assert (first.reading.data, second.reading.data) == (SHOES, PACK)
        await asyncio.sleep(3000)
        assert await till.feed.claim(key="r1") is first
        # a key that was told there is nothing is not used up
        assert await till.feed.claim(key="r3") is None
        await till.scan(SHOES)
        assert (await till.feed.claim(key="r3")).id > second.id


@virtual
async def test_a_caller_that_comes_again_while_its_first_call_still_hangs_hears_the_same() -> None:
    async with Counter(Wire()) as till:
        twice = [asyncio.create_task(till.feed.claim(key="r1", seconds=60)) for _ in range(2)]
        other = asyncio.create_task(till.feed.claim(key="r2", seconds=60))
        await till.scan(SHOES, after=1)
        await till.scan(PACK, after=1)
        first, again = await asyncio.gather(*twice)
        assert first is again
        assert (await other).reading.data == PACK


@virtual
async def test_a_caller_that_goes_away_at_the_very_moment_takes_nothing() -> None:
    async with Counter(Wire()) as till:
        gone = asyncio.create_task(till.feed.claim(seconds=60))
        next_one = asyncio.create_task(till.feed.claim(seconds=60))
        await asyncio.sleep(0.1)
        till.feed.tell(replace(understood(till_reading(), Kind.SERIAL, "scan-1", now()), id=1))
        gone.cancel()  # it was given the scan, and has not run since
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert (await next_one).id == 1
        assert till.snapshot.counts.claimed == 1


def till_reading():
    wire = Wire()
    wire.scan(SHOES)
    return wire._read.get_nowait()


@virtual
async def test_an_old_scan_is_nobodys_and_a_later_one_can_be_asked_for() -> None:
    async with Counter(Wire()) as till:
        await till.scan(SHOES)
        await asyncio.sleep(feeds.CLAIMABLE)
        assert await till.feed.claim() is None
        assert (await till.feed.claim(max_age=3600)).reading.data == SHOES
        await till.scan(PACK)
        assert await till.feed.claim(max_age=0) is None
        pack = till.told[-1]
        assert await till.feed.claim(after=pack.id) is None
        waiting = asyncio.create_task(till.feed.claim(after=pack.id, seconds=10))
        await till.scan(SHOES, after=2)
        assert (await waiting).id > pack.id
        assert await till.feed.claim(after=pack.id + 1_000_000) is pack  # an id of another life


@virtual
async def test_waiting_callers_are_bounded_and_hear_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "WAITERS", 2)
    async with Counter(Wire()) as till:
        waiting = [asyncio.create_task(till.feed.claim(seconds=600)) for _ in range(2)]
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        assert await till.feed.claim(seconds=600) is None
        assert asyncio.get_running_loop().time() == began
    assert await asyncio.gather(*waiting) == [None, None]
    assert await till.feed.claim(seconds=600) is None


@virtual
async def test_what_is_kept_is_bounded_with_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "KEPT", 3)
    async with Counter(Wire()) as till:
        for number in range(5):
            await till.scan(b"%014d" % number)
            await till.feed.claim(key=f"r{number}")
        ids = [scan.id for scan in till.told]
        assert [scan.id for scan in await till.feed.past(0, 100)] == ids[2:]
        assert till.feed.forgotten == ids[1]
        assert len(till.feed._by_key) == 3
        assert [scan.id for scan in await till.feed.past(ids[3], 100)] == ids[4:]


def test_of_a_devices_bytes_only_the_beginning_is_kept() -> None:
    packets = (b"a" * 10_000, b"b" * 10_000, b"c" * 10_000)
    reading = Reading(data=b"", packets=packets, notes=("overlong",))
    scan = understood(reading, Kind.KEYBOARD, "scan-1", START)
    assert b"".join(scan.reading.packets) == b"".join(packets)[:PACKETS]
    assert scan.fault is not None
    assert scan.fault.code == "overlong"
