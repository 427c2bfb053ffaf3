"""Jobs, registers and events as the JSON that callers see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from devices.registers.base import DriveState, Fiscal, Identity, MarkingVerdict, OfdState, RegisterState, Warn
from devices.registers.marking import REASONS
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState
from gateway.jobs.permit import words
from gateway.jobs.register import RegisterSnapshot
from gateway.jobs.units import UNITS
from gateway.journal import Event
from gateway.receipts.normalise import text_warnings
from protocols.ffd.arithmetic import rubles

JSON = "application/json; charset=utf-8"
RECEIPTS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})
_ACCEPTED_HEADERS = {"Content-Type": JSON, "Retry-After": "1", "Cache-Control": "no-store"}


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        headers={"Content-Type": JSON, "Cache-Control": "no-store", **(headers or {})},
    )


def location(job_id: str) -> str:
    return f"/api/v1/receipts/{job_id}"


def accepted(job: Job) -> web.Response:
    """The 202 of a job just queued, without the price of a JSON encoder: id and register need no escaping."""
    warnings = [warning_object(warn) for warn in text_warnings(job.body)] if job.kind in RECEIPTS else []
    body = (
        f'{{"id":"{job.id}","state":"{job.state}","register":"{job.register}",'
        f'"emulated":{"true" if job.emulated else "false"},"fiscal":null,"marking":[],'
        f'"warnings":{json.dumps(warnings, ensure_ascii=False) if warnings else "[]"},"error":null}}'
    )
    return web.Response(status=202, body=body.encode(), headers={**_ACCEPTED_HEADERS, "Location": location(job.id)})


def of_job(job: Job, *, created: bool) -> web.Response:
    """201 done now, 200 final otherwise (replayed, failed, cancelled), 202 not final."""
    if job.state not in FINAL_STATES:
        return json_answer(job_object(job), status=202, headers={"Location": location(job.id), "Retry-After": "1"})
    status = 201 if created and job.state is JobState.DONE else 200
    return json_answer(job_object(job), status=status, headers={"Location": location(job.id)})


def job_object(job: Job) -> dict[str, Any]:
    """The object of design.md; an action's has `action` and `result` besides."""
    warnings = list(job.warnings)
    if job.kind in RECEIPTS:
        warnings += text_warnings(job.body)
    found: dict[str, Any] = {
        "id": job.id,
        "state": str(job.state),
        "register": job.register,
        "emulated": job.emulated,
        "fiscal": fiscal_object(job.fiscal),
        "marking": [marking_object(verdict) for verdict in job.marking],
        "warnings": [warning_object(warn) for warn in warnings],
        "error": (
            None if job.error is None else {"code": job.error.code, "detail": job.error.detail, "hint": job.error.hint}
        ),
    }
    said = (job.intent or {}).get("permit")
    if said:
        found["permit"] = [permit_line(one) for one in said]
    gone = (job.intent or {}).get(UNITS)
    if gone:
        found["units"] = [dict(one) for one in gone]
    if job.kind not in RECEIPTS:
        found["action"] = str(job.kind)
        found["result"] = None if job.result is None else _result(job.result)
    return found


def permit_line(said: Mapping[str, Any]) -> dict[str, Any]:
    """What permit mode said of a line; there only where it was asked."""
    detail, hint = words(said)
    return {**{name: said[name] for name in ("item", "allowed", "reason", "source")}, "detail": detail, "hint": hint}


def marking_object(verdict: MarkingVerdict) -> dict[str, Any]:
    """A line's verdict; why it is not [M+], and what to do about it, only where it is not."""
    found: dict[str, Any] = {"item": verdict.item, "result": verdict.result, "flags": verdict.flags}
    reason = REASONS.get(verdict.reason)
    if reason is not None:
        found |= {"reason": reason.code, "detail": reason.detail, "hint": reason.hint}
    return found


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    """What an action answered; of the shift counters, kopecks become decimal strings and counts stay."""
    found: dict[str, Any] = {str(key): plain(value) for key, value in result.items()}
    counters = found.get("counters")
    if isinstance(counters, dict):
        found["counters"] = {
            name: rubles(value) if isinstance(value, int) and not name.endswith("count") else value
            for name, value in counters.items()
        }
    return found


def summary(job: Job) -> dict[str, Any]:
    """A line of the list: the object with when, what and for which order."""
    return {
        **job_object(job),
        "kind": str(job.kind),
        "order": job.order,
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
    }


def fiscal_object(fiscal: Fiscal | None) -> dict[str, Any] | None:
    """A document as the drive holds it."""
    if fiscal is None:
        return None
    return {
        "fn": fiscal.fn,
        "document": fiscal.document,
        "sign": fiscal.sign,
        "shift": fiscal.shift,
        "number": fiscal.number,
        "datetime": fiscal.datetime.isoformat(),
        "registration_number": fiscal.registration_number,
        "qr": fiscal.qr,
    }


def warning_object(warn: Warn) -> dict[str, str]:
    """One warning."""
    return {"code": warn.code, "detail": warn.detail, "hint": warn.hint}


def event_object(event: Event) -> dict[str, Any]:
    """One event of the stream."""
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "type": event.type,
        "subject": event.subject,
        "register": event.register,
        "state": event.state,
        "data": plain(event.data),
    }


def register_object(snapshot: RegisterSnapshot) -> dict[str, Any]:
    """A register: its link and, as last read, device, fiscal drive, OFD and capabilities."""
    problem = snapshot.problem
    return {
        "name": snapshot.name,
        "family": snapshot.family,
        "link": snapshot.link,
        "emulated": snapshot.emulated,
        "connected": snapshot.connected,
        "released_until": plain(snapshot.released_until),
        "taken_at": plain(snapshot.taken_at),
        "queued": snapshot.queued,
        "current": snapshot.current,
        "problem": (
            None if problem is None else {"code": problem.code, "detail": problem.detail, "hint": problem.hint}
        ),
        "warnings": list(snapshot.warnings),
        "state": _state(snapshot.state),
        "drive": _drive(snapshot.drive),
        "ofd": _ofd(snapshot.ofd),
        "identity": _identity(snapshot.identity),
        "capabilities": _capabilities(snapshot),
    }


def _state(state: RegisterState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "mode": state.mode,
        "shift": str(state.shift),
        "shift_number": state.shift_number,
        "receipt_number": state.receipt_number,
        "document_open": state.document_open,
        "paper": str(state.paper),
        "cover_open": state.cover_open,
        "drawer_open": state.drawer_open,
        "printing": state.printing,
        "clock": plain(state.clock),
    }


def _drive(drive: DriveState | None) -> dict[str, Any] | None:
    if drive is None:
        return None
    return {
        "fn": drive.number,
        "phase": drive.phase,
        "last_document": drive.last_document,
        "last_document_at": plain(drive.last_document_at),
        "valid_until": plain(drive.valid_until),
        "days_left": drive.days_left,
        "documents_left": drive.documents_left,
        "warnings": list(drive.warnings),
    }


def _ofd(ofd: OfdState | None) -> dict[str, Any] | None:
    if ofd is None:
        return None
    return {
        "unsent": ofd.unsent,
        "first_unsent": ofd.first_unsent,
        "first_unsent_at": plain(ofd.first_unsent_at),
        "connected": ofd.connected,
        "last_contact": ofd.last_contact,
    }


def _identity(identity: Identity | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    return {
        "model": identity.model,
        "serial": identity.serial,
        "firmware": identity.firmware,
        "registration_number": identity.registration_number,
        "inn": identity.inn,
        "user_name": identity.user_name,
        "address": identity.address,
        "place": identity.place,
        "ofd_name": identity.ofd_name,
        "ofd_inn": identity.ofd_inn,
        "internet": identity.internet,
        "excise": identity.excise,
        "columns": identity.columns,
    }


def _capabilities(snapshot: RegisterSnapshot) -> dict[str, Any]:
    identity = snapshot.identity
    return {
        "ffd": None if identity is None else str(identity.ffd),
        "vat": [] if identity is None else sorted(map(str, identity.vat_rates)),
        "taxation": [] if identity is None else sorted(map(str, identity.taxations)),
        "marking": identity is not None and identity.marking,
        "read_back": "read_back" in snapshot.capabilities,
        "can": sorted(map(str, snapshot.capabilities)),
    }


def plain(value: Any) -> Any:
    """Dates as ISO text, mappings and sequences as JSON holds them; everything else as it is."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(part) for part in value]
    return value.hex() if isinstance(value, bytes) else value
