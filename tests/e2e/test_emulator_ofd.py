"""`fiscal-emulator ofd` as a process: a drive sends to it over TCP, what came is listed and downloaded."""

from __future__ import annotations

import asyncio
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from emulator_process import Emulator

from emulator.channels import dial
from emulator.fiscal_drive import FiscalDrive
from emulator.ofd import uplink
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode

ARGUMENTS = ("--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


async def deliver(drive: FiscalDrive, port: int) -> None:
    """Until nothing waits in the drive any more."""
    task = asyncio.ensure_future(uplink(drive, lambda: dial("127.0.0.1", port), pauses=(0.05,)))
    async with asyncio.timeout(10):
        while drive.backlog.count:  # noqa: ASYNC110 — the drive is what we wait for
            await asyncio.sleep(0.01)
    task.cancel()


def test_what_a_drive_sends_is_listed_downloaded_and_survives_a_kill(tmp_path: Path) -> None:
    drive = FiscalDrive(Storage(), now=lambda: NOW, rng=Random(5))
    drive.commit(DocumentCode.STATE_REPORT)
    containers = [drive.container(1), drive.container(2)]
    with Emulator("ofd", *ARGUMENTS, "--state", str(tmp_path)) as ofd:
        asyncio.run(deliver(drive, ofd.ports[0]))
        documents = ofd.get("/documents")
        assert [(one["fn"], one["number"], one["code"]) for one in documents] == [
            (drive.number, 1, 1),
            (drive.number, 2, 21),
        ]
        assert [bytes.fromhex(one["container"]) for one in documents] == containers
        assert [bytes.fromhex(one["tlv"]) for one in documents] == [drive.document(n).tlv for n in (1, 2)]
        assert {node["tag"]: node.get("value") for node in documents[1]["tags"]}[1041] == drive.number
        assert ofd.get(f"/documents/2?fn={drive.number}") == documents[1]
        with urllib.request.urlopen(f"{ofd.control}/documents/2.bin", timeout=5) as answer:
            assert answer.read() == containers[1]
        ofd.kill()
    with Emulator("ofd", *ARGUMENTS, "--state", str(tmp_path)) as ofd:
        assert ofd.get("/documents") == documents
        ofd.request("POST", "/reset")
        assert ofd.get("/documents") == []


def test_a_misbehaving_ofd_gets_the_document_again() -> None:
    drive = FiscalDrive(Storage(), now=lambda: NOW, rng=Random(5))
    with Emulator("ofd", *ARGUMENTS) as ofd:
        for behaviour in ("refuse", "empty", "wrong_number", "wrong_crc"):
            ofd.request("POST", "/ofd/behaviour", {"behaviour": behaviour, "count": 1})
        asyncio.run(deliver(drive, ofd.ports[0]))
        assert [one["number"] for one in ofd.get("/documents")] == [1]
