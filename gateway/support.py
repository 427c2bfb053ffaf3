"""A support file: what somebody far away needs to see of a shop in trouble, and nothing of its buyers.

Everything passes `masking` on its way in; what cannot be had is named with its reason, never left out silently.
"""

from __future__ import annotations

import io
import json
import platform
import sqlite3
import sys
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from gateway import masking
from gateway.api.answers import job_object
from gateway.api.traces import explained
from gateway.config import Settings
from gateway.jobs.model import Job, JobState
from gateway.journal import rows
from gateway.journal.database import JOURNAL_FILE, TRACE_FILE
from gateway.journal.traces import row_of as trace_row

#: Of the newest receipts this many are taken, and of those in trouble the bytes too.
RECEIPTS = 100
TRACES = 10
LOG_LINES = 2000
_JOBS = "SELECT * FROM jobs ORDER BY sequence DESC LIMIT ?"
#: Orders in trouble, and of each the newest entries.
ORDERS = 30
ENTRIES = 100
_ORDERS = "SELECT * FROM orders WHERE alarms <> '' OR waits_since IS NOT NULL ORDER BY updated_at DESC LIMIT ?"
_ENTRIES = "SELECT entry FROM order_log WHERE number = ? ORDER BY place DESC LIMIT ?"
_BYTES = "SELECT * FROM traces WHERE job_id = ? ORDER BY id LIMIT 10000"
PACKAGES = ("aiohttp", "construct", "cryptography", "pydantic", "pyserial", "pyusb", "structlog", "uvloop")


@dataclass(slots=True)
class Bundle:
    """Parts by file name; `absent` says why a part is not there."""

    parts: dict[str, bytes] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def add_json(self, name: str, value: Any) -> None:
        """A structure, masked by its keys."""
        text = json.dumps(masking.tree(value), ensure_ascii=False, indent=1, default=str)
        self.parts[name] = text.encode("utf-8", "replace")

    def add_lines(self, name: str, rows: Sequence[Any]) -> None:
        """Structures, one a line."""
        lines = [json.dumps(masking.tree(row), ensure_ascii=False, default=str) + "\n" for row in rows]
        self.parts[name] = "".join(lines).encode("utf-8", "replace")

    def add_text(self, name: str, text: str) -> None:
        """Words, masked by their looks."""
        self.parts[name] = masking.text(text).encode("utf-8", "replace")

    def miss(self, name: str, why: str) -> None:
        """A part that cannot be had."""
        self.absent[name] = masking.text(why)

    def packed(self, at: datetime) -> bytes:
        """The zip archive; `contents.json` says what is in it and what is not."""
        self.add_json("contents.json", {"made_at": at.isoformat(), "parts": sorted(self.parts), "absent": self.absent})
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.parts.items()):
                archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
        return file.getvalue()


def about() -> dict[str, Any]:
    """Versions of what runs here."""
    return {
        "fiscal_gateway": _version("fiscal-gateway"),
        "python": sys.version,
        "system": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def configuration(settings: Settings) -> Mapping[str, Any]:
    """The settings in force; masking takes passwords and the cashier's name away."""
    return settings.model_dump(mode="json")


def in_trouble(job: Job) -> bool:
    """Whether a job's bytes are worth a look."""
    return job.state not in {JobState.DONE, JobState.CANCELLED, JobState.QUEUED} or bool(job.warnings)


def job_facts(job: Job) -> dict[str, Any]:
    """One line of the journal: what became of it, and what was asked, without its people."""
    return {**job_object(job), "attempts": job.attempts, "body": json.loads(job.body)}


def scanner_facts(scanner: Mapping[str, Any]) -> dict[str, Any]:
    """A scanner as the API tells it; of its last scan what it says of the scanner, not of the goods."""
    last = scanner["last"]
    kept = ("id", "at", "symbology", "fault", "notes")
    return {**scanner, "last": None if last is None else {key: last[key] for key in kept}}


def journal_rows(data_dir: Path) -> list[Job]:
    """The newest jobs, newest first, whether a daemon owns the journal or not; sqlite3.Error when it cannot be read."""
    return [rows.job_of(row) for row in _read(data_dir / JOURNAL_FILE, _JOBS, (RECEIPTS,))]


def orders_in_trouble(data_dir: Path) -> list[dict[str, Any]]:
    """Orders with alarms or documents to come, and how they came to it; sqlite3.Error when they cannot be read."""
    path = data_dir / JOURNAL_FILE
    return [
        {
            **dict(row),
            "log": [json.loads(one["entry"]) for one in _read(path, _ENTRIES, (row["number"], ENTRIES))][::-1],
        }
        for row in _read(path, _ORDERS, (ORDERS,))
    ]


def trace_of(data_dir: Path, job_id: str, family: str) -> list[dict[str, Any]]:
    """The bytes exchanged for one job, as a masked explanation; sqlite3.Error when they cannot be read."""
    found = [trace_row(row) for row in _read(data_dir / TRACE_FILE, _BYTES, (job_id,))]
    return explained(found, family, masked=True)


def _read(path: Path, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql, values).fetchall()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
