"""Logging: one line an event on standard error, so that standard output stays the command's own."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(level: str) -> None:
    """Make structlog write key=value lines to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def warn_scanners(count: int) -> None:
    """Scanners are configured but this version does not read them."""
    structlog.get_logger(__name__).warning("scanners are not read by this version", configured=count)
