"""A line to a peer: one connection that is kept, on which requests go out while those before are being answered
(RFC 9112, 9.3.2). The same requests as the link's, to the same port, under the same pin."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
from ssl import SSLContext, SSLSocket, SSLWantReadError
from time import monotonic
from typing import Final

import httptools

from relto.adapters.http.tls import name_asked
from relto.core.errors import PeerUnreachable, ReltoError
from relto.node.card import Card

_AT_ONCE: Final = 1 << 16
_MAX_HEAD: Final = 1 << 14
_SLOWEST: Final = 1 << 14
"""Bytes a second that a peer takes at least of a long message; else it is not waited for."""
_LOOK_EVERY: Final = 1.0
_STOPS: Final = "this node stops, and waits no longer"


class HttpLine:
    """A connection to the node with this card. One thread uses it."""

    def __init__(
        self,
        card: Card,
        context: SSLContext,
        problem: Callable[[str, int, bytes], ReltoError],
        still: Callable[[], bool],
        *,
        limits: tuple[float, float, int],
        ends: Callable[[], float] = lambda: inf,
    ) -> None:
        """`problem` makes an error of a status and what came with it; `still` says whether the pin is what it was;
        `limits`: seconds to connect and to answer, bytes of an answer; `ends`: when nothing is waited for any more, in
        ticks of `monotonic`. Raises PeerUnreachable."""
        self._card, self._problem, self._still, self._ends = card, problem, still, ends
        connect, self._patience, self._limit = limits
        self.late = False
        """Whether it was cut because nothing came for too long."""
        self._answers: deque[tuple[int, bytes]] = deque()
        self._since: deque[float] = deque()
        self._parts: list[bytes] = []
        self._taken = self._head = 0
        self._parser = httptools.HttpResponseParser(self)
        host, _, port = card.address.rpartition(":")
        if monotonic() > ends():
            raise self._cut(_STOPS)
        try:
            plain = socket.create_connection((host.strip("[]"), int(port)), timeout=connect)
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket: SSLSocket = context.wrap_socket(plain, server_hostname=name_asked(card))
            except BaseException:
                plain.close()
                raise
        except OSError as error:
            raise self._cut(str(error)) from error
        self._ready = select.poll()
        self._ready.register(self._socket, select.POLLIN)

    def send(self, kind: str, message: bytes) -> None:
        """Send a message as a request. Raises PeerUnreachable where the line is cut, or the peer's pin is another."""
        self.ask("POST", f"messages/{kind}", message)

    def answer(self, wait: float) -> bytes | ReltoError | None:
        """The next answer; None where it has not come within `wait` seconds."""
        found = self.heard(wait)
        if found is None:
            return None
        status, data = found
        return data if status == 200 else self._problem(self._card.party, status, data)

    def ask(self, method: str, path: str, content: bytes, limit: int | None = None) -> None:
        """Send a request, whose answer may have `limit` bytes. Raises as `send` does."""
        if not self._still():
            raise self._cut("its card was pinned anew")
        self._limit = self._limit if limit is None else limit
        head = (
            f"{method} /v1/{path} HTTP/1.1\r\nhost: {self._card.address}\r\nuser-agent: relto\r\n"
            f"content-type: application/octet-stream\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        try:
            self._send_all(head.encode("ascii") + content)
        except (OSError, ValueError) as error:
            raise self._cut(str(error)) from error
        self._since.append(monotonic())

    def heard(self, wait: float) -> tuple[int, bytes] | None:
        """The status and the content of the next answer; None where it has not come within `wait` seconds."""
        if not self._answers and not self._read(wait):
            return None
        if not self._answers:
            return None
        self._since.popleft()
        return self._answers.popleft()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way on it, and nothing has come that was not asked for, its end neither."""
        return not self._since and not self._socket.pending() and not self._ready.poll(0)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _send_all(self, data: bytes) -> None:
        """Send; for no longer than a slow peer takes: a socket's own limit begins anew with each part that it took."""
        left, until = memoryview(data), monotonic() + self._patience + len(data) / _SLOWEST
        while left:
            now = monotonic()
            if now > until:
                self.late = True
            if self.late or now > self._ends():
                raise TimeoutError("it does not take what is sent" if self.late else _STOPS)
            self._socket.settimeout(min(_LOOK_EVERY, max(until - now, 0.001)))
            with suppress(TimeoutError):
                left = left[self._socket.send(left) :]

    def _read(self, wait: float) -> bool:
        """Read what has come, or comes within `wait` seconds; whether anything has."""
        try:
            if not self._socket.pending() and not self._ready.poll(wait * 1000):
                return self._still_waits()
            self._socket.settimeout(0)
            data = self._socket.recv(_AT_ONCE)
        except SSLWantReadError:  # what came was of TLS itself, or a part of a record
            return self._still_waits()
        except (OSError, ValueError) as error:
            raise self._cut(str(error)) from error
        self._check_patience()
        self._head += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise self._cut(f"no answer of HTTP: {error}") from error
        if not data or self._head > _MAX_HEAD:
            raise self._cut("it has closed the connection" if not data else "a head without end")
        return True

    def _still_waits(self) -> bool:
        """False; or PeerUnreachable, where no whole answer came for too long."""
        self._check_patience()
        return False

    def _check_patience(self) -> None:
        now = monotonic()
        if self._since and now - self._since[0] > self._patience:
            self.late = True
            raise self._cut("no answer")
        if now > self._ends():
            self.late = True
            raise self._cut(_STOPS)

    def on_message_begin(self) -> None:
        """An answer begins (called by the parser, as all of these)."""
        self._parts, self._taken = [], 0

    def on_headers_complete(self) -> None:
        """A head has come."""
        self._head = 0

    def on_body(self, data: bytes) -> None:
        """A part of an answer has come."""
        self._head = 0
        self._taken += len(data)
        if self._taken > self._limit:
            raise ValueError("an answer without end")
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """An answer is whole."""
        if len(self._answers) >= len(self._since):
            raise ValueError("more answers than were asked for")
        self._answers.append((self._parser.get_status_code(), b"".join(self._parts)))

    def _cut(self, why: str) -> PeerUnreachable:
        return PeerUnreachable(
            f"the node of `{self._card.party}` does not answer at {self._card.address}: {why[:200] or 'cut'}",
            remedy="what is queued is sent once it does",
        )
