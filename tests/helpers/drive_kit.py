"""A drive on a clock that tests move, and bodies of documents as a register would send them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from emulator.fiscal_drive import FiscalDrive
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element

MOSCOW = timezone(timedelta(hours=3))
START = datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW)
CASHIER = Element(1021, "Иванова А. А.")
#: What an item sold by its code has.
CODE_TAGS = (Element(1163, (Element(1305, "010460000000001521ABC"),)), Element(2102, 0), Element(2106, 15))


class HandClock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        self.at += timedelta(**delta)


def make_drive(
    ffd: FfdVersion | None = FfdVersion.V1_2,
    *,
    storage: Storage | Path | None = None,
    clock: HandClock | None = None,
    **more: Any,
) -> tuple[FiscalDrive, HandClock]:
    """A fiscalised drive and its clock."""
    clock = clock or HandClock()
    if not isinstance(storage, Storage):
        storage = Storage(storage)
    return FiscalDrive(storage, now=clock, rng=random.Random(7), ffd=ffd, **more), clock


def item(total: int, *, kind: int = 1, ffd: FfdVersion = FfdVersion.V1_2) -> Element:
    parts = (
        Element(1030, "Булка"),
        Element(1079, total),
        Element(1023, Decimal(1)),
        Element(1043, total),
        Element(1199, 6),
        Element(1212, kind),
        Element(1214, 4),
    )
    if ffd is FfdVersion.V1_2:
        parts += (Element(2108, 0),)
    return Element(1059, (*parts, *CODE_TAGS) if kind in {31, 33} else parts)


def receipt(
    cash: int = 100_00,
    electronic: int = 0,
    *,
    operation: int = 1,
    taxation: int = 1,
    kind: int = 1,
    ffd: FfdVersion = FfdVersion.V1_2,
) -> list[Element]:
    """A receipt of one untaxed item, without the tags of the drive."""
    total = cash + electronic
    return [
        item(total, kind=kind, ffd=ffd),
        CASHIER,
        Element(1054, operation),
        Element(1055, taxation),
        Element(1020, total),
        Element(1031, cash),
        Element(1081, electronic),
        Element(1215, 0),
        Element(1216, 0),
        Element(1217, 0),
        Element(1105, total),
    ]


def correction(cash: int = 50_00, *, operation: int = 1, ffd: FfdVersion = FfdVersion.V1_2) -> list[Element]:
    """A correction, self-made, of a sum in cash."""
    reason = Element(1174, (Element(1178, datetime(2026, 3, 1)),))
    return [*receipt(cash, operation=operation, ffd=ffd), Element(1173, 0), reason]


def open_shift(drive: FiscalDrive) -> None:
    drive.commit(DocumentCode.SHIFT_OPEN, [CASHIER])


def close_shift(drive: FiscalDrive) -> None:
    drive.commit(DocumentCode.SHIFT_CLOSE, [CASHIER])
