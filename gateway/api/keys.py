"""Idempotency keys: the header or `id` in the body, equal if both are given."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from protocols.ffd.faults import Fault

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}").fullmatch
HEADER = "Idempotency-Key"


def is_key(value: str) -> bool:
    """Whether a path segment can be a key at all."""
    return _KEY(value) is not None


def job_key(request: web.BaseRequest, fields: dict[str, Any], faults: list[Fault], *, required: bool = True) -> str:
    """The key, "" when there is none; what is wrong goes to `faults` (the body's own `id` is the schema's matter)."""
    header = request.headers.get(HEADER)
    body = fields.get("id")
    if header is None:
        if body is None and required:
            faults.append(Fault("/id", "key_required", f"give {HEADER} in the header or id in the body"))
        return body if isinstance(body, str) else ""
    # The IETF draft writes the key as a quoted string.
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    if _KEY(key) is None:
        faults.append(Fault("/id", "key_format", f"{HEADER}: 1 to 128 characters of A-Z a-z 0-9 . _ : -"))
    elif body is not None and body != key:
        faults.append(Fault("/id", "key_mismatch", f"{HEADER} and id in the body differ"))
    return key
