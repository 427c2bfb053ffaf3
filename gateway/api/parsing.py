"""Reading a request's body: size, content type, time and JSON, in this order and never more than needed."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from gateway.api.problems import Problem
from gateway.api.server import room_for

MAX_BODY = 1024 * 1024
MAX_DEPTH = 32
BODY_SECONDS = 20.0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return found


def _constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant).decode


def parse(body: bytes) -> Any:
    """JSON with Decimals; duplicate keys, NaN, deep nesting and anything else that is no JSON are refused."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise Problem("json_invalid", f"the body is nested deeper than {MAX_DEPTH} levels")
    try:
        return _decode(body.decode("utf-8"))
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise Problem("json_invalid", f"the body is not JSON: {str(error)[:200]}") from error


def _depth(body: bytes) -> int:
    """An upper bound of the nesting: brackets inside strings count too, which only rejects what nobody sends."""
    deepest = level = 0
    for byte in body:
        if byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def check_size(request: web.BaseRequest) -> None:
    """413 by the announced length, before a byte of the body is read."""
    length = request.content_length
    if length is not None and length > MAX_BODY:
        raise Problem(
            "body_too_large",
            f"the body has {length} bytes, {MAX_BODY} at most are read",
            headers={"Connection": "close"},
        )


async def read_json(request: web.BaseRequest, *, optional: bool = False) -> Any:
    """The parsed body. With `optional` an absent body is an empty object and needs no content type."""
    check_size(request)
    if optional and not request.body_exists:
        return {}
    kind = request.headers.get("Content-Type", "")
    if kind != "application/json" and kind.partition(";")[0].strip().lower() != "application/json":
        raise Problem("content_type_invalid", f"the content type is {kind or 'missing'!r}, not application/json")
    if (encoding := request.headers.get("Content-Encoding", "identity")).lower() != "identity":
        # A kilobyte of zip may be a gigabyte of nothing; no caller has bodies worth the trouble.
        raise Problem(
            "content_encoding_refused",
            f"the body is encoded as {encoding[:50]!r}; send it as it is",
            headers={"Connection": "close"},
        )
    body = await _read(request)
    if optional and not body:
        return {}
    return parse(body)


async def _read(request: web.BaseRequest) -> bytes:
    try:
        if request.content.is_eof():
            return await request.read()
        size = MAX_BODY if request.content_length is None else request.content_length
        with room_for(request, size):
            async with asyncio.timeout(BODY_SECONDS):
                return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Problem(
            "body_too_large", f"more than {MAX_BODY} bytes were sent", headers={"Connection": "close"}
        ) from error
    except TimeoutError as error:
        raise Problem(
            "request_timeout",
            f"the body was not complete after {BODY_SECONDS:g} seconds",
            headers={"Connection": "close"},
        ) from error
    except web.PayloadAccessError as error:
        raise Problem("body_incomplete", "the connection ended within the body") from error
