"""May these units be sold? Permit mode, fiscal drive and marking server asked before there is a receipt.

And permit mode itself: who is asked, how they are, and emergency sale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, ValidationError

from devices.errors import GatewayError
from devices.registers.base import CodeCheck
from devices.registers.marking import ANSWER_FAULTS, LOCAL_REASONS, REASONS
from gateway.api import answers
from gateway.api.codes import code_object
from gateway.api.context import Context
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import no_query
from gateway.jobs import permit
from gateway.marking.permit import Verdict
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import Model
from gateway.receipts.values import Flag, MarkingBytes, Money, Name, Text128, Text256, whole
from protocols.ffd.enums import Operation
from protocols.ffd.faults import Fault
from protocols.marking import Code, CodeError, parse

#: A document holds no more codes.
MOST = 128
#: Seconds within which the drive must answer about one code: it asks the marking server over the register's own line.
DRIVE_SECONDS = 20.0
_FRESH_DRIVE = ""  # the number of a drive that was never seen


class CheckedBody(Model):
    """One code as text (GS = U+001D) or bytes, and the price of one unit where it is known."""

    code: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    code_base64: MarkingBytes | None = None
    price: Money | None = None


class CheckBody(CheckedBody):
    """One code, or `items`. `drive`: whether the register is asked too; by itself about one code only."""

    items: Annotated[list[CheckedBody], Field(min_length=1, max_length=MOST)] | None = None
    register_name: Name | None = Field(default=None, alias="register")
    operation: Literal["sell", "sell_refund"] = "sell"
    drive: Flag | None = None


class EmergencyBody(Model):
    """Sell without an answer for so many minutes; 0 ends it. `by` is the person who orders it, `why` the reason."""

    minutes: Annotated[int, whole(0, 1440)]
    by: Text128
    why: Text256


async def check(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Verdicts on one code, or on the codes of a receipt to be."""
    no_query(request)
    body = _checked_body(CheckBody, await read_json(request))
    assert isinstance(body, CheckBody)
    single = body.items is None
    asked: Sequence[CheckedBody] = [body] if body.items is None else body.items
    faults = [fault for place, one in enumerate(asked) for fault in _faults(one, "" if single else f"/items/{place}")]
    if not single and {"code", "code_base64", "price"} & body.model_fields_set:
        faults.append(Fault("/items", "marking_code_choice", "either one code or `items`"))
    if faults:
        raise BodyFaults(faults)
    read = [_read(one) for one in asked]
    first = read[0]
    if single and isinstance(first, CodeError):
        pointer = "/code" if body.code is not None else "/code_base64"
        raise BodyFaults([Fault(pointer, first.code, first.detail, first.hint)])
    found = await _verdicts(context, body, asked, read, with_drive=single if body.drive is None else body.drive)
    return answers.json_answer(found[0] if single else {"items": found})


async def _verdicts(
    context: Context,
    body: CheckBody,
    asked: Sequence[CheckedBody],
    read: Sequence[Code | CodeError],
    *,
    with_drive: bool,
) -> list[dict[str, Any]]:
    register = body.register_name or context.shop.default_register
    if register is not None and register not in context.shop.registers:
        raise BodyFaults([Fault("/register", "register_unknown", f"no register is called {register!r}")])
    operation = Operation[body.operation.upper()]
    said, drives = await asyncio.gather(
        _permit(context, asked, read, register, operation),
        _drives(context, read, register if with_drive else None, operation),
    )
    return [
        {
            "code": code_object(code) if isinstance(code, Code) else None,
            "fault": None if isinstance(code, Code) else {"code": code.code, "detail": code.detail, "hint": code.hint},
            "permit": None if verdict is None else permit_object(verdict),
            **drive,
        }
        for code, verdict, drive in zip(read, said, drives, strict=True)
    ]


async def _permit(
    context: Context,
    asked: Sequence[CheckedBody],
    read: Sequence[Code | CodeError],
    register: str | None,
    operation: Operation,
) -> list[Verdict | None]:
    shop = context.shop
    if shop.permit is None:
        return [None] * len(asked)
    snapshot = None if register is None else shop.registers[register].snapshot
    fn = _FRESH_DRIVE if snapshot is None or snapshot.identity is None else snapshot.identity.fn
    now = context.now()
    local = now if register is None else now.astimezone(shop.registers[register].settings.zone)
    said = await permit.checked(
        shop.permit,
        [(code, one.price) for code, one in zip(read, asked, strict=True)],
        operation=operation,
        fn=fn,
        now=local,
    )
    await shop.journal.keep_verdicts(
        [
            permit.record(
                verdict, code, at=now.astimezone(UTC), register=register or "", fn=fn, job_id=None, item=place
            )
            for place, (code, verdict) in enumerate(said)
        ]
    )
    return [verdict for _, verdict in said]


async def _drives(
    context: Context, read: Sequence[Code | CodeError], register: str | None, operation: Operation
) -> list[dict[str, Any]]:
    """One question to the register a code, so that receipts go between them."""
    found: list[dict[str, Any]] = []
    for code in read:
        if register is None or not isinstance(code, Code):
            found.append({"drive": None, "oism": None})
            continue
        try:
            said = await context.shop.check_code(register, code.raw, operation, seconds=DRIVE_SECONDS)
        except GatewayError as error:
            found.append({"drive": _unasked(error), "oism": None})
        else:
            found.append({"drive": drive_object(said), "oism": oism_object(said)})
    return found


def _unasked(error: GatewayError) -> dict[str, Any]:
    told = {"code": error.code, "detail": error.detail, "hint": error.hint}
    return {"result": None, "flags": None, "reason": None, "local": None, "kind": None, "error": told}


def drive_object(check: CodeCheck) -> dict[str, Any]:
    """What the fiscal drive says: tag 2106 with its letter, 2004 and 2100."""
    row, why = REASONS.get(check.reason), _words(LOCAL_REASONS, check.local_reason)
    return {
        "result": check.result,
        "flags": check.flags,
        "reason": None if row is None else {"code": row.code, "detail": row.detail, "hint": row.hint},
        "local": {
            "flags": check.local,
            "reason": check.local_reason,
            "detail": why,
        },
        "kind": check.kind,
        "error": None,
    }


def oism_object(check: CodeCheck) -> dict[str, Any] | None:
    """What the marking server says: 2105, 2005 and 2109; None where it was not asked or did not answer."""
    if check.processed is None and check.server is None and check.status is None and not check.fault:
        return None
    return {
        "processed": check.processed,
        "result": check.server,
        "status": check.status,
        "fault": None if not check.fault else _words(ANSWER_FAULTS, check.fault),
    }


def _words(table: Mapping[int, str], number: int) -> str:
    return table.get(number, f"number {number}")


def permit_object(verdict: Verdict) -> dict[str, Any]:
    """A verdict of permit mode; `requisite` is tag 1265 of the receipt that sells the unit now."""
    return {
        "allowed": verdict.allowed,
        "reason": verdict.reason,
        "source": str(verdict.source),
        "detail": verdict.detail,
        "hint": verdict.hint,
        "requisite": None if verdict.industry is None else verdict.industry.value,
    }


async def state(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Who is asked and how they are; `enabled` false where permit mode is off."""
    no_query(request)
    known = context.shop.permit
    if known is None:
        return answers.json_answer({"enabled": False, "services": {}, "emergency": None})
    return answers.json_answer({"enabled": True, **answers.plain(known.state())})


async def emergency(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """A person's order to sell what nobody answers about."""
    no_query(request)
    body = _checked_body(EmergencyBody, await read_json(request))
    assert isinstance(body, EmergencyBody)
    if context.shop.orders is None:
        raise Problem("permit_off", "permit mode is off, so there is nothing to suspend")
    order = await context.shop.orders.give(body.minutes, body.by, body.why)
    return answers.json_answer({"emergency": None if order is None else asdict(order)})


def _checked_body(model: type[Model], raw: object) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error


def _faults(body: CheckedBody, place: str) -> list[Fault]:
    missing = body.code is None
    if missing == (body.code_base64 is None):
        code = "required" if missing else "marking_code_choice"
        return [Fault(f"{place}/code", code, "give either `code` or `code_base64`")]
    return []


def _read(body: CheckedBody) -> Code | CodeError:
    try:
        return parse(body.code if body.code is not None else body.code_base64 or b"")
    except CodeError as error:
        return error
