"""Logging: one line an event on standard error, so that standard output stays the command's own; secrets masked.

Whatever a library says through `logging`, and whatever ends a thread or the process, takes the same way.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

from gateway import masking

#: Keys that logging itself sets: nothing of a caller's in them.
_OWN = frozenset({"timestamp", "level", "logger"})


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: the last one before an event becomes a line."""
    for key, value in event.items():
        if key not in _OWN and not isinstance(value, bool | int | float):
            event[key] = masking.tree(value, key)
    return event


def set_up(level: str, *, to: TextIO | None = None) -> None:
    """Make structlog and `logging` write key=value lines to `to` (standard error)."""
    file = to or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    line = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)
    structlog.configure(
        processors=[*shared, mask, line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=file),
    )
    handler = logging.StreamHandler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask, line],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    sys.excepthook = _fallen
    threading.excepthook = _fallen_thread
    sys.unraisablehook = _unraisable


def _fallen(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _critical("the process fell", error)


def _fallen_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _critical("a thread fell", args.exc_value)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _critical(args.err_msg or "an error nobody could hear of", args.exc_value)


def _critical(event: str, error: BaseException) -> None:
    structlog.get_logger(__name__).critical(event, exc_info=(type(error), error, error.__traceback__))
