"""Running the ports of a node: one process, one loop, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from relto.serve.listening import BACKLOG, MOST_CONNECTIONS, Listening, allow_files
from relto.serve.protocol import Protocol, Refused

_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 10
_AT_ONCE = 32
"""Connections that are accepted before those that have to go for them are gone."""
_HANDSHAKE_SECONDS = 10.0
_TLS_CLOSE_SECONDS = 2.0
_TLS_BUFFER_BYTES = 1 << 16
"""That each connection has from its first byte on; by itself asyncio has four times that."""


@dataclass(frozen=True, slots=True)
class Port:
    """An application on an address, under TLS where a context is given."""

    app: ASGIApp
    host: str
    port: int
    context: ssl.SSLContext | None


def _nobody(_address: str, _why: str) -> None:
    """Tell nobody."""


def serve_ports(
    ports: list[Port],
    started: Callable[[], None],
    *,
    ending: Callable[[], None] = lambda: None,
    refused: Refused = _nobody,
) -> None:
    """Serve until SIGTERM or SIGINT; what is being answered is answered first. `started` is called when all listen,
    `ending` when it is told to stop, `refused` of what is malformed.

    Raises InputError for an address that cannot be listened on.
    """
    allow_files()
    SSLProtocol.max_size = _TLS_BUFFER_BYTES
    asyncio.run(_serve(ports, started, ending, refused))


async def _serve(ports: list[Port], started: Callable[[], None], ending: Callable[[], None], refused: Refused) -> None:
    with contextlib.ExitStack() as open_now:
        sockets = [open_now.enter_context(Listening(one.host, one.port)) for one in ports]
        servers = [Server(config_of(one), listens, refused) for one, listens in zip(ports, sockets, strict=True)]
        loop = asyncio.get_running_loop()

        def stop() -> None:
            ending()
            for server in servers:
                server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        tasks = [asyncio.create_task(server.serve()) for server in servers]
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


def config_of(port: Port) -> uvicorn.Config:
    """How uvicorn serves a port."""
    context = port.context
    return uvicorn.Config(
        port.app,
        host=port.host,
        port=port.port,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=2 * MOST_CONNECTIONS,  # of what is still being done for those who have hung up
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )


class Server(uvicorn.Server):
    """Serves one port on a socket that listens already."""

    def __init__(self, config: uvicorn.Config, listening: Listening, refused: Refused) -> None:
        super().__init__(config)
        self._listening, self._refused = listening, refused

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop all ports together, so none of them takes them for itself."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections; uvicorn sets no limits to how long TLS takes to begin and to end."""
        over_tls = self.config.ssl is not None
        self.servers = [
            await asyncio.get_running_loop().create_server(
                lambda: Protocol(self.config, self.server_state, self._refused, self._listening),
                sock=self._listening,
                ssl=self.config.ssl,
                backlog=_AT_ONCE,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if over_tls else None,
                ssl_shutdown_timeout=_TLS_CLOSE_SECONDS if over_tls else None,
            )
        ]
        self._listening.listen(BACKLOG)  # asyncio takes how many may wait for how many are accepted at once
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in nothing more, and end once what came whole is answered."""
        self._listening.let_go_of_strangers()
        await super().shutdown(sockets)
