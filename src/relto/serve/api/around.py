"""What goes round every request: its id, one line in the log, its time in the figures, and headers that keep it close.

The line says who asked for what and how it ended; never a payload, a mark, a password or a token.
"""

from __future__ import annotations

import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relto.core.errors import ReltoError
from relto.serve.api.context import Caller, Context
from relto.serve.api.health import ROUTES
from relto.serve.api.problem import problem
from relto.serve.caught import place_of

_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# What the log calls a refusal that no operation has named: of what was malformed, too large, or led nowhere.
_WHAT: Final = {
    401: "not-signed-in",
    403: "refused",
    404: "not-found",
    409: "conflict",
    413: "too-large",
    429: "too-many",
}


class Around:
    """Goes round the application."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app, self._context = app, context

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
        self._context.log("failed", request=name, error=type(error).__name__, where=place_of(error.__traceback__))

    def _done(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        plain = scope["path"] if scope["path"] in ROUTES else "unmatched"
        route = str(getattr(scope.get("route"), "path", plain))
        method, state = _method(scope["method"]), scope["state"]
        self._context.metrics.answered(method, route, status, seconds)
        caller, address = state.get("caller"), (scope.get("client") or ("",))[0]
        told = {
            "request": name,
            "account": caller.account.id if isinstance(caller, Caller) else None,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            **{name: state[name] for name in ("refused", "why") if name in state},
        }
        if 400 <= status < 500:
            told.setdefault("refused", _WHAT.get(status, "bad-input"))
        if "refused" in told or "why" in told:
            told["address"] = address
        if isinstance(caller, Caller):
            self._context.log("answered", **told)
        else:
            self._context.strangers.tell(address, "answered", **told)


def _method(method: str) -> str:
    """One of the methods that are known: a label of the figures must not be anything that is sent."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"
