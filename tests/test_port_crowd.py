"""Crowds: who opens connections by the hundred, or keeps them without end, keeps nobody else from being answered."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import ExitStack, suppress
from typing import Any
from weakref import ref

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from relto.serve import protocol
from relto.serve.listening import Listening
from relto.serve.protocol import Protocol
from relto.serve.server import Port, config_of
from tests.ports import PORTS, Ports, answer_of, ports, statuses
from tests.test_port_attacked import memory

__all__ = ["ports"]

ASKS = b"GET /v1/nothing HTTP/1.1\r\nhost: x\r\n\r\n"
SECONDS = 0.3


@pytest.mark.parametrize("port", PORTS)
def test_a_thousand_connections_that_say_nothing_keep_nobody_out(ports: Ports, port: str) -> None:
    before = memory(ports.served.pid)
    with ExitStack() as held:
        for _ in range(1000):
            held.enter_context(ports.plain(port))
        for _ in range(10):
            with ports.talking(port) as tls:
                tls.sendall(ASKS)
                assert statuses(answer_of(tls))[0] in (404, 405)
    assert memory(ports.served.pid) - before < 160 << 20


def test_hundreds_of_bodies_that_do_not_come_whole_keep_nobody_out(ports: Ports) -> None:
    begun = b"POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    with ExitStack() as held:
        for _ in range(600):
            held.enter_context(ports.talking("people")).sendall(begun)
        with ports.talking("people") as tls:
            tls.sendall(ASKS)
            assert statuses(answer_of(tls)) == [404]


def listens(most: int) -> Listening:
    return Listening("127.0.0.1", 0, most)


class Speaks:
    """What is spoken on a connection: whether nothing is being answered."""

    def __init__(self, *, may_go: bool) -> None:
        self.may_go = may_go


def test_the_oldest_that_rests_goes_for_the_next() -> None:
    with listens(2) as port, ExitStack() as held:
        theirs = [held.enter_context(socket.create_connection(port.getsockname())) for _ in range(3)]
        ours = []
        for may_go in (False, True):
            made, _ = port.accept()
            port.speaks(made.fileno(), Speaks(may_go=may_go))
            ours.append(held.enter_context(made))
        ours.append(held.enter_context(port.accept()[0]))
        theirs[1].settimeout(10)
        assert theirs[1].recv(1) == b""
        for one in (theirs[0], theirs[2]):
            one.settimeout(0.05)
            with pytest.raises(TimeoutError):
                one.recv(1)


def test_where_all_are_being_answered_the_new_one_goes() -> None:
    with listens(1) as port, ExitStack() as held:
        theirs = [held.enter_context(socket.create_connection(port.getsockname())) for _ in range(2)]
        made = held.enter_context(port.accept()[0])
        port.speaks(made.fileno(), Speaks(may_go=False))
        with pytest.raises(ConnectionAbortedError):
            port.accept()
        theirs[1].settimeout(10)
        assert theirs[1].recv(1) == b""


def test_one_that_ended_counts_no_more() -> None:
    with listens(1) as port, ExitStack() as held:
        for _ in range(3):
            held.enter_context(socket.create_connection(port.getsockname()))
            made, _ = port.accept()
            port.speaks(made.fileno(), Speaks(may_go=False))
            made.close()


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _headers(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(", ".join(sorted(request.headers)))


async def _much(_: Request) -> Response:
    return Response(bytes(64 << 20))


APP = Starlette(
    routes=[
        Route("/", _echo, methods=["POST", "GET"]),
        Route("/headers", _headers, methods=["POST"]),
        Route("/much", _much),
    ]
)


async def _served(talks: Any, made: list[ref[Protocol]] | None = None) -> bytes:
    config, state = config_of(Port(APP, "127.0.0.1", 0, None)), ServerState()
    config.load()

    def protocol_made() -> Protocol:
        one = Protocol(config, state, lambda _address, _why: None)
        if made is not None:
            made.append(ref(one))
        return one

    serves = await asyncio.get_running_loop().create_server(protocol_made, "127.0.0.1", 0)
    async with serves:
        reader, writer = await asyncio.open_connection(*serves.sockets[0].getsockname())
        try:
            return bytes(await asyncio.wait_for(talks(reader, writer), 20))
        finally:
            writer.close()


def test_empty_lines_before_a_request_keep_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SECONDS)

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n0")
        writer.write(b"\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        return answer

    assert statuses(asyncio.run(_served(talks))) == [200]


def test_a_body_that_drips_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SECONDS)

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(SECONDS / 10)
        return b"ended"

    assert asyncio.run(_served(talks)) == b"ended"


def test_a_long_body_that_comes_steadily_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SECONDS)
    monkeypatch.setattr(protocol, "BODY_PART_BYTES", 1000)

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n")
        for _ in range(20):
            writer.write(bytes(5000))
            await asyncio.sleep(SECONDS / 5)
        return await reader.read()

    assert asyncio.run(_served(talks)).endswith(b"100000")


def test_an_answer_that_is_not_read_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", SECONDS)

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.sleep(4 * SECONDS)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        answer = b""
        with suppress(ConnectionError):
            answer = await reader.read()
        return answer

    assert len(asyncio.run(_served(talks))) < 64 << 20


def test_what_comes_after_a_body_is_no_header() -> None:
    """RFC 9110, 6.5.1: else who filters headers before a node could be got round."""

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST /headers HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"2\r\nhi\r\n0\r\nauthorization: Bearer x\r\n\r\n")
        return await reader.read()

    assert asyncio.run(_served(talks)).endswith(b"\r\n\r\nconnection, host, transfer-encoding")


def test_no_100_goes_to_who_speaks_1_0() -> None:
    """RFC 9110, 10.1.1."""

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.0\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        await asyncio.sleep(SECONDS)
        writer.write(b"hi")
        return await reader.read()

    assert statuses(asyncio.run(_served(talks))) == [200]


def test_a_body_wrapped_in_what_chunks_may_say_is_not_read_to_its_end() -> None:
    """RFC 9112, 7.1.1: a limit to what stands around the parts, in relation to these."""

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            for _ in range(200):
                writer.write(b"1;" + b"e" * 30_000 + b"\r\nx\r\n")
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        answer = b""
        with suppress(ConnectionError):
            answer = await reader.read()
        return answer

    assert statuses(asyncio.run(_served(talks))) in ([400], [])


def test_a_connection_that_ended_leaves_nothing_that_waits_for_the_collector() -> None:
    """Which looks at all that there is once a minute."""

    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n0")
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(SECONDS)
        return b""

    made: list[ref[Protocol]] = []
    gc.disable()
    try:
        asyncio.run(_served(talks, made))
        assert [one() for one in made] == [None]
    finally:
        gc.enable()
