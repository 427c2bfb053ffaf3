"""Bodies of `POST /api/v1/registers/{name}/{action}`: their schema and the normal form that the job carries.

The normal form holds `action` and `register` besides the caller's fields, so that one key cannot stand for two
different things.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from gateway.jobs.model import JobKind
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import CashierBody, Model
from gateway.receipts.values import Key, Minutes, Moment, Money, PaperLine


class ActionBody(Model):
    """An action that needs nothing but its key."""

    id: Key | None = None


class CashierAction(ActionBody):
    """Opening and closing a shift, the X report: who stands at the till (configuration's cashier when left out)."""

    cashier: CashierBody | None = None


class CashAction(CashierAction):
    """Cash put into the drawer or taken out."""

    sum: Money


class TextAction(ActionBody):
    """Unfiscal lines."""

    lines: Annotated[list[PaperLine], Field(min_length=1, max_length=200)]


class ClockAction(ActionBody):
    """The register's clock: now, unless a moment is given."""

    datetime: Moment | None = None


class ReleaseAction(ActionBody):
    """Give the port away to a vendor's tool for so many minutes; 0 takes it back."""

    minutes: Minutes = 10


ACTIONS: Mapping[JobKind, type[ActionBody]] = {
    JobKind.OPEN_SHIFT: CashierAction,
    JobKind.CLOSE_SHIFT: CashierAction,
    JobKind.X_REPORT: CashierAction,
    JobKind.CASH_IN: CashAction,
    JobKind.CASH_OUT: CashAction,
    JobKind.OPEN_DRAWER: ActionBody,
    JobKind.PRINT_TEXT: TextAction,
    JobKind.SET_CLOCK: ClockAction,
    JobKind.RECOVER: ActionBody,
    JobKind.DIAGNOSE: ActionBody,
    JobKind.RELEASE: ReleaseAction,
}


def accept_action(kind: JobKind, register: str, raw: Any) -> str:
    """Canonical JSON of a checked action body; BodyFaults otherwise."""
    try:
        body = ACTIONS[kind].model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error
    fields = body.model_dump(mode="json", exclude_none=True, exclude={"id"})
    return json.dumps({"action": str(kind), "register": register, **fields}, ensure_ascii=False, separators=(",", ":"))
