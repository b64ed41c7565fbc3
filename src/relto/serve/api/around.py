"""What goes round every request: its id, one line in the log, its time in the figures, and headers that keep it close.

The line says who asked for what and how it ended; never a payload, a mark, a password or a token.
"""

from __future__ import annotations

import secrets
import sys
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relto.core.errors import ReltoError
from relto.core.timeline import Instant
from relto.serve.api.context import Caller, Context
from relto.serve.api.health import PATHS
from relto.serve.api.problem import problem

_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class Log(Protocol):
    """Where lines go."""

    def info(self, event: str, **fields: Any) -> Any:
        """A line about what was done."""
        ...

    def error(self, event: str, **fields: Any) -> Any:
        """A line about what went wrong."""
        ...


def json_lines(at: Callable[[], Instant]) -> Log:
    """A log of JSON lines on stderr, each with the node's own time."""
    import structlog

    def stamp(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {"at": str(at()), **event}

    found: Log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.add_log_level, stamp, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.BoundLogger,
    )
    return found


class Around:
    """Goes round the application."""

    def __init__(self, app: ASGIApp, context: Context, log: Log | None) -> None:
        self._app, self._context, self._log = app, context, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what fails unforeseen is a problem document too."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        name, started, status = secrets.token_hex(8), time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [*_HEADERS, (b"x-request-id", name.encode("ascii"))]
                given = {key for key, _ in message.get("headers", [])}
                message["headers"] = [*message.get("headers", []), *(one for one in own if one[0] not in given)]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # the last resort: a line in the log says where, the answer says nothing of it
            self._failed(name, error)
            if not status:
                await problem(ReltoError("unforeseen"))(scope, receive, sending)
        finally:
            self._done(scope, name, status, time.perf_counter() - started)

    def _failed(self, name: str, error: Exception) -> None:
        if self._log is not None:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno} {last.name}"
            self._log.error("failed", request=name, error=type(error).__name__, where=where)

    def _done(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        plain = scope["path"] if scope["path"] in PATHS else "unmatched"
        route = str(getattr(scope.get("route"), "path", plain))
        self._context.metrics.answered(_method(scope["method"]), route, status, seconds)
        if self._log is None:
            return
        caller = scope["state"].get("caller")
        who = caller.account.id if isinstance(caller, Caller) else None
        self._log.info(
            "answered",
            request=name,
            account=who,
            method=_method(scope["method"]),
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _method(method: str) -> str:
    """One of the methods that are known: a label of the figures must not be anything that is sent."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"
