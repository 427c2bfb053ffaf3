"""What a receipt costs the emulated fiscal drive: made, signed, and kept on disk in one transaction.

Run: `.venv/bin/python bench/drive.py`. Beside it, in the same rounds, the bare SQLite transaction of the same bytes
(one row inserted, one value replaced, WAL, synchronous=NORMAL); the ratio says what the drive adds: checks, TLV, sign,
counters. Medians, microseconds.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulator.fiscal_drive import FiscalDrive
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element

ROUNDS = 200
PER_ROUND = 10


def receipt(items: int) -> list[Element]:
    line = Element(
        1059,
        (
            Element(1030, "Ботинки зимние"),
            Element(1079, 4990_00),
            Element(1023, Decimal(1)),
            Element(1043, 4990_00),
            Element(1199, 6),
            Element(1212, 1),
            Element(1214, 4),
            Element(2108, 0),
        ),
    )
    total = items * 4990_00
    return [
        *[line] * items,
        Element(1021, "Иванова А. А."),
        Element(1054, 1),
        Element(1055, 1),
        Element(1020, total),
        Element(1031, total),
        *(Element(tag, 0) for tag in (1081, 1215, 1216, 1217)),
        Element(1105, total),
    ]


def per_call(work: Callable[[], object]) -> float:
    started = perf_counter()
    for _ in range(PER_ROUND):
        work()
    return (perf_counter() - started) / PER_ROUND * 1e6


def measure(items: int) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        storage, bare = Storage(one), Storage(two)
        at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        drive = FiscalDrive(storage, now=lambda: at, rng=random.Random(1), ffd=FfdVersion.V1_2)
        drive.commit(DocumentCode.SHIFT_OPEN)
        body = receipt(items)
        kept = drive.commit(DocumentCode.RECEIPT, body)
        state = storage.get("drive")
        number = 0

        def row() -> None:
            nonlocal number
            number += 1
            with bare.transaction():
                bare.execute("insert into documents values ('x', ?, 3, 0, 0, 0, 0, 0, 0, ?, null)", (number, kept.tlv))
                bare.put("drive", state)

        rounds = [(per_call(lambda: drive.commit(DocumentCode.RECEIPT, body)), per_call(row)) for _ in range(ROUNDS)]
        made, stored = (median(column) for column in zip(*rounds, strict=True))
        print(
            f"{items:2} item(s), {len(kept.tlv)} bytes: commit {made:6.1f} us, bare transaction {stored:6.1f} us, "
            f"ratio {made / stored:.2f}"
        )
        storage.close()
        bare.close()


if __name__ == "__main__":
    for count in (1, 5, 20):
        measure(count)
