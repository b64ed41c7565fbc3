"""The port for peers: a message in, signed evidence out. Plain routes, for they are hot (Starlette).

Who speaks is known by the certificate its connection showed, and by nothing that it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relto.core.canon import digest
from relto.core.errors import Conflict, InputError, NotFound, PeerUnreachable, Refused, ReltoError, VerificationFailed
from relto.node import MAX_MESSAGE_BYTES, Node, handle

PEER_CERTIFICATE: Final = "peer_certificate"
"""The key of a connection's certificate (DER) in the state of its requests."""
_STATUS: Final = {
    InputError.exit_code: 400,
    Refused.exit_code: 403,
    NotFound.exit_code: 404,
    Conflict.exit_code: 409,
    VerificationFailed.exit_code: 422,
    PeerUnreachable.exit_code: 503,
}
_MAX_KIND: Final = 32

Told = Callable[[str, str, str], None]
"""What happened, to be logged: who, the kind of message, and the outcome (`ok`, or an error in a line)."""


def peer_app(node: Node, told: Told, after: Callable[[], None]) -> Starlette:
    """The application for the peers' port. `told` gets what happened, `after` is called when a message was taken in."""

    async def message(request: Request) -> Response:
        kind = str(request.path_params["kind"])[:_MAX_KIND]
        sender = _sender(node, request)
        if sender is None:
            told("", kind, "no pinned certificate")
            return _problem(VerificationFailed("no pinned peer has this certificate"), 401)
        try:
            data = await _body(request)
            answer = await run_in_threadpool(handle, node, kind, data, sender)
        except ReltoError as error:
            told(sender, kind, str(error))
            return _problem(error, _STATUS.get(error.exit_code, 500))
        told(sender, kind, "ok")
        after()
        return Response(answer, media_type="application/jose")

    async def failed(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _problem(InputError(error.detail.lower()), error.status_code)

    return Starlette(
        routes=[Route("/v1/messages/{kind}", message, methods=["POST"])], exception_handlers={HTTPException: failed}
    )


def _sender(node: Node, request: Request) -> str | None:
    """The party whose pinned certificate the connection showed."""
    shown = getattr(request.state, PEER_CERTIFICATE, None)
    if not isinstance(shown, bytes) or not shown:
        return None
    pin = digest(shown)
    return next((party for party, card in node.keys.peers.items() if card.pin == pin), None)


async def _body(request: Request) -> bytes:
    """The message; InputError where it is more than a node takes, before more of it is read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_MESSAGE_BYTES:
            raise InputError("the message is too long", remedy=f"send at most {MAX_MESSAGE_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _problem(error: ReltoError, status: int) -> Response:
    """A problem (RFC 9457) with the exit code that the error has on the command line.

    It ends the connection: who goes on sending after it (a body without end) is not listened to.
    """
    value = {"type": "about:blank", "status": status, "code": error.exit_code, "detail": str(error)[:2000]}
    return Response(
        json.dumps(value, ensure_ascii=False),
        status_code=status,
        headers={"connection": "close"},
        media_type="application/problem+json",
    )
