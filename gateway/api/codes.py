"""Marking codes as callers see them, wherever they were read: on pictures, by scanners, from text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from protocols.ffd.arithmetic import rubles
from protocols.marking import Code, Warning_


def code_object(code: Code) -> dict[str, Any]:
    """The object of `decode --json` (design.md): `raw` as text with GS as U+001D, prices in roubles, weights in kg."""
    return {
        "raw": code.text,
        "symbology": code.symbology,
        "kind": str(code.kind),
        "gtin": code.gtin,
        "serial": code.serial,
        "cis": code.cis,
        "mrp": None if code.mrp is None else rubles(code.mrp),
        "weight": None if code.weight is None else str(code.weight),
        "warnings": [_warning(one) for one in code.warnings],
    }


def codes_object(codes: Iterable[Code], warnings: Sequence[Warning_] = ()) -> dict[str, Any]:
    """What `decode` answers; `warnings` are there when the picture may hold more than its codes."""
    told: dict[str, Any] = {"codes": [code_object(code) for code in codes]}
    return {**told, "warnings": [_warning(one) for one in warnings]} if warnings else told


def _warning(one: Warning_) -> dict[str, str]:
    return {"code": one.code, "detail": one.detail, "hint": one.hint}
