"""JSON Schemas of what the API answers."""

from __future__ import annotations

from typing import Any

from gateway.jobs.model import JobState


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}

_TAG = _object(tag=NUMBER, name=TEXT, type=TEXT, value={}, children=_list({"type": "object"}))

SCHEMAS: dict[str, Any] = {
    "State": {"type": "string", "enum": [str(state) for state in JobState]},
    "Problem": _object(
        type=TEXT,
        title=TEXT,
        status=NUMBER,
        code=TEXT,
        detail=TEXT,
        hint=TEXT,
        errors=_list(_object(pointer=TEXT, code=TEXT, message=TEXT)),
    ),
    "Warning": _object(code=TEXT, detail=TEXT, hint=TEXT),
    "Fiscal": _object(
        fn=TEXT,
        document=NUMBER,
        sign=NUMBER,
        shift=_or_null(NUMBER),
        number=_or_null(NUMBER),
        datetime=MOMENT,
        registration_number=TEXT,
        qr=_or_null(TEXT),
    ),
    "Job": _object(
        id=TEXT,
        state=_ref("State"),
        register=TEXT,
        emulated=FLAG,
        fiscal=_or_null(_ref("Fiscal")),
        marking=_list(_object(item=NUMBER, result=TEXT, flags=NUMBER)),
        warnings=_list(_ref("Warning")),
        error=_or_null(_ref("Warning")),
        action=TEXT,
        result=_or_null({"type": "object"}),
    ),
    "JobList": _object(receipts=_list(_ref("Job")), next=_or_null(TEXT)),
    "Tags": _object(document=NUMBER, code=NUMBER, tags=_list(_TAG)),
    "Trace": _object(
        id=TEXT,
        register=TEXT,
        exchanges=_list(_object(at=MOMENT, direction=TEXT, hex=TEXT, explained=TEXT)),
    ),
    "Register": _object(
        name=TEXT,
        family=TEXT,
        link=TEXT,
        emulated=FLAG,
        connected=FLAG,
        released_until=_or_null(MOMENT),
        taken_at=_or_null(MOMENT),
        queued=NUMBER,
        current=_or_null(TEXT),
        problem=_or_null(_ref("Warning")),
        warnings=_list(TEXT),
        state=_or_null({"type": "object"}),
        drive=_or_null({"type": "object"}),
        ofd=_or_null({"type": "object"}),
        identity=_or_null({"type": "object"}),
        capabilities={"type": "object"},
    ),
    "RegisterList": _object(registers=_list(_ref("Register"))),
    "Token": _object(id=TEXT, name=TEXT, scope=TEXT, created_at=MOMENT, revoked_at=_or_null(MOMENT), token=TEXT),
    "TokenList": _object(tokens=_list(_ref("Token"))),
    "Version": _object(name=TEXT, version=TEXT, api=TEXT, emulated=FLAG),
    "Health": _object(status=TEXT, registers={"type": "object"}),
}
