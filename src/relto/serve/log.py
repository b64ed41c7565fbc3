"""Structured logs on stderr: what happened, between whom, and how it came out. Never a payload, a title or a mark."""

from __future__ import annotations

import sys
from typing import Protocol


class Log(Protocol):
    """Tells one event with its fields."""

    def __call__(self, event: str, **fields: object) -> None:
        """Tell it."""
        ...


def open_log(form: str, party: str) -> Log:
    """A log as `json` lines, as `plain` text, or `none`; each line has its instant and the node's party."""
    if form == "none":
        return silent
    import structlog

    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr), processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), last]
    ).bind(party=party)

    def log(event: str, **fields: object) -> None:
        logger.msg(event, **fields)

    return log


def silent(event: str, **fields: object) -> None:
    """Say nothing."""
