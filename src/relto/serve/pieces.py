"""Pieces of large messages, on the port for peers: how many bytes are there, and the next (`relto.node.pieces`)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relto.core.errors import InputError, ReltoError
from relto.node.pieces import PIECE_BYTES, Arriving
from relto.serve.answering import Told, problem, read_body, stranger

_MAX_DIGITS: Final = 12


def piece_routes(arriving: Arriving, sender_of: Callable[[Request], str | None], told: Told) -> list[Route]:
    """The routes; `sender_of` gives the party whose pinned certificate a connection showed."""

    async def have(request: Request) -> Response:
        return await answer(request, lambda sender, name: run_in_threadpool(arriving.have, sender, name))

    async def add(request: Request) -> Response:
        async def added(sender: str, name: str) -> int:
            at = _number(str(request.path_params["at"]))
            return await run_in_threadpool(arriving.add, sender, name, at, await read_body(request, PIECE_BYTES))

        return await answer(request, added)

    async def answer(request: Request, counted: Callable[[str, str], Awaitable[int]]) -> Response:
        sender = sender_of(request)
        if sender is None:
            return stranger(told, "piece")
        try:
            count = await counted(sender, str(request.path_params["name"]))
        except ReltoError as error:
            told(sender, "piece", str(error))
            return problem(error)
        return Response(json.dumps({"have": count}), media_type="application/json")

    return [
        Route("/v1/pieces/{name}", have, methods=["GET"]),
        Route("/v1/pieces/{name}/{at}", add, methods=["POST"]),
    ]


def _number(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > _MAX_DIGITS:
        raise InputError("a piece without its place", remedy="say which byte of the message is its first")
    return int(text)
