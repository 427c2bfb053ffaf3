"""Accepting a body: checked whole, brought into its normal form, hashed.

The normal form is JSON in the schema's field order with money as two-place strings, quantities without trailing
zeros, defaults and what can be computed left out; its SHA-256 tells "the same receipt again" from "another receipt
under the same key". The key and the register are no part of it: they have columns of their own in the journal.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from devices.registers.base import Warn
from gateway.receipts import size
from gateway.receipts.crosschecks import cross_checks, surely_fine
from gateway.receipts.faults import MAX_FAULTS, BodyFaults, from_pydantic, merged
from gateway.receipts.schema import CorrectionReceiptBody, ReceiptBody
from gateway.receipts.text import replacements
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.characters import fits
from protocols.marking import CodeError, parse

_CODES = frozenset({"code", "code_base64"})
_COLUMNS = {"id", "register_name", "total"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A body without faults, its normal form and the form's hex SHA-256."""

    body: ReceiptBody
    canonical: str
    digest: str


def accept(raw: Any, now: Callable[[], datetime], *, correction: bool = False) -> Accepted:
    """Check and normalise parsed JSON (numbers with a point as Decimal). BodyFaults lists all that is wrong."""
    model = CorrectionReceiptBody if correction else ReceiptBody
    try:
        # `model_validate` does the same and costs a Python call more; so does `model_dump_json` below.
        body: ReceiptBody = model.__pydantic_validator__.validate_python(raw)
    except ValidationError as error:
        raise BodyFaults(merged(from_pydantic(error), cross_checks(raw, now().date()))) from error
    if not surely_fine(body):
        faults = cross_checks(raw, now().date())
        if faults:
            raise BodyFaults(faults[:MAX_FAULTS])
    canonical = normal_form(body)
    if len(canonical) > size.SURELY_FITS:
        faults = size.check(body)
        if faults:
            raise BodyFaults(faults)
    return Accepted(body, canonical, digest_of(canonical))


def normal_form(body: ReceiptBody) -> str:
    """Canonical JSON of a checked body."""
    for item in body.items:
        if item.sum is not None and item.sum == line_sum(item.price, item.quantity):
            item.sum = None
    if body.operation.endswith("_correction"):
        body.operation = body.operation.removesuffix("_correction")  # type: ignore[assignment]
    serializer = type(body).__pydantic_serializer__
    return serializer.to_json(body, by_alias=True, exclude_defaults=True, exclude=_COLUMNS).decode()


def digest_of(canonical: str) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def text_warnings(canonical: str) -> list[Warn]:
    """What of an accepted body is not as it came or looks odd: texts that the character table changed, marking codes.

    Nothing, and quickly so, for the common case.
    """
    marked = '"marking":' in canonical
    if not marked and fits(canonical):
        return []
    body = json.loads(canonical)
    texts = [
        Warn(
            code="text_replaced",
            detail=f"{pointer}: the register lacks {characters}; the nearest characters were printed",
            hint="Часть символов заменена на похожие: в кассе таких нет.",
        )
        for pointer, characters in replacements(body)
    ]
    return texts + (list(_code_warnings(body["items"])) if marked else [])


def _code_warnings(items: list[dict[str, Any]]) -> Iterator[Warn]:
    for index, item in enumerate(items):
        marking = item.get("marking", {})
        for key, given in marking.items():
            if key not in _CODES:
                continue
            try:
                code = parse(base64.b64decode(given) if key == "code_base64" else given)
            except CodeError:  # accepted by an earlier version; what became of it is told by the job
                continue
            for odd in code.warnings:
                yield Warn(code=odd.code, detail=f"/items/{index}/marking/{key}: {odd.detail}", hint=odd.hint)
