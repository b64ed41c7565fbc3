"""The port for peers: a message, or a batch, in, signed evidence out. Plain routes, for they are hot (Starlette).

Who speaks is known by the certificate its connection showed, and by nothing that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relto.core.canon import digest
from relto.core.errors import InputError, ReltoError
from relto.node import (
    MAX_BATCH_BYTES,
    MAX_MESSAGE_BYTES,
    Message,
    Node,
    check_kind,
    handle,
    handle_many,
    read_batch,
    write_answers,
)
from relto.node.mirroring import KIND as HASHES
from relto.node.pieces import Arriving
from relto.node.recovery import KIND as RECOVERY
from relto.node.statements import statement
from relto.node.witness import KIND as HEAD
from relto.serve.answering import Told, problem, read_body, sender_of, stranger, told_problem
from relto.serve.pieces import piece_routes
from relto.serve.witness import witness_route

_MAX_KIND: Final = 32


def peer_app(node: Node, told: Told, after: Callable[[], None], arriving: Arriving) -> Starlette:
    """The application for the peers' port. `told` gets what happened, `after` is called when a message was taken in
    that may be passed on or call for others; `arriving` keeps the pieces of large ones."""

    async def message(request: Request) -> Response:
        kind = str(request.path_params["kind"])[:_MAX_KIND]
        sender = sender_of(node, request)
        if sender is None:
            return stranger(told, kind)
        try:
            answer = await _answer(node, arriving, kind, request, sender)
        except ReltoError as error:
            told(sender, kind, str(error))
            return problem(error)
        told(sender, kind, _outcome(kind, answer))
        _follow(after, [(kind, answer)])
        return Response(answer, media_type="application/jose")

    async def batch(request: Request) -> Response:
        sender = sender_of(node, request)
        if sender is None:
            return stranger(told, "batch")
        try:
            messages = read_batch(await read_body(request, MAX_BATCH_BYTES))
            answers = await run_in_threadpool(handle_many, node, messages, sender)
        except ReltoError as error:
            told(sender, "batch", str(error))
            return problem(error)
        _tell_batch(told, sender, messages, answers)
        _follow(after, [(kind, one) for (kind, _), one in zip(messages, answers, strict=True)])
        parts = [(False, told_problem(one)) if isinstance(one, ReltoError) else (True, one) for one in answers]
        return Response(write_answers(parts), media_type="application/octet-stream")

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        told(sender_of(node, request) or "", "none", f"{error.status_code} {error.detail.lower()}")
        return problem(InputError(error.detail.lower()), error.status_code)

    routes = [
        witness_route(node, partial(sender_of, node), told),
        Route("/v1/messages/{kind}", message, methods=["POST"]),
        Route("/v1/batch", batch, methods=["POST"]),
        *piece_routes(arriving, partial(sender_of, node), told),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: failed})


async def _answer(node: Node, arriving: Arriving, kind: str, request: Request, sender: str) -> bytes:
    check_kind(kind)  # before any of it is read
    name = request.query_params.get("of")
    data = await read_body(request, MAX_MESSAGE_BYTES if name is None else 0)
    if name is None:
        return await run_in_threadpool(handle, node, kind, data, sender)
    return await run_in_threadpool(_handle_whole, node, arriving, kind, name, sender)


def _handle_whole(node: Node, arriving: Arriving, kind: str, name: str, sender: str) -> bytes:
    """Take in a message that came in pieces; once it is answered, nothing is kept of them."""
    answer = handle(node, kind, arriving.whole(sender, name), sender)
    arriving.forget(sender, name)
    return answer


def _tell_batch(told: Told, sender: str, messages: Sequence[Message], answers: Sequence[bytes | ReltoError]) -> None:
    """Tell of each message of a batch that was refused or failed, and of how many were not."""
    failed = 0
    for (kind, _), one in zip(messages, answers, strict=True):
        failed += isinstance(one, ReltoError)
        outcome = str(one) if isinstance(one, ReltoError) else _outcome(kind, one)
        if outcome != "ok":
            told(sender, kind[:_MAX_KIND], outcome)
    told(sender, "batch", f"ok: {len(answers) - failed} of {len(answers)}")


def _follow(after: Callable[[], None], answered: Sequence[tuple[str, bytes | ReltoError]]) -> None:
    """Call `after` where there may be something to send now that these messages were answered: not for items that came
    to stay, what only asks, and what was refused."""
    for kind, answer in answered:
        if isinstance(answer, ReltoError) or kind in (HEAD, HASHES, RECOVERY):
            continue
        event = statement(answer.decode("ascii")).says.get("event") if kind == "transmittal" else None
        if kind != "transmittal" or (isinstance(event, dict) and event.get("onward") != ""):
            after()
            return


def _outcome(kind: str, answer: bytes) -> str:
    """`ok`; or, for a signed refusal, the evidence that it left. Not what it says: that may name a mark."""
    if kind == RECOVERY:  # no evidence: what is given back
        return "ok"
    if kind == HEAD:  # no evidence: a cosignature, or why there is none
        return "ok" if answer.startswith("—".encode()) else f"not cosigned, {answer.split()[0].decode('ascii')}"
    if kind == HASHES:
        return "ok"
    signed = answer.partition(b"\n")[0].decode("ascii")
    return f"refused, evidence {digest(answer)}" if statement(signed).kind == "refusal" else "ok"
