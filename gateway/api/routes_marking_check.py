"""May these units be sold? Permit mode, fiscal drive and marking server asked before there is a receipt.

And permit mode itself: who is asked, how they are, and emergency sale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, ValidationError

from devices.errors import GatewayError
from devices.registers.base import CodeCheck
from devices.registers.marking import ANSWER_FAULTS, LOCAL_REASONS, REASONS
from gateway.api import answers
from gateway.api.codes import code_object
from gateway.api.context import Context
from gateway.api.order_checks import verdicts
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import no_query
from gateway.marking.permit import Verdict
from gateway.receipts.crosschecks import amount_faults
from gateway.receipts.fault_codes import hint_of
from gateway.receipts.faults import BodyFaults, from_pydantic, merged
from gateway.receipts.schema import Model
from gateway.receipts.values import (
    Flag,
    Fraction,
    Money,
    Name,
    Quantity,
    ScannedBytes,
    ScannedText,
    Text128,
    Text256,
    marking_code,
    whole,
)
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.lines import unit_fault
from protocols.marking import Code, CodeError

#: A document holds no more codes.
MOST = 128
#: Seconds within which the drive must answer about one code: it asks the marking server over the register's own line.
DRIVE_SECONDS = 20.0


#: What may become of a unit.
Deal = Literal["sell", "sell_refund", "buy", "buy_refund"]


class CheckedBody(Model):
    """One code as text (GS = U+001D) or bytes, and as much of its receipt's line as is known already.

    `price` of one unit, `operation`, and how much of the unit moves: quantity and measure, or a fraction of a piece.
    """

    code: ScannedText | None = None
    code_base64: ScannedBytes | None = None
    price: Money | None = None
    operation: Deal | None = None
    quantity: Quantity = Decimal(1)
    measure: Measure = Measure.PIECE
    numerator: Fraction | None = None
    denominator: Fraction | None = None


#: Keys that say something about one code, so that they have no place beside `items`.
_OF_ONE = frozenset(CheckedBody.model_fields) - {"operation"}


class CheckBody(CheckedBody):
    """One code, or `items`; `operation` is theirs where they name none ("sell" where nobody does).

    `drive`: whether the register is asked too; by itself about one code only.
    """

    items: Annotated[list[CheckedBody], Field(min_length=1, max_length=MOST)] | None = None
    register_name: Name | None = Field(default=None, alias="register")
    drive: Flag | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What is asked: a code, or why there is none, and what becomes of it."""

    code: Code | CodeError
    operation: Operation
    body: CheckedBody

    @property
    def fraction(self) -> tuple[int, int] | None:
        part, whole = self.body.numerator, self.body.denominator
        return None if part is None or whole is None else (part, whole)


class EmergencyBody(Model):
    """Sell without an answer for so many minutes; 0 ends it. `by` is the person who orders it, `why` the reason."""

    minutes: Annotated[int, whole(0, 1440)]
    by: Text128
    why: Text256


async def check(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Verdicts on one code, or on the codes of a receipt to be."""
    no_query(request)
    body = _accepted(await read_json(request))
    lines: Sequence[CheckedBody] = [body] if body.items is None else body.items
    units = [Unit(_read(line), Operation[(line.operation or body.operation or "sell").upper()], line) for line in lines]
    single, first = body.items is None, units[0].code
    if single and isinstance(first, CodeError):
        pointer = "/code" if body.code is not None else "/code_base64"
        raise BodyFaults([Fault(pointer, first.code, first.detail, first.hint)])
    found = await _verdicts(context, body, units, with_drive=single if body.drive is None else body.drive)
    return answers.json_answer(found[0] if single else {"items": found})


async def _verdicts(
    context: Context, body: CheckBody, units: Sequence[Unit], *, with_drive: bool
) -> list[dict[str, Any]]:
    register = body.register_name or context.shop.default_register
    if register is not None and register not in context.shop.registers:
        raise BodyFaults([Fault("/register", "register_unknown", f"no register is called {register!r}")])
    said, drives = await asyncio.gather(
        _permit(context, units, register), _drives(context, units, register if with_drive else None)
    )
    return [
        {
            "code": code_object(unit.code) if isinstance(unit.code, Code) else None,
            "fault": _told(unit.code) if isinstance(unit.code, CodeError) else None,
            "permit": None if verdict is None else permit_object(verdict),
            **drive,
        }
        for unit, verdict, drive in zip(units, said, drives, strict=True)
    ]


async def _permit(context: Context, units: Sequence[Unit], register: str | None) -> list[Verdict | None]:
    if context.shop.permit is None:
        return [None] * len(units)
    said = await verdicts(context, [(unit.code, unit.body.price, unit.operation) for unit in units], register)
    return [verdict for _, verdict in said]


async def _drives(context: Context, units: Sequence[Unit], register: str | None) -> list[dict[str, Any]]:
    """One question to the register a code, so that receipts go between them."""
    found: list[dict[str, Any]] = []
    for unit in units:
        if register is None or not isinstance(unit.code, Code):
            found.append({"drive": None, "oism": None})
            continue
        try:
            said = await context.shop.check_code(
                register,
                unit.code.raw,
                operation=unit.operation,
                measure=unit.body.measure,
                quantity=unit.body.quantity,
                fraction=unit.fraction,
                seconds=DRIVE_SECONDS,
            )
        except GatewayError as error:
            found.append({"drive": _unasked(error), "oism": None})
        else:
            found.append({"drive": drive_object(said), "oism": oism_object(said)})
    return found


def _told(error: GatewayError | CodeError) -> dict[str, str]:
    return {"code": error.code, "detail": error.detail, "hint": error.hint}


def _unasked(error: GatewayError) -> dict[str, Any]:
    return {"result": None, "flags": None, "reason": None, "local": None, "kind": None, "error": _told(error)}


def drive_object(check: CodeCheck) -> dict[str, Any]:
    """What the fiscal drive says: tag 2106 with its letter, 2004 and 2100."""
    row = REASONS.get(check.reason)
    local = None
    if check.local is not None and check.local_reason is not None:
        why = _words(LOCAL_REASONS, check.local_reason)
        local = {"flags": check.local, "reason": check.local_reason, "detail": why}
    return {
        "result": check.result,
        "flags": check.flags,
        "reason": None if row is None else {"code": row.code, "detail": row.detail, "hint": row.hint},
        "local": local,
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
    try:
        body = EmergencyBody.model_validate(await read_json(request))
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error
    if context.shop.orders is None:
        raise Problem("permit_off", "permit mode is off, so there is nothing to suspend")
    order = await context.shop.orders.give(body.minutes, body.by, body.why)
    return answers.json_answer({"emergency": None if order is None else asdict(order)})


def _accepted(raw: object) -> CheckBody:
    faults = list(_cross_checks(raw)) if isinstance(raw, dict) else []
    try:
        body = CheckBody.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(merged(from_pydantic(error), faults)) from error
    if faults:
        raise BodyFaults(faults)
    return body


def _cross_checks(raw: dict[str, Any]) -> Iterator[Fault]:
    items = raw.get("items")
    if items is None:
        yield from _line_faults(raw, "")
        return
    if any(raw.get(name) is not None for name in _OF_ONE):
        yield Fault("/items", "marking_code_choice", "either one code or `items`")
    for place, one in enumerate(items if isinstance(items, list) else ()):
        if isinstance(one, dict):
            yield from _line_faults(one, f"/items/{place}")


def _line_faults(line: dict[str, Any], place: str) -> Iterator[Fault]:
    missing = line.get("code") is None
    if missing == (line.get("code_base64") is None):
        code = "required" if missing else "marking_code_choice"
        yield Fault(f"{place}/code", code, "give either `code` or `code_base64`")
    yield from amount_faults(line, place, line, place)


def _read(body: CheckedBody) -> Code | CodeError:
    """The unit that a receipt would sell, or why it would not."""
    try:
        code = marking_code(body.code if body.code is not None else body.code_base64 or b"")
    except CodeError as error:
        return error
    fault = unit_fault("", code)
    return code if fault is None else CodeError(fault.code, fault.message, hint_of(fault))
