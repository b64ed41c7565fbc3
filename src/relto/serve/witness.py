"""The port for peers as a witness: `add-checkpoint` of C2SP tlog-witness, with its status codes."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relto.core.errors import ReltoError
from relto.core.ledger import MAX_REQUEST_BYTES, AddCheckpoint, read_add_checkpoint
from relto.node import Node
from relto.node.witness import KIND, Witnessed, witness
from relto.serve.answering import Told, problem, read_body, stranger


def witness_route(node: Node, sender_of: Callable[[Request], str | None], told: Told) -> Route:
    """The route by which a peer, or a log's own client, has a checkpoint cosigned."""

    async def add_checkpoint(request: Request) -> Response:
        sender = sender_of(request)
        if sender is None:
            return stranger(told, KIND)
        try:
            asked = read_add_checkpoint(await read_body(request, MAX_REQUEST_BYTES))
            found = await run_in_threadpool(_witnessed, node, asked, sender)
        except ReltoError as error:
            told(sender, KIND, str(error))
            return problem(error)
        told(sender, KIND, "ok" if found.lines else f"not cosigned, {found.status}")
        if found.lines:
            return Response(found.lines, media_type="text/plain; charset=utf-8")
        if found.status == 409:
            return Response(f"{found.size}\n", 409, media_type="text/x.tlog.size")
        return Response(status_code=found.status)

    return Route("/v1/witness/add-checkpoint", add_checkpoint, methods=["POST"])


def _witnessed(node: Node, asked: AddCheckpoint, sender: str) -> Witnessed:
    with node.store.write() as tx:
        return witness(node, tx, asked, sender)
