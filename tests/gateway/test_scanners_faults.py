"""Every fault of an emulated scanner, however it is plugged in: what a till hears is right, or says that it is not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fake_scanner import SHOES
from virtual_loop import virtual

from devices.links.pair import PairLink
from devices.scanners.base import Kind, Options
from devices.scanners.factory import over
from emulator.scanners import EmulatedScanner, Setup
from emulator.scanners.faults import FAULTS, ScanFault, Waiting
from gateway.scanners import Hub, Scan, Watched

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Till:
    scans: list[Scan]
    repeats: int
    connections: int


async def till(setup: Setup, *faults: Waiting, options: Options | None = None) -> Till:
    """What a till hears of one pull of the trigger, and of another one a while later."""
    device = EmulatedScanner(setup)

    def make():
        return over(PairLink(device.connect), setup.kind, options or Options())

    hub = Hub({"scan-1": Watched(name="scan-1", link="pair:", make=make)}, now=lambda: NOW)
    hub.start()
    await asyncio.sleep(0.1)
    for fault in faults:
        device.faults.add(fault)
    await device.scan(SHOES)
    await asyncio.sleep(5)
    scans = list(await hub.feeds["scan-1"].past(0, 100))
    (snapshot,) = hub.snapshots
    await hub.stop()
    await device.close()
    return Till(scans, snapshot.counts.repeats, snapshot.counts.connections)


EVERY = [(kind, fault) for fault, row in FAULTS.items() for kind in sorted(row.kinds)]


@pytest.mark.parametrize(("kind", "fault"), EVERY, ids=str)
def test_nothing_wrong_is_told_as_right(kind: Kind, fault: ScanFault) -> None:
    @virtual
    async def test() -> None:
        heard = await till(Setup(kind=kind), Waiting(kind=fault, seconds=FAULTS[fault].seconds or 0.0))
        for scan in heard.scans:
            spoken_of = scan.fault is not None or scan.notes or (scan.code is not None and scan.code.warnings)
            assert spoken_of or (scan.code is not None and scan.code.raw == SHOES)

    test()


#: Faults that cost nothing: the code is whole, or mended with a warning.
HARMLESS = {ScanFault.GS_LOST, ScanFault.RU_LAYOUT, ScanFault.SPLIT, ScanFault.DOUBLE, ScanFault.CAPS_LOCK}


@pytest.mark.parametrize(("kind", "fault"), [one for one in EVERY if one[1] in HARMLESS], ids=str)
def test_what_can_be_made_good_is_one_whole_scan(kind: Kind, fault: ScanFault) -> None:
    @virtual
    async def test() -> None:
        heard = await till(Setup(kind=kind), Waiting(kind=fault, seconds=FAULTS[fault].seconds or 0.0))
        assert [scan.code and scan.code.raw for scan in heard.scans] == [SHOES]
        assert heard.repeats == (1 if fault is ScanFault.DOUBLE else 0)

    test()


@virtual
async def test_a_scanner_without_faults_is_told_nothing_about() -> None:
    for kind in (Kind.SERIAL, Kind.KEYBOARD, Kind.HID_POS):
        (scan,) = (await till(Setup(kind=kind))).scans
        assert (scan.notes, scan.fault, scan.code and scan.code.warnings) == ((), None, ())


@virtual
async def test_capitals_by_caps_lock_are_right_where_the_configuration_says_so_and_told_where_not() -> None:
    for options, raw, notes in ((Options(caps_lock=True), SHOES, []), (Options(), None, ["caps_lock"])):
        heard = await till(Setup(kind=Kind.KEYBOARD), Waiting(kind=ScanFault.CAPS_TYPED), options=options)
        (scan,) = heard.scans
        assert [note.code for note in scan.notes] == notes
        assert raw is None or (scan.code is not None and scan.code.raw == raw)


@virtual
async def test_a_cable_pulled_instead_of_a_scan_is_only_a_reconnection() -> None:
    heard = await till(Setup(), Waiting(kind=ScanFault.UNPLUG, seconds=1.0))
    assert (heard.scans, heard.connections) == ([], 2)
