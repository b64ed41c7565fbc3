"""Structured logs on stderr: what happened, between whom, and how it came out. Never a payload, a title or a mark."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any, Protocol


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

    steps: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True)]
    if form == "json":
        steps.append(structlog.processors.JSONRenderer())
    else:
        steps += [_printable, structlog.dev.ConsoleRenderer(colors=False)]
    logger = structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=steps).bind(party=party)

    def log(event: str, **fields: object) -> None:
        logger.msg(event, **fields)

    return log


def silent(event: str, **fields: object) -> None:
    """Say nothing."""


def _printable(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a stranger has sent moves no cursor of whoever reads the log, and begins no line of its own."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in value)
    return event
