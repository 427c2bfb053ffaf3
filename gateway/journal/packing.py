"""The parts of a job that are kept as JSON: each with its way there and back.

Absent keys mean the field's default, so a newer program reads what an older one wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from devices.registers.base import Bookmark, Fiscal, MarkingVerdict, Warn
from gateway.jobs.model import JobError
from protocols.ffd.enums import DocumentCode


def to_json(value: Any) -> str:
    """Compact JSON as the journal keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _present(value: Any) -> dict[str, Any]:
    return {key: part for key, part in asdict(value).items() if part is not None}


def bookmark_to(value: Bookmark) -> str:
    return to_json(_present(value))


def bookmark_from(text: str) -> Bookmark:
    return Bookmark(**json.loads(text))


def fiscal_to(value: Fiscal) -> str:
    # The moment is the register's own: its zone is kept, not turned into UTC.
    return to_json(_present(value) | {"datetime": value.datetime.isoformat()})


def fiscal_from(text: str) -> Fiscal:
    parts = json.loads(text)
    parts["datetime"] = datetime.fromisoformat(parts["datetime"])
    if "code" in parts:
        parts["code"] = DocumentCode(parts["code"])
    return Fiscal(**parts)


def warnings_to(value: tuple[Warn, ...]) -> str:
    return to_json([asdict(warning) for warning in value])


def warnings_from(text: str) -> tuple[Warn, ...]:
    return tuple(Warn(**parts) for parts in json.loads(text))


def marking_to(value: tuple[MarkingVerdict, ...]) -> str:
    return to_json([asdict(verdict) for verdict in value])


def marking_from(text: str) -> tuple[MarkingVerdict, ...]:
    return tuple(MarkingVerdict(**parts) for parts in json.loads(text))


def error_to(value: JobError) -> str:
    return to_json(asdict(value))


def error_from(text: str) -> JobError:
    return JobError(**json.loads(text))


def object_to(value: Mapping[str, Any]) -> str:
    return to_json(value)


def object_from(text: str) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(text)
    return parsed
