"""`fiscal-emulator scanner` as a process on real terminals and sockets, read by the gateway's own scanners."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator

from devices.errors import LinkError
from devices.scanners import factory
from devices.scanners.base import Options, Reading, Scanner
from protocols.scanner.reading import Note

CODE = "010460043993125621JgXJ5.TxYz012\x1d91809F\x1d92" + "Aa+/" * 11


async def scan(emulator: Emulator, code: str = CODE, *faults: dict[str, Any]) -> dict[str, Any]:
    def pull() -> dict[str, Any]:
        for fault in faults:
            emulator.request("POST", "/faults", fault)
        return emulator.request("POST", "/scan", {"code": code})  # type: ignore[no-any-return]

    return await asyncio.get_running_loop().run_in_executor(None, pull)


async def read(scanner: Scanner) -> Reading:
    async with asyncio.timeout(10):
        return await scanner.read()


async def test_a_serial_scanner_on_a_terminal_with_every_fault(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    with Emulator("scanner", "--listen", f"pty:{port}") as emulator:
        assert emulator.ready["listen"] == [f"pty:{port}"]
        scanner = factory.create(f"serial:{port}?baudrate=9600")
        assert (await scan(emulator))["heard"] is False, "nobody has the port open"
        await scanner.open()
        assert (await scan(emulator))["heard"] is True
        reading = await read(scanner)
        assert (reading.data, reading.symbology, reading.notes) == (CODE.encode(), "]d2", ())
        assert b"".join(reading.packets) == b"]d2" + CODE.encode() + b"\r"

        waiting = asyncio.ensure_future(read(scanner))
        await scan(emulator, CODE, {"kind": "split", "seconds": 0.01})
        reading = await waiting
        assert reading.data == CODE.encode()
        assert len(reading.packets) > 1
        await scan(emulator, CODE, {"kind": "double"})
        assert [(await read(scanner)).data for _ in range(2)] == [CODE.encode()] * 2
        await scan(emulator, CODE, {"kind": "gs_lost"})
        assert (await read(scanner)).data == CODE.replace("\x1d", "").encode()
        await scan(emulator, CODE, {"kind": "ru_layout"})
        assert (await read(scanner)).data.decode() != CODE
        await scan(emulator, CODE, {"kind": "glued"})
        assert [(await read(scanner)).notes for _ in range(2)] == [(Note.UNGLUED,)] * 2
        await scan(emulator, CODE, {"kind": "truncated"})
        assert (await read(scanner)).spoilt

        second = factory.create(f"serial:{port}")
        with pytest.raises(LinkError) as busy:
            await second.open()
        assert busy.value.code == "link_busy"
        assert "сканера" in busy.value.hint

        await scan(emulator, CODE, {"kind": "unplug", "seconds": 0.3})
        with pytest.raises(LinkError) as gone:
            await read(scanner)
        assert gone.value.code == "link_closed"
        await scanner.close()
        async with asyncio.timeout(10):
            while not port.exists():  # noqa: ASYNC110 — another process makes it
                await asyncio.sleep(0.01)
        await scanner.open()
        await scan(emulator)
        assert (await read(scanner)).data == CODE.encode()
        await scanner.close()
        assert emulator.stop(signal.SIGTERM) == (0, "", "")
    assert not port.is_symlink()


@pytest.mark.parametrize(("kind", "fault"), [("keyboard", "caps_lock"), ("hid-pos", "double")])
async def test_recorded_keys_and_reports_over_a_socket(kind: str, fault: str) -> None:
    with Emulator("scanner", "--as", kind, "--listen", "tcp:127.0.0.1:0", "--fault", fault) as emulator:
        scanner = factory.create(f"hid:tcp:127.0.0.1:{emulator.ports[0]}?as={kind}")
        await scanner.open()
        assert (await scan(emulator))["faults"] == [fault]
        readings = [await read(scanner) for _ in range(2 if fault == "double" else 1)]
        assert {(one.data, one.symbology, one.notes) for one in readings} == {(CODE.encode(), "]d2", ())}
        await scanner.close()


async def test_a_setup_that_is_not_the_usual(tmp_path: Path) -> None:
    port = str(tmp_path / "port")
    given = ("--no-aim", "--prefix", "SC:", "--suffix", "none", "--gs", "{GS}", "--packet", "16")
    with Emulator("scanner", "--listen", f"pty:{port}", *given) as emulator:
        scanner = factory.create(f"serial:{port}", Options(prefix="SC:", suffix="none", gs=("{GS}",)))
        await scanner.open()
        await scan(emulator)
        reading = await read(scanner)
        assert (reading.data, reading.symbology, reading.notes) == (CODE.encode(), None, ())
        await scanner.close()
