"""A server in a peer's place, over TLS, that answers every message with what it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def impostor(address: str, context: ssl.SSLContext, answers: list[bytes]) -> Iterator[list[bytes]]:
    """Answer at `address` until the end with the last of `answers`; what was sent to it."""
    got: list[bytes] = []
    connections: list[ssl.SSLSocket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            answer = answers[-1]
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[ssl.SSLSocket, object]:
            plain, where = super().get_request()
            plain.settimeout(10)
            connections.append(context.wrap_socket(plain, server_side=True))
            return connections[-1], where

        def handle_error(self, *_: object) -> None:
            pass

    host, _, port = address.rpartition(":")
    server = Server((host, int(port)), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for one in connections:  # a caller that keeps them alive would go on talking to nobody's server
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
