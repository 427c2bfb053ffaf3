"""JSON Schemas of what the API answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gateway.jobs.model import JobState
from gateway.orders.words import DocumentKind, OrderState
from gateway.scanners import State as ScannerState
from protocols.marking import Kind as CodeKind


def _object(*, optional: Collection[str] = (), **properties: Any) -> dict[str, Any]:
    """Every key is always there but the optional ones, and there is no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


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

TEXTS = _list(TEXT)

_WARNING = _object(code=TEXT, detail=TEXT, hint=TEXT)
_TAG = _object(
    tag=NUMBER,
    name=TEXT,
    type=TEXT,
    value={"type": ["integer", "string"]},
    children=_list(_ref("Tag")),
    optional=("value", "children"),
)
_TAGS = _object(document=_or_null(NUMBER), code=NUMBER, tags=_list(_ref("Tag")))
_PERMIT = {"allowed": FLAG, "reason": TEXT, "source": TEXT, "detail": TEXT, "hint": TEXT}
_ORDER_DOCUMENT = {
    # Nothing makes a correction of an order yet, but who reads its documents must be ready for one.
    "kind": {"type": "string", "enum": [*(str(kind) for kind in DocumentKind), "correction"]},
    "event": TEXT,
    "receipt_id": TEXT,
    "state": {"type": "string", "enum": ["planned", "awaited", *(str(state) for state in JobState)]},
    "total": TEXT,
    "fiscaliser": {"type": "string", "enum": ["local", "bank"]},
    "fiscal": _or_null({"type": "object"}),
    "error": _or_null(_ref("Warning")),
}
_JOB = {
    "id": TEXT,
    "state": _ref("State"),
    "register": TEXT,
    "emulated": FLAG,
    "fiscal": _or_null(_ref("Fiscal")),
    "marking": _list(_ref("MarkingVerdict")),
    "permit": _list(_ref("PermitLine")),
    "units": _list(_object(item=NUMBER, reason=TEXT, detail=TEXT, hint=TEXT)),
    "warnings": _list(_ref("Warning")),
    "error": _or_null(_ref("Warning")),
    "action": TEXT,
    "result": _or_null({"type": "object"}),
}
_OF_ACTIONS = ("action", "result", "permit", "units")

SCHEMAS: dict[str, Any] = {
    "State": {"type": "string", "enum": [str(state) for state in JobState]},
    "Problem": _object(
        type=TEXT,
        title=TEXT,
        status=NUMBER,
        code=TEXT,
        detail=TEXT,
        hint=TEXT,
        errors=_list(_object(pointer=TEXT, code=TEXT, message=TEXT, hint=TEXT)),
    ),
    "Warning": _WARNING,
    "MarkingVerdict": _object(
        item=NUMBER,
        result={"type": "string", "enum": ["M+", "M", "M-"]},
        flags=NUMBER,
        reason=TEXT,
        detail=TEXT,
        hint=TEXT,
        optional=("reason", "detail", "hint"),
    ),
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
    "Job": _object(**_JOB, optional=_OF_ACTIONS),
    "DryRun": _object(
        id=_or_null(TEXT),
        dry_run={"const": True},
        register=TEXT,
        emulated=FLAG,
        ffd=TEXT,
        total=TEXT,
        document=_ref("Tags"),
        paper=TEXT,
        picture={"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
        warnings=_list(_ref("Warning")),
    ),
    "JobOrDryRun": {"anyOf": [_ref("Job"), _ref("DryRun")]},
    "JobLine": _object(
        **_JOB, kind=TEXT, order=_or_null(TEXT), created_at=MOMENT, updated_at=MOMENT, optional=_OF_ACTIONS
    ),
    "JobList": _object(receipts=_list(_ref("JobLine")), next=_or_null(TEXT)),
    "Tag": _TAG,
    "Tags": _TAGS,
    "Trace": _object(
        id=TEXT,
        register=TEXT,
        masked=FLAG,
        exchanges=_list(_object(at=MOMENT, direction=TEXT, hex=TEXT, explained=TEXT)),
    ),
    "RegisterState": _object(
        mode=TEXT,
        shift=TEXT,
        shift_number=NUMBER,
        receipt_number=NUMBER,
        document_open=FLAG,
        paper=TEXT,
        cover_open=FLAG,
        drawer_open=FLAG,
        printing=FLAG,
        clock=MOMENT,
    ),
    "Drive": _object(
        fn=TEXT,
        phase=TEXT,
        last_document=NUMBER,
        last_document_at=_or_null(MOMENT),
        valid_until=_or_null({"type": "string", "format": "date"}),
        days_left=_or_null(NUMBER),
        documents_left=_or_null(NUMBER),
        warnings=TEXTS,
    ),
    "Ofd": _object(
        unsent=NUMBER,
        first_unsent=_or_null(NUMBER),
        first_unsent_at=_or_null(MOMENT),
        connected=FLAG,
        last_contact=TEXT,
    ),
    "Identity": _object(
        model=TEXT,
        serial=TEXT,
        firmware=TEXT,
        registration_number=TEXT,
        inn=TEXT,
        user_name=TEXT,
        address=TEXT,
        place=TEXT,
        ofd_name=TEXT,
        ofd_inn=TEXT,
        internet=FLAG,
        excise=FLAG,
        columns=_or_null(NUMBER),
    ),
    "Capabilities": _object(ffd=_or_null(TEXT), vat=TEXTS, taxation=TEXTS, marking=FLAG, read_back=FLAG, can=TEXTS),
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
        warnings=TEXTS,
        state=_or_null(_ref("RegisterState")),
        drive=_or_null(_ref("Drive")),
        ofd=_or_null(_ref("Ofd")),
        identity=_or_null(_ref("Identity")),
        capabilities=_ref("Capabilities"),
    ),
    "RegisterList": _object(registers=_list(_ref("Register"))),
    "Code": _object(
        raw=TEXT,
        symbology=_or_null(TEXT),
        kind={"type": "string", "enum": [str(kind) for kind in CodeKind]},
        gtin=_or_null(TEXT),
        serial=_or_null(TEXT),
        cis=TEXT,
        mrp=_or_null(TEXT),
        weight=_or_null(TEXT),
        warnings=_list(_ref("Warning")),
    ),
    "Codes": _object(codes=_list(_ref("Code")), warnings=_list(_ref("Warning")), optional=("warnings",)),
    "PermitLine": _object(item=NUMBER, **_PERMIT),
    "PermitVerdict": _object(**_PERMIT, requisite=_or_null(TEXT)),
    "DriveCheck": _object(
        result=_or_null(TEXT),
        flags=_or_null(NUMBER),
        reason=_or_null(_ref("Warning")),
        local=_or_null(_object(flags=NUMBER, reason=NUMBER, detail=TEXT)),
        kind=_or_null(NUMBER),
        error=_or_null(_ref("Warning")),
    ),
    "OismCheck": _object(
        processed=_or_null(NUMBER), result=_or_null(NUMBER), status=_or_null(NUMBER), fault=_or_null(TEXT)
    ),
    "Checked": _object(
        code=_or_null(_ref("Code")),
        fault=_or_null(_ref("Warning")),
        permit=_or_null(_ref("PermitVerdict")),
        drive=_or_null(_ref("DriveCheck")),
        oism=_or_null(_ref("OismCheck")),
    ),
    "CheckedOrList": {"anyOf": [_ref("Checked"), _object(items=_list(_ref("Checked")))]},
    "PermitState": _object(enabled=FLAG, services={"type": "object"}, emergency=_or_null(_ref("EmergencyOrder"))),
    "EmergencyOrder": _object(since=MOMENT, until=MOMENT, by=TEXT, why=TEXT),
    "Emergency": _object(emergency=_or_null(_ref("EmergencyOrder"))),
    "Scan": _object(
        id=NUMBER,
        scanner=TEXT,
        at=MOMENT,
        symbology=_or_null(TEXT),
        raw_base64={"type": "string", "contentEncoding": "base64"},
        code=_or_null(_ref("Code")),
        fault=_or_null(_ref("Warning")),
        notes=_list(_ref("Warning")),
    ),
    "Order": _object(
        number=TEXT,
        version=NUMBER,
        type=TEXT,
        state={"type": "string", "enum": [str(state) for state in OrderState]},
        total=TEXT,
        held=TEXT,
        debt=TEXT,
        items=_list(_object(id=TEXT, name=TEXT, quantity=TEXT, sum=TEXT, open=TEXT, marked=FLAG, codes=NUMBER)),
        documents=_list(_ref("OrderDocument")),
        next=_object(due=TEXT, refund=TEXT, payment=TEXTS, delivery=TEXTS),
        refused=_list(_object(event=TEXT, detail=TEXT, hint=TEXT)),
        policy={"type": "object"},
        attention=_list(_object(code=TEXT, detail=TEXT, hint=TEXT, since=MOMENT)),
    ),
    "OrderDocument": _object(**_ORDER_DOCUMENT),
    "OrderReceipt": _object(**_ORDER_DOCUMENT, receipt=_ref("DryRun")),
    "OrderList": _object(orders=_list(_ref("Order")), next=_or_null(TEXT)),
    "Planned": _object(
        number=TEXT,
        documents=_list(_object(kind=TEXT, receipt_id=TEXT, total=TEXT, receipt=_ref("DryRun"))),
    ),
    "Claimed": _object(scan=_or_null(_ref("Scan"))),
    "Scanner": _object(
        name=TEXT,
        link=TEXT,
        kind=_or_null(TEXT),
        emulated=FLAG,
        state={"type": "string", "enum": [str(state) for state in ScannerState]},
        since=MOMENT,
        error=_or_null(_ref("Warning")),
        last=_or_null(_ref("Scan")),
        scans=NUMBER,
        faults=NUMBER,
        repeats=NUMBER,
        claimed=NUMBER,
        connections=NUMBER,
    ),
    "ScannerList": _object(scanners=_list(_ref("Scanner"))),
    "Comparison": _object(
        register=TEXT,
        fn=TEXT,
        last=NUMBER,
        next=_or_null(NUMBER),
        documents=_list(_ref("Compared")),
    ),
    "Compared": _object(
        document=NUMBER,
        verdict=TEXT,
        jobs=TEXTS,
        code=NUMBER,
        sign=NUMBER,
        datetime=MOMENT,
        total=_or_null(TEXT),
        acknowledged=_or_null(FLAG),
        optional=("code", "sign", "datetime", "total", "acknowledged"),
    ),
    "Journal": _object(
        loss=_or_null({"type": "object"}), recovered=_list(_ref("Recovered")), drives=_list(_ref("Reviewed"))
    ),
    "Recovered": _object(
        register=TEXT,
        fiscal=_ref("Fiscal"),
        code=_or_null(NUMBER),
        operation=_or_null(TEXT),
        total=_or_null(TEXT),
        cause=TEXT,
        found_at=MOMENT,
    ),
    "Reviewed": _object(fn=TEXT, register=TEXT, reviewed=NUMBER),
    "Token": _object(
        id=TEXT,
        name=TEXT,
        scope=TEXT,
        created_at=MOMENT,
        revoked_at=_or_null(MOMENT),
        token=TEXT,
        optional=("token",),
    ),
    "TokenList": _object(tokens=_list(_ref("Token"))),
    "Revoked": _object(id=TEXT, revoked={"const": True}),
    "Version": _object(name=TEXT, version=TEXT, api=TEXT, emulated=FLAG),
    "Health": _object(
        status=TEXT,
        registers={"type": "object", "additionalProperties": {"enum": ["connected", "disconnected"]}},
        journal=TEXT,
        optional=("registers", "journal"),
    ),
}
