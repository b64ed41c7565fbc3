"""The port for peers: a message, or a batch, in, signed evidence out. Plain routes, for they are hot (Starlette).

Who speaks is known by the certificate its connection showed, and by nothing that it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relto.core.canon import digest
from relto.core.errors import Conflict, InputError, NotFound, PeerUnreachable, Refused, ReltoError, VerificationFailed
from relto.node import MAX_BATCH_BYTES, MAX_MESSAGE_BYTES, Message, Node, handle, handle_many, read_batch, write_answers
from relto.node.statements import statement

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
"""What happened, to be logged: who, the kind of message, and the outcome: `ok`, a refusal's evidence, or an error."""


def peer_app(node: Node, told: Told, after: Callable[[], None]) -> Starlette:
    """The application for the peers' port. `told` gets what happened, `after` is called when a message was taken in."""

    async def message(request: Request) -> Response:
        kind = str(request.path_params["kind"])[:_MAX_KIND]
        sender = _sender(node, request)
        if sender is None:
            return _stranger(told, kind)
        try:
            data = await _body(request, MAX_MESSAGE_BYTES)
            answer = await run_in_threadpool(handle, node, kind, data, sender)
        except ReltoError as error:
            told(sender, kind, str(error))
            return _problem(error)
        told(sender, kind, _outcome(answer))
        after()
        return Response(answer, media_type="application/jose")

    async def batch(request: Request) -> Response:
        sender = _sender(node, request)
        if sender is None:
            return _stranger(told, "batch")
        try:
            messages = read_batch(await _body(request, MAX_BATCH_BYTES))
            answers = await run_in_threadpool(handle_many, node, messages, sender)
        except ReltoError as error:
            told(sender, "batch", str(error))
            return _problem(error)
        _tell_batch(told, sender, messages, answers)
        after()
        parts = [(False, _told(one)) if isinstance(one, ReltoError) else (True, one) for one in answers]
        return Response(write_answers(parts), media_type="application/octet-stream")

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        told(_sender(node, request) or "", "none", f"{error.status_code} {error.detail.lower()}")
        return _problem(InputError(error.detail.lower()), error.status_code)

    routes = [
        Route("/v1/messages/{kind}", message, methods=["POST"]),
        Route("/v1/batch", batch, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: failed})


def _tell_batch(told: Told, sender: str, messages: Sequence[Message], answers: Sequence[bytes | ReltoError]) -> None:
    """Tell of each message of a batch that was refused or failed, and of how many were not."""
    failed = 0
    for (kind, _), one in zip(messages, answers, strict=True):
        failed += isinstance(one, ReltoError)
        outcome = str(one) if isinstance(one, ReltoError) else _outcome(one)
        if outcome != "ok":
            told(sender, kind[:_MAX_KIND], outcome)
    told(sender, "batch", f"ok: {len(answers) - failed} of {len(answers)}")


def _outcome(answer: bytes) -> str:
    """`ok`; or, for a signed refusal, the evidence that it left. Not what it says: that may name a mark."""
    signed = answer.decode("ascii")
    return f"refused, evidence {digest(answer)}" if statement(signed).kind == "refusal" else "ok"


def _stranger(told: Told, kind: str) -> Response:
    told("", kind, "no pinned certificate")
    return _problem(VerificationFailed("no pinned peer has this certificate"), 401)


def _sender(node: Node, request: Request) -> str | None:
    """The party whose pinned certificate the connection showed."""
    shown = getattr(request.state, PEER_CERTIFICATE, None)
    if not isinstance(shown, bytes) or not shown:
        return None
    pin = digest(shown)
    return next((party for party, card in node.keys.peers.items() if card.pin == pin), None)


async def _body(request: Request, limit: int) -> bytes:
    """The message or batch; InputError where it is more than `limit` bytes, before more of it is read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise InputError("the message is too long", remedy=f"send at most {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _problem(error: ReltoError, status: int | None = None) -> Response:
    """A problem as an answer of its own. It ends the connection: who goes on sending after it (a body without end) is
    not listened to."""
    status = _status(error) if status is None else status
    return Response(
        _told(error, status),
        status_code=status,
        headers={"connection": "close"},
        media_type="application/problem+json",
    )


def _told(error: ReltoError, status: int | None = None) -> bytes:
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
