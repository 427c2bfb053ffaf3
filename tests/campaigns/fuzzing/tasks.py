"""Targets of JSON that programs send in a vendor's manner."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from receipts_made import a_correction, a_full_receipt, a_receipt

from fuzzing.target import Target
from protocols.atol_web import receipts, text
from protocols.atol_web.receipts import TaskFaults
from protocols.atol_web.text import NotJson
from protocols.atol_web.writing import task_of
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt

_ZONE = ZoneInfo("Europe/Moscow")


def _decode(data: bytes) -> Receipt:
    return receipts.to_receipt(receipts.parse(text.read(data)), zone=_ZONE)


def _written(receipt: Receipt, ffd: FfdVersion = FfdVersion.V1_2) -> bytes:
    planned = dict.fromkeys(range(len(receipt.items)), 1)
    return text.write(task_of(receipt, ffd, zone=_ZONE, planned=planned))


TARGETS = (
    Target(
        "atol_task",
        _decode,
        (text.read, receipts.parse, receipts.to_receipt),
        (NotJson, TaskFaults),
        inverse=_written,
        seeds=lambda: [
            _written(made, ffd) for made in (a_full_receipt(), a_receipt(), a_correction()) for ffd in FfdVersion
        ],
    ),
)
