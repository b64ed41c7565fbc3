"""How the port for peers answers: who asks, how much is read of it, and what is told where it cannot be taken in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from relto.core.canon import digest
from relto.core.errors import Conflict, InputError, NotFound, PeerUnreachable, Refused, ReltoError, VerificationFailed
from relto.node import Node

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
_MAX_DIGITS: Final = 18

Told = Callable[[str, str, str], None]
"""What happened, to be logged: who, the kind of message, and the outcome: `ok`, a refusal's evidence, or an error."""


def stranger(told: Told, kind: str) -> Response:
    """The answer to who has no pinned certificate."""
    told("", kind, "no pinned certificate")
    return problem(VerificationFailed("no pinned peer has this certificate"), 401)


def sender_of(node: Node, request: Request) -> str | None:
    """The party whose pinned certificate the connection showed."""
    shown = getattr(request.state, PEER_CERTIFICATE, None)
    if not isinstance(shown, bytes) or not shown:
        return None
    return node.keys.party_of(digest(shown))


async def read_body(request: Request, limit: int) -> bytes:
    """The message or batch; InputError where it is more than `limit` bytes, before more of it is read; where it is
    said to be, before any of it is."""
    parts: list[bytes] = []
    size = 0
    declared = request.headers.get("content-length", "0")
    if len(declared) > _MAX_DIGITS or int(declared) > limit:  # the parser has seen to it that these are digits
        raise _too_long(limit)
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise _too_long(limit)
            parts.append(part)
    except ClientDisconnect as error:
        raise InputError("the message was cut short: its sender hung up", remedy="send it anew") from error
    return b"".join(parts)


def _too_long(limit: int) -> InputError:
    return InputError("the message is too long", remedy=f"send at most {limit} bytes")


def problem(error: ReltoError, status: int | None = None) -> Response:
    """A problem as an answer of its own. It ends the connection: who goes on sending after it (a body without end) is
    not listened to."""
    status = _status(error) if status is None else status
    return Response(
        told_problem(error, status),
        status_code=status,
        headers={"connection": "close"},
        media_type="application/problem+json",
    )


def told_problem(error: ReltoError, status: int | None = None) -> bytes:
    """A problem (RFC 9457) with the exit code that the error has on the command line."""
    value = {
        "type": "about:blank",
        "status": _status(error) if status is None else status,
        "code": error.exit_code,
        "detail": str(error)[:2000],
    }
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def _status(error: ReltoError) -> int:
    return _STATUS.get(error.exit_code, 500)
