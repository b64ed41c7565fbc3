"""HTTP/1.1 on one connection (RFC 9112): uvicorn's protocol over llhttp, held to limits where it knows none.

Nobody fills the memory, or keeps a connection, who only begins to ask or does not read; what is malformed is answered
in its turn and ends the connection; and a connection ends in stages, so that who still sends sees the answer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final, NoReturn

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from relto.core.errors import InputError
from relto.serve.answering import PEER_CERTIFICATE, told_problem
from relto.serve.listening import Listening

MAX_HEAD_BYTES: Final = 1 << 16
"""Of a head; and of what stands around the parts of a body beyond eight times these."""
MOST_FIELDS: Final = 128
MOST_AHEAD: Final = 16
HEAD_SECONDS: Final = 20.0
"""For a head and the first part of a body; then for each further part."""
BODY_PART_BYTES: Final = 1 << 16
UNREAD_SECONDS: Final = 60.0
"""For an answer to be read so far that more of it can be sent."""
LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 1 << 18
STOP_SECONDS: Final = 2.0
"""For a message to come whole, and for an answer to be read, once the node stops."""
_LOOK_SECONDS: Final = 0.2

Refused = Callable[[str, str], None]
"""What was malformed, to be logged: the address that sent it, and why."""


class Protocol(HttpToolsProtocol):
    """What is spoken on one connection."""

    _head = 0
    """How many bytes have come that are of no body, since the last head was complete."""
    _part = 0
    """How many of a body have come since that was last looked at."""
    _why = ""
    """Why it is not listened to any more."""
    _keeps = _last = _stopping = False
    _dropped = 0
    _waits: asyncio.TimerHandle | None = None
    """Looks whether what has begun goes on."""
    _unread: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None
    _staged: _InStages

    def __init__(
        self, config: Config, state: ServerState, refused: Refused, listening: Listening | None = None
    ) -> None:
        """`listening` is told of it, once it is clear who speaks."""
        super().__init__(config, state, {})
        self._told, self._listening = refused, listening

    @property
    def rests(self) -> bool:
        """Whether nothing is being answered on it."""
        return self._running is None or self._running.response_complete

    @property
    def may_go(self) -> bool:
        """Whether nothing has come whole on it that is not answered."""
        return self._running is None or self._running.response_complete or self._running.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It begins: TLS, if it is under that, has shown who speaks."""
        connection: Any = transport.get_extra_info("socket")
        # asyncio does so only for sockets that were made with the protocol named, which create_server does not: the
        # body of an answer would wait for the other side to acknowledge its head, 40 ms later
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls: Any = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(True) if tls is not None else None
        self.app_state = {**self.app_state, PEER_CERTIFICATE: shown}
        self._staged = _InStages(transport, self._linger)
        super().connection_made(self._staged)  # type: ignore[arg-type]
        if self._listening is not None:
            self._listening.speaks(connection.fileno(), self)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._staged.end()
        self._wait_no_more()
        self._read_again()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what has come; and refuse what sends a head, or what stands around the parts of a body, without
        end."""
        if self._why or self._staged.closed:  # nothing that comes after is acted on (RFC 9112, 9.6)
            self._drop(len(data))
            return
        self._unset_keepalive_if_required()
        self._head += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            self._refuse(self._why or "the request cannot be read")
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse(f"no request of HTTP/1.1: {str(error).lower():.100}")
        else:
            if self._head > MAX_HEAD_BYTES or (self.headers is not None and len(self.headers) > MOST_FIELDS):
                self._refuse("the head of the request is too long")
            elif self._waits is None and self.rests and not self._staged.closed:
                self._wait()  # empty lines before a request are the beginning of one

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """A head has come. What is raised here ends the connection with status 400."""
        self._head = 0
        if len(self.pipeline) >= MOST_AHEAD:
            self._no("too many requests before an answer")
        version, hosts = self.parser.get_http_version(), 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding" and (value.lower() != b"chunked" or version != "1.1"):
                self._no("a transfer coding that is not taken here (RFC 9112, 6.1)")
        if len(self.headers) > MOST_FIELDS:
            self._no("a head of more fields than are taken")
        if hosts != 1:
            self._no("a request names one host (RFC 9112, 3.2)")
        if version not in ("1.1", "1.0") or self.parser.should_upgrade():
            self._no("nothing but HTTP/1.1 is spoken here")
        if self.url[:1] != b"/":
            self._check_target()
        if version == "1.0":
            self.expect_100_continue = False  # RFC 9110, 10.1.1
        super().on_headers_complete()
        self.headers = []  # what comes after the body is none of them (RFC 9110, 6.5.1)
        # what is answered before it has come whole ends the connection: nobody makes a node read what it does not take
        self._keeps, self.cycle.keep_alive = self.cycle.keep_alive, False
        self._last = not self._keeps

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._head = max(0, self._head - 8 * len(body))
        self._part += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._wait_no_more()
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps and not self._stopping
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer was given. What was refused has its turn after the last."""
        last = not self.pipeline
        super().on_response_complete()
        if last and self._why and not self._staged.closed:
            self.send_400_response(self._why)

    def send_400_response(self, msg: str) -> None:
        """Answer what is malformed with a problem (RFC 9457), and end the connection."""
        content = told_problem(InputError(msg), 400)
        head = f"content-type: application/problem+json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self._staged.write(STATUS_LINE[400] + head.encode("ascii") + content)
        self._staged.close()

    def pause_writing(self) -> None:
        """An answer is not read as fast as it is sent."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._staged.abort)

    def resume_writing(self) -> None:
        """It is read again."""
        self._read_again()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that was kept, on which nothing is under way."""
        self._staged.closed = True
        self._staged.whole.close()

    def shutdown(self) -> None:
        """The node stops: what came whole is answered, and nothing else is taken in."""
        self._stopping = True
        self.pipeline.clear()
        if self.rests:  # at once: a peer that is not reading never answers the close of TLS
            self._staged.abort()
            return
        assert self._running is not None
        self._running.keep_alive = False
        self.loop.call_later(STOP_SECONDS, self._stop)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _stop(self) -> None:
        """Wait no longer for what drips, in or out; but for what came whole and is being answered."""
        running = self._running
        if running is None or running.more_body or running.response_started or self.flow.write_paused:
            self._staged.abort()
        elif not self._staged.whole.is_closing():
            self.loop.call_later(_LOOK_SECONDS, self._stop)

    def _no(self, why: str) -> NoReturn:
        self._why = why
        raise ValueError(why)

    def _check_target(self) -> None:
        """A target that is no path names the very host that the request does (RFC 9112, 3.2.2)."""
        host = next(value for name, value in self.headers if name == b"host")
        scheme, _, rest = self.url.partition(b"://")
        if scheme.lower() not in (b"http", b"https") or rest.partition(b"/")[0].lower() != host.lower():
            self._no("a target of another host, or none that is served here (RFC 9112, 3.2)")

    def _refuse(self, why: str) -> None:
        """Listen no more. What came whole before is answered first (RFC 9112, 9.3.2), and then this."""
        self._why = why
        self._wait_no_more()
        self._told(self.client[0] if self.client else "", why)
        broken = self.cycle if self.cycle is not None and self.cycle.more_body else None
        if broken is None or broken is not self._running:
            if broken is not None:
                self.pipeline.popleft()
            if self.rests:
                self.send_400_response(why)
            else:
                self.flow.pause_reading()
            return
        broken.disconnected = True
        broken.message_event.set()
        if broken.response_started:
            self._staged.close()
        else:
            self.send_400_response(why)

    def _drop(self, size: int) -> None:
        self._dropped += size
        if self._staged.closed and self._dropped > LINGER_BYTES:
            self._staged.abort()

    def _linger(self) -> None:
        """Close in stages (RFC 9112, 9.6): to close while the other side still sends would take the answer from it."""
        self._wait_no_more()
        self._unset_keepalive_if_required()
        if self._last and not self._why and self._running is not None and not self._running.more_body:
            self._staged.whole.close()
            return
        self._staged.whole.resume_reading()
        self._waits = self.loop.call_later(LINGER_SECONDS, self._staged.whole.close)

    def _wait(self) -> None:
        self._wait_no_more()
        self._part = 0
        self._waits = self.loop.call_later(HEAD_SECONDS, self._look)

    def _look(self) -> None:
        """End the connection of who sends nothing, or too little; unless it is we who do not read."""
        if self.flow.read_paused or self._part >= BODY_PART_BYTES:
            self._wait()
        else:
            self._staged.abort()

    def _wait_no_more(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class _InStages:
    """A transport whose close goes in stages; the `whole` of it can be closed at once."""

    def __init__(self, whole: asyncio.Transport, linger: Callable[[], None]) -> None:
        self.whole, self.closed = whole, False
        self._linger = linger
        self.write = whole.write

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed or self.whole.is_closing()

    def close(self) -> None:
        """Close it, in stages."""
        if not self.closed:
            self.closed = True
            self._linger()

    def abort(self) -> None:
        """Close it now, whatever was not sent yet."""
        self.closed = True
        self.whole.abort()

    def end(self) -> None:
        """It is closed: who speaks on it is let go of, for else memory would wait for the collector to look."""
        self.closed, self._linger = True, _nothing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


def _nothing() -> None:
    """Do nothing."""
