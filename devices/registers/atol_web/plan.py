"""A receipt as the task that makes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devices.registers.atol_web.marking import Checked
from devices.registers.base import Identity
from protocols.atol_web.writing import task_of
from protocols.ffd.receipt import Receipt


def receipt_task(receipt: Receipt, identity: Identity, checked: Checked) -> dict[str, Any]:
    """Of a receipt that has no faults (`registers.atol_web.faults`).

    A receipt of the Internet names its place, which the server wants: that of the registration, which the register
    would write itself.
    """
    if receipt.internet and not receipt.place:
        receipt = replace(receipt, place=identity.place)
    if receipt.taxation is None:
        receipt = replace(receipt, taxation=next(iter(identity.taxations)))
    return task_of(receipt, identity.ffd, planned=checked.planned, checks=checked.results)
