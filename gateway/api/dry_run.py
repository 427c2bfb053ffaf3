"""`?dry_run=1`: the document that would be made and its picture; nothing is kept, nothing is printed."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from devices.registers.base import Warn
from gateway.api import answers, papers
from gateway.api.context import Context
from gateway.jobs.task import with_defaults
from gateway.receipts.convert import to_receipt
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import Accepted, text_warnings
from protocols.ffd.arithmetic import rubles
from protocols.ffd.rules import left_out
from protocols.ffd.tree import to_json


async def dry_run(context: Context, key: str, register: str, checked: Accepted) -> web.Response:
    """The answer of a dry run; BodyFaults as `rendered`."""
    return answers.json_answer(await rendered(context, key, register, checked))


async def rendered(
    context: Context, key: str, register: str, checked: Accepted, *, bind: bool = True
) -> dict[str, Any]:
    """A document that nobody makes: tags and paper; BodyFaults when the register, as seen last, cannot make it.

    `bind` False: that is not asked, for the document may be another till's. It lends its looks alone.
    """
    handle = context.shop.registers[register]
    snapshot = handle.snapshot
    ffd = papers.ffd_of(snapshot)
    receipt = with_defaults(to_receipt(checked.body), handle.settings, snapshot.identity)
    faults = handle.faults(receipt) if bind else []
    if faults:
        raise BodyFaults(faults)
    document = papers.draft(receipt, snapshot)
    paper = papers.lines(document, receipt, snapshot)
    picture = await context.pictures.draw(paper, emulated=snapshot.emulated)
    warnings = text_warnings(checked.canonical) + [
        Warn(code=fault.code, detail=f"{fault.pointer}: {fault.message}", hint=fault.hint)
        for fault in left_out(receipt, ffd)
    ]
    assert isinstance(document.value, tuple)
    return {
        "id": key or None,
        "dry_run": True,
        "register": register,
        "emulated": snapshot.emulated,
        "ffd": str(ffd),
        "total": rubles(receipt.total),
        "document": {"document": None, "code": document.tag, "tags": to_json(document.value)},
        "paper": papers.plain_text(paper, emulated=snapshot.emulated),
        "picture": base64.b64encode(picture).decode("ascii"),
        "warnings": [answers.warning_object(warn) for warn in warnings],
    }
