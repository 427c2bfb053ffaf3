"""A scanner from its wire to the till program: emulated scanner on a pty, daemon, stream, claims, command line."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator, until
from gateway_process import CLI, ROOT, Gateway, command, sale

SHOES = "0104600439931256215Qbag!\x1d91EE06\x1d92" + "A" * 43 + "="
PACK = "00000046198488X?io+qCABm8wAYa"
SCANNERS = "/api/v1/scanners"


class Shop:
    """A gateway whose scanner is an emulated one behind a pty."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.port = directory / "scanner"
        self._arguments = arguments
        self.scanner: Emulator | None = None
        self.gateway: Gateway | None = None

    def plug_in(self) -> Emulator:
        self.scanner = Emulator("scanner", "--listen", f"pty:{self.port}", "--control", "127.0.0.1:0", *self._arguments)
        return self.scanner

    def unplug(self, seconds: float) -> None:
        """Pull it out for so long."""
        assert self.scanner is not None
        self.scanner.request("POST", "/faults", {"kind": "unplug", "seconds": seconds})
        self.scan(PACK, symbology="]d1")

    def open(self) -> Gateway:
        scanner = f'[[scanners]]\nname = "scan-1"\nlink = "serial:{self.port}"\n'
        self.gateway = Gateway(self.directory, {"kkt-1": "emulated:shtrih"}, extra=scanner)
        return self.gateway

    def state(self) -> dict[str, Any]:
        assert self.gateway is not None
        (one,) = self.gateway.get(SCANNERS)["scanners"]
        return one

    def connected(self) -> None:
        until(lambda: self.state()["state"] == "connected")

    def scan(self, code: str, **more: Any) -> dict[str, Any]:
        assert self.scanner is not None
        return self.scanner.request("POST", "/scan", {"code": code, **more})

    def close(self) -> None:
        for one in (self.gateway, self.scanner):
            if one is not None:
                one.__exit__()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("FISCAL_GATEWAY_LOG_LEVEL", "debug")
    made = Shop(tmp_path)
    yield made
    made.close()


class Reader:
    """A stream of scans, read in a thread of its own."""

    def __init__(self, gateway: Gateway, **headers: str) -> None:
        request = urllib.request.Request(gateway.url + f"{SCANNERS}/scan-1/events")
        request.add_header("Authorization", f"Bearer {gateway.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        self.told: list[dict[str, Any]] = []
        self._answer = urllib.request.urlopen(request, timeout=60)
        assert self._answer.readline() == b"retry: 2000\n"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._answer:
            if line.startswith(b"data: "):
                self.told.append(json.loads(line[6:]))


def test_a_scan_reaches_the_stream_and_one_of_two_tills_and_the_technician(shop: Shop) -> None:
    shop.plug_in()
    gateway = shop.open()
    shop.connected()
    reader = Reader(gateway)
    claims: dict[str, Any] = {}

    def till(name: str) -> None:
        claims[name] = gateway.post(f"{SCANNERS}/scan-1/claim?wait=60", {"id": name})["scan"]

    tills = [threading.Thread(target=till, args=(name,)) for name in ("till-1", "till-2")]
    with Watching("scan", "scan-1", "--json", "--count", "1", "--data-dir", str(gateway.data)) as watching:
        assert watching.line() == {"ready": True, "scanners": ["scan-1"]}
        for one in tills:
            one.start()
        shop.scan(SHOES)
        shown = watching.line()
    assert watching.status == 0
    shop.scan("4600439931256", symbology="]E0")
    for one in tills:
        one.join()
    until(lambda: len(reader.told) == 2)
    first, second = reader.told
    assert (first["code"]["raw"], first["symbology"]) == (SHOES, "]d2")
    assert base64.b64decode(first["raw_base64"]).decode() == SHOES
    assert second["code"]["kind"] == "ean13"
    # Each of them has one of the scans, and asked again it has the same one.
    assert sorted(scan["id"] for scan in claims.values()) == [first["id"], second["id"]]
    for name, scan in claims.items():
        assert gateway.post(f"{SCANNERS}/scan-1/claim", {"id": name})["scan"] == scan
    assert (shop.state()["scans"], shop.state()["claimed"]) == (2, 2)
    assert bytes.fromhex("".join(shown["packets"])).decode() == f"]d2{SHOES}\r"
    assert [one["code"] for one in shown["advice"]] == ["fine"]
    said = command("diagnose", "scan-1", "--data-dir", str(gateway.data))
    assert (said.returncode, "Сканов: 2" in said.stdout) == (0, True)
    # Every scan is in the log, and what proves a code is not.
    gateway.kill()
    assert "0104600439931256" in gateway.errors()
    assert "5Qbag!" not in gateway.errors()
    assert "EE06" not in gateway.errors()

    # Another life of the gateway: the reader goes on, and nothing is told twice.
    gateway = shop.open()
    shop.connected()
    reader = Reader(gateway, Last_Event_ID=str(second["id"]))
    shop.scan(PACK, symbology="]d1")
    until(lambda: any("code" in one for one in reader.told))
    assert [one["code"]["kind"] for one in reader.told if "code" in one] == ["tobacco29"]


def test_a_scanner_that_is_away_disturbs_no_receipt_and_is_found_when_it_comes(shop: Shop) -> None:
    gateway = shop.open()
    state = shop.state()
    assert (state["state"], state["error"]["code"]) == ("away", "link_no_port")
    assert gateway.post("/api/v1/receipts?wait=60", sale("1"))["state"] == "done"
    shop.plug_in()
    for number in range(2):
        shop.connected()
        shop.scan(f"{PACK[:-1]}{number}", symbology="]d1")
        scan = gateway.post(f"{SCANNERS}/scan-1/claim?wait=60")["scan"]
        assert scan["code"]["gtin"] == PACK[:14]
        shop.unplug(seconds=0.5)
        until(lambda: shop.state()["state"] == "away")
    assert gateway.post("/api/v1/receipts?wait=60", sale("2"))["state"] == "done"
    shop.connected()
    assert shop.state()["connections"] == 3


class Watching:
    """A command whose lines of JSON are read as they come."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [*CLI, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.status: int | None = None

    def __enter__(self) -> Watching:
        return self

    def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.communicate(timeout=20)[1]
        found: dict[str, Any] = json.loads(line)
        return found

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=20)
            self.status = self._process.returncode
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.communicate()


def test_training_learns_what_stands_for_gs(tmp_path: Path) -> None:
    keyboard = ("--as", "keyboard", "--gs", "f9")
    with Emulator("scanner", *keyboard, "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as scanner:
        link = f"hid:tcp:127.0.0.1:{scanner.ports[0]}?as=keyboard"
        with Watching("scan", link, "--train", SHOES.replace("\x1d", "<GS>"), "--json") as watching:
            assert watching.line()["ready"]
            scanner.request("POST", "/scan", {"code": SHOES})
            learnt = watching.line()
    assert (learnt["learnt"], learnt["settings"]) == (True, {"gs": "f9"})
    assert watching.status == 0
