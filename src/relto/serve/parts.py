"""The parts of a body, as its people's port reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from relto.core.errors import InputError


async def parts_of(request: Request) -> AsyncIterator[bytes]:
    """The parts of a body as they come; InputError where its sender hangs up before its end."""
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect as error:
        raise InputError("the sending was broken off", remedy="send it again") from error
