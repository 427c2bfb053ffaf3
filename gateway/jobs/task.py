"""A job made ready for its register: the body parsed, what the body leaves out filled in.

What was filled in is the job's `intent`. It goes to disk with the bookmark, so that a document is later looked for as
it was sent, even when the configuration has changed in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from devices.errors import Unmakeable
from devices.registers.base import Identity
from devices.registers.faults import taxation_fault
from gateway.jobs import bodies
from gateway.jobs.model import Job, JobKind
from gateway.jobs.register import RegisterSettings
from gateway.marking.permit import requisite
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import Taxation
from protocols.ffd.receipt import Cashier, Receipt

#: Kinds whose body is a receipt.
RECEIPTS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a register is asked to do."""

    job: Job
    body: Mapping[str, Any]
    shift: str  # "auto" | "manual"
    cashier: Cashier | None
    receipt: Receipt | None
    intent: Mapping[str, Any]
    now: datetime  # when it was made ready, in the register's zone

    @property
    def document(self) -> Receipt:
        """The receipt of a receipt's job."""
        assert self.receipt is not None, "only receipts and corrections have one"
        return self.receipt


def make(job: Job, settings: RegisterSettings, identity: Identity, now: datetime) -> Task:
    """The task of a job that is about to start. Unmakeable where the register cannot know what is meant."""
    body: Mapping[str, Any] = json.loads(job.body)
    receipt = to_receipt(job.body) if job.kind in RECEIPTS else None
    cashier = (receipt.cashier if receipt else bodies.cashier_of(body)) or settings.cashier
    intent: dict[str, Any] = {"cashier": bodies.cashier_body(cashier)}
    if receipt is not None:
        intent["taxation"] = str(receipt.taxation or _only(identity))
    return _task(job, body, receipt, settings, intent, now)


def with_defaults(receipt: Receipt, settings: RegisterSettings, identity: Identity | None) -> Receipt:
    """What the caller left out: the configured cashier, the register's only tax system."""
    if receipt.taxation is None and identity is not None and len(identity.taxations) == 1:
        receipt = replace(receipt, taxation=next(iter(identity.taxations)))
    if receipt.cashier is None and settings.cashier is not None:
        receipt = replace(receipt, cashier=settings.cashier)
    return receipt


def again(job: Job, settings: RegisterSettings, now: datetime) -> Task:
    """The task of a job that was started before, exactly as it was then."""
    body: Mapping[str, Any] = json.loads(job.body)
    receipt = to_receipt(job.body) if job.kind in RECEIPTS else None
    return _task(job, body, receipt, settings, job.intent or {}, now)


def permitted(task: Task, lines: Sequence[Mapping[str, Any]]) -> Task:
    """The task with permit mode's verdicts (`gateway.jobs.permit`) in its intent and tag 1260 on its lines."""
    intent = {**task.intent, "permit": [dict(one) for one in lines]}
    return replace(task, intent=intent, receipt=with_requisites(task.document, intent))


def with_requisites(receipt: Receipt, intent: Mapping[str, Any]) -> Receipt:
    """The receipt as it was sent: tag 1260 on the lines that permit mode answered for."""
    values = {one["item"]: one["value"] for one in intent.get("permit", ()) if "value" in one}
    if not values:
        return receipt
    items = tuple(
        replace(item, industry=(*item.industry, requisite(values[place]))) if place in values else item
        for place, item in enumerate(receipt.items)
    )
    return replace(receipt, items=items)


def _task(
    job: Job,
    body: Mapping[str, Any],
    receipt: Receipt | None,
    settings: RegisterSettings,
    intent: Mapping[str, Any],
    now: datetime,
) -> Task:
    cashier = bodies.cashier_of(intent)
    if receipt is not None:
        receipt = replace(receipt, cashier=cashier, taxation=Taxation[intent["taxation"].upper()])
        receipt = with_requisites(receipt, intent)
    return Task(
        job=job,
        body=body,
        shift=body.get("shift") or settings.shift,
        cashier=cashier,
        receipt=receipt,
        intent=intent,
        now=now.astimezone(settings.zone),
    )


def _only(identity: Identity) -> Taxation:
    fault = taxation_fault(None, identity.taxations)
    if fault is not None:
        raise Unmakeable([fault])
    return next(iter(identity.taxations))
