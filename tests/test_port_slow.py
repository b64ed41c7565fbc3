"""Who opens a connection and takes their time to ask: it ends, and whoever asks in one go is not hurried."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from relto.serve import protocol
from relto.serve.protocol import Protocol
from relto.serve.server import Port, config_of

ASKS = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
SECONDS = 0.3


async def _said(*parts: bytes, pause: float) -> bytes:
    """What a port answers to these parts, sent with a pause after each, until it hangs up or nothing more comes."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    config, state = config_of(Port(app, "127.0.0.1", 0, None)), ServerState()
    config.load()
    serves = await asyncio.get_running_loop().create_server(
        lambda: Protocol(config, state, lambda _address, _why: None), "127.0.0.1", 0
    )
    async with serves:
        reader, writer = await asyncio.open_connection(*serves.sockets[0].getsockname())
        answers = b""
        try:
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
            answers = await asyncio.wait_for(reader.read(), 5)
        except ConnectionError:
            pass
        writer.close()
    return answers


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"], ids=["nothing", "line", "head"])
def test_a_head_that_does_not_end_ends_the_connection(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SECONDS)
    assert asyncio.run(_said(begun, pause=0)) == b""


def test_the_next_head_has_its_own_time_and_rest_between_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SECONDS)
    answers = asyncio.run(_said(ASKS, ASKS, ASKS[:10], pause=2 * SECONDS))
    assert answers.count(b"here") == 2
