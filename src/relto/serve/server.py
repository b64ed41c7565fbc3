"""Running the ports of a node: one process, one loop, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from relto.core.errors import InputError
from relto.serve.answering import PEER_CERTIFICATE

_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 10
_MAX_CONNECTIONS = 512
_BACKLOG = 512
_MAX_HEAD_BYTES = 1 << 16
_HEAD_SECONDS = 20.0
_MOST_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Port:
    """An application on an address, under TLS where a context is given."""

    app: ASGIApp
    host: str
    port: int
    context: ssl.SSLContext | None


def serve_ports(ports: list[Port], started: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; what is being answered is answered first. `started` is called when all listen.

    Raises InputError for an address that cannot be listened on.
    """
    asyncio.run(_serve(ports, started))


async def _serve(ports: list[Port], started: Callable[[], None]) -> None:
    with contextlib.ExitStack() as open_now:
        sockets = [open_now.enter_context(_listening(one)) for one in ports]
        servers = [_Server(_config(one)) for one in ports]
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for server in servers:
                server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        pairs = zip(servers, sockets, strict=True)
        tasks = [asyncio.create_task(server.serve([listens])) for server, listens in pairs]
        while not all(server.started for server in servers):
            if any(task.done() for task in tasks):
                break
            await asyncio.sleep(0.01)
        else:
            started()
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()


def _listening(port: Port) -> socket.socket:
    """A socket that listens. We make it, for the server would end the process where it cannot."""
    try:
        family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
        return socket.create_server((port.host, port.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"cannot listen on {port.host}:{port.port}: {error.strerror}",
            remedy="choose an address of this machine and a free port",
        ) from error


def _config(port: Port) -> uvicorn.Config:
    context = port.context
    return uvicorn.Config(
        port.app,
        host=port.host,
        port=port.port,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop all ports together, so none of them takes them for itself."""
        yield


class _Protocol(HttpToolsProtocol):
    """Tells each request the certificate that its connection showed; and lets nobody fill the memory, or keep a
    connection, who only begins to ask."""

    _head = 0
    """How many bytes have come since the last head was complete, or the last part of a body was."""
    _refused = ""
    _waits: asyncio.TimerHandle | None = None
    """Ends the connection where a head that has begun is not complete by then."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        connection: Any = transport.get_extra_info("socket")
        # asyncio does so only for sockets that were made with the protocol named, which create_server does not: the
        # body of an answer would wait for the other side to acknowledge its head, 40 ms later
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls: Any = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(True) if tls is not None else None
        self.app_state = {**self.app_state, PEER_CERTIFICATE: shown}
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse what sends a head, or what stands around the parts of a body, without end."""
        self._head += len(data)
        super().data_received(data)
        if self._head > _MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refused = "The head of the request is too long."
            self.send_400_response(self._refused)
        if self._refused:
            self.transport.abort()  # to close would be to listen until the other side does

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """A head has come. What is raised here ends the connection with status 400."""
        self._head = 0
        self._wait_no_more()
        if len(self.pipeline) >= _MOST_AHEAD:
            self._refused = "too many requests before an answer"
            raise ValueError(self._refused)
        if sum(name == b"host" for name, _ in self.headers) != 1:
            raise ValueError("a request names one host (RFC 9112, 3.2)")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._head = 0
        super().on_body(body)

    def _wait(self) -> None:
        self._wait_no_more()
        self._waits = self.loop.call_later(_HEAD_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def shutdown(self) -> None:
        """Let go of an idle connection at once: a peer that is not reading never answers the close of TLS."""
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
