"""`/openapi.json`: OpenAPI 3.1 from the route table and the schema's models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api.query import MAX_WAIT
from gateway.api.schemas import SCHEMAS
from gateway.api.table import Route

_PARAMETER = re.compile(r"\{([a-z]+)\}")
_KEY = {"type": "string", "pattern": r"^[A-Za-z0-9._:-]{1,128}$"}
_MOMENT = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}

_STATUSES = {
    200: "Fine; a key already done is answered from the journal, a failed job has `state` failed and `error`",
    201: "Done: the document exists",
    202: "Accepted and on disk, not final yet; ask `Location` again",
    404: "There is no such thing",
    409: "The key or the state says otherwise",
    422: "Faults by JSON pointer, all at once",
    503: "Not now; try again after `Retry-After` with the same key",
}
_REFUSALS = {401: "Token missing or wrong", 403: "Origin or scope"}
_BODY_REFUSALS = {400: "Broken JSON", 413: "More than 1 MiB (of a picture 16 MiB)", 415: "Not application/json"}

_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"picture": _BINARY}, "required": ["picture"]}
_UPLOADS = {
    "multipart/form-data": {"schema": _FORM},
    "application/octet-stream": {"schema": _BINARY},
    "image/*": {"schema": _BINARY},
}

_QUERY: dict[str, dict[str, Any]] = {
    "wait": {
        "description": "Hold the answer so many seconds",
        "schema": {"type": "number", "minimum": 0, "maximum": MAX_WAIT},
    },
    "dry_run": {"description": "Validate and draw only", "schema": {"enum": ["0", "1", "true", "false"]}},
    "order": {"schema": {"type": "string"}},
    "register": {"schema": {"type": "string"}},
    "state": {"schema": {"$ref": "#/components/schemas/State"}},
    "from": {"description": "Accepted at or after (ISO 8601)", "schema": _MOMENT},
    "to": {"description": "Accepted before (ISO 8601)", "schema": _MOMENT},
    "cursor": {"description": "`next` of the page before", "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"}},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
    "after_number": {"description": "Orders beyond this number", "schema": {"type": "string"}},
    "attention": {"description": "Only what a person should look at", "schema": {"enum": ["0", "1", "true", "false"]}},
    "after": {"description": "Documents beyond this number", "schema": {"type": "integer", "minimum": 0}},
    "details": {
        "description": "The device's bytes too, in words, and advice",
        "schema": {"enum": ["0", "1", "true", "false"]},
    },
    "last_event_id": {"description": "As the Last-Event-ID header", "schema": {"type": "string"}},
}


def document(table: Sequence[Route], version: str) -> dict[str, Any]:
    """The whole document."""
    bodies = tuple({route.body for route in table if route.body is not None})
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fiscal-gateway",
            "version": version,
            "description": "Exactly-once fiscal receipts: post under a key of your own, read what became of it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **_models(frozenset(bodies))},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def _models(bodies: frozenset[type[BaseModel]]) -> dict[str, Any]:
    ordered = sorted(bodies, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    definitions = found.get("$defs", {})
    assert isinstance(definitions, dict)
    return definitions


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "x-scope": route.scope,
        "security": [] if route.scope is None else [{"token": []}],
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.body is not None:
        schema = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        # Who gives the key as a header may have nothing else to say; the others are told by their body alone.
        needed = not route.keyed or any(field.is_required() for field in route.body.model_fields.values())
        content = {"application/json": {"schema": schema}, **(_UPLOADS if route.uploads else {})}
        operation["requestBody"] = {"required": needed, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", route.path.removeprefix("/api/v1")).strip("_")
    return f"{route.method.lower()}_{words}"


def _tag(path: str) -> str:
    return path.removeprefix("/api/v1/").strip("/").partition("/")[0]


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _KEY if name == "id" else {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    found += [{"name": name, "in": "query", "required": False, **_QUERY[name]} for name in route.query]
    if route.keyed:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The caller's key; or `id` in the body, equal if both are given",
                "schema": _KEY,
            }
        )
    return found


def _responses(route: Route) -> dict[str, Any]:
    found = {str(status): _response(status, schema, route.media) for status, schema in route.answers.items()}
    refusals = dict(_REFUSALS) if route.scope is not None else {}
    if route.method == "POST":
        refusals |= _BODY_REFUSALS
    found |= {str(status): _problem(text) for status, text in refusals.items()}
    # Host, method, time-outs, a failing disk: any call may be refused for reasons that are not its own.
    return {**dict(sorted(found.items())), "default": _problem("Any other refusal")}


def _response(status: int, schema: str, media: str) -> dict[str, Any]:
    if schema == "Problem":
        return _problem(_STATUSES[status])
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}} if schema else {}
    return {"description": _STATUSES[status], "content": {media: content}}


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}
