"""The journal: every job on disk before anybody hears of it."""

from gateway.journal.errors import (
    DirectoryInUse,
    DirectoryUnusable,
    IllegalTransition,
    JournalDamaged,
    JournalFailed,
    KeyConflict,
    UnitsMoved,
    UnknownJob,
)
from gateway.journal.journal import Journal
from gateway.journal.records import Event, Token, TraceRow

__all__ = [
    "DirectoryInUse",
    "DirectoryUnusable",
    "Event",
    "IllegalTransition",
    "Journal",
    "JournalDamaged",
    "JournalFailed",
    "KeyConflict",
    "Token",
    "TraceRow",
    "UnitsMoved",
    "UnknownJob",
]
