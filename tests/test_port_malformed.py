"""What is no request of HTTP/1.1, or one that two who read it could understand differently: a problem, and the end."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest

from tests.ports import PORTS, Ports, answer_of, ports, statuses, to_its_end
from tests.serving import until

__all__ = ["ports"]

HEAD = b"HTTP/1.1\r\nhost: x\r\n"
CHUNKED = b"POST /v1/batch " + HEAD + b"transfer-encoding: chunked\r\n"


MALFORMED = {
    "length and chunks": CHUNKED + b"content-length: 5\r\n\r\n0\r\n\r\n",
    "chunks and length": b"POST / " + HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / " + HEAD + b"content-length: 1\r\ncontent-length: 1\r\n\r\na",
    "a list of lengths": b"POST / " + HEAD + b"content-length: 1, 1\r\n\r\na",
    "a signed length": b"POST / " + HEAD + b"content-length: +1\r\n\r\na",
    "another coding": b"POST / " + HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked, and not last": b"POST / " + HEAD + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks of 1.0": b"POST / HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk in hex with a sign": CHUNKED + b"\r\n0x1\r\nx\r\n0\r\n\r\n",
    "chunk of more than all": CHUNKED + b"\r\nfffffffffffffffff\r\nx",
    "chunk with a bare line feed": CHUNKED + b"\r\n1\nx\r\n0\r\n\r\n",
    "space before the colon": b"GET / " + HEAD + b"a : b\r\n\r\n",
    "folded": b"GET / " + HEAD + b"a: b\r\n c\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nhost: x\n\n",
    "bare carriage return": b"GET / " + HEAD + b"a: b\rc: d\r\n\r\n",
    "nothing in a name": b"GET / " + HEAD + b": b\r\n\r\n",
    "zero in a field": b"GET / " + HEAD + b"a: b\x00c\r\n\r\n",
    "zero in the target": b"GET /\x00 " + HEAD + b"\r\n",
    "no version": b"GET /\r\n\r\n",
    "version 2": b"GET / HTTP/2.0\r\nhost: x\r\n\r\n",
    "preface of version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "upgrade": b"POST / " + HEAD + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\nhi",
    "tunnel": b"CONNECT x:443 " + HEAD + b"\r\n",
    "another host's target": b"GET http://y/healthz " + HEAD + b"\r\n",
    "target of no path": b"OPTIONS * " + HEAD + b"\r\n",
    "many fields": b"GET / " + HEAD + b"a: b\r\n" * 129 + b"\r\n",
    "long target": b"GET /" + b"x" * 100_000 + b" " + HEAD + b"\r\n",
}


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED)
def test_it_is_answered_with_a_problem_and_nothing_after_it_is_read(ports: Ports, port: str, said: bytes) -> None:
    before = ports.log.count("refused a request")
    with ports.talking(port) as tls:
        tls.sendall(said + b"GET /v1/messages/after-the-end " + HEAD + b"\r\n")
        answer = answer_of(tls)
    assert statuses(answer) == [400], answer
    assert b"connection: close\r\n" in answer
    assert b'"code": 2' in answer
    until(lambda: ports.log.count("refused a request") > before)
    assert "after-the-end" not in ports.log


GET = b"GET /healthz " + HEAD + b"\r\n"
TO_ITS_END: dict[str, tuple[str, tuple[bytes, ...]]] = {
    **{port: (port, (MALFORMED["two lengths"], b"GET / " + HEAD + b"\r\n")) for port in PORTS},
    "head": ("people", (GET * 3 + b"nothing that we speak\r\n\r\n",)),
    "body": ("people", (GET * 3 + CHUNKED + b"\r\nz\r\n",)),
    "broken off": ("peers", (CHUNKED + b"\r\n5\r\nhello\r\n", b"-5\r\n")),
}


@pytest.fixture(scope="module")
def answers(ports: Ports) -> dict[str, list[int]]:
    """The statuses of all that is said to each of these until the port ends the connection."""
    return dict(zip(TO_ITS_END, map(statuses, ports.said_at_once(TO_ITS_END.values())), strict=True))


@pytest.mark.parametrize("port", PORTS)
def test_it_ends_the_connection(answers: dict[str, list[int]], port: str) -> None:
    assert answers[port] == [400]


@pytest.mark.parametrize("wrong", ["head", "body"])
def test_what_came_before_it_is_answered_first(answers: dict[str, list[int]], wrong: str) -> None:
    """RFC 9112, 9.3.2: else its answer would be taken for that to the one before."""
    assert answers[wrong] == [200, 200, 200, 400]


def test_what_breaks_off_in_the_middle_of_a_message_is_answered_as_malformed(answers: dict[str, list[int]]) -> None:
    assert answers["broken off"] == [400]


def test_the_target_may_be_written_out(ports: Ports) -> None:
    """RFC 9112, 3.2.2."""
    asks = b"GET https://x/healthz " + HEAD + b"connection: close\r\n\r\n"
    assert statuses(ports.said("people", asks)) == [200]


def test_a_stranger_moves_no_cursor_and_begins_no_line_of_the_log(ports: Ports) -> None:
    ports.first_said("peers", b"GET /v1/messages/%1b[2Jx%0aforged%20line " + HEAD + b"connection: close\r\n\r\n")
    ports.first_said("peers", b"POST /v1/messages/%1b[2Jx%0aforged " + HEAD + b"content-length: 0\r\n\r\n")
    until(lambda: "2Jx" in ports.log)
    assert "\x1b" not in ports.log
    assert not any(line.startswith("forged") for line in ports.log.splitlines())


@pytest.mark.parametrize("port", PORTS)
def test_who_ends_tls_early_or_speaks_none_is_no_traceback(ports: Ports, port: str) -> None:
    for said in (b"", b"\x16\x03\x01", b"\x16\x03\x01\xff\xff" + bytes(100), b"GET / HTTP/1.1\r\n\r\n"):
        with ports.plain(port) as plain:
            plain.sendall(said)
    with ports.talking(port) as tls:
        tls.sendall(b"GET / HTTP")
        with suppress(OSError):
            ssl.SSLSocket.unwrap(tls)
    with ports.talking(port) as tls:
        tls.sendall(b"GET /v1/nothing " + HEAD + b"connection: close\r\n\r\n")
        assert statuses(to_its_end(tls))[0] in (404, 405)
    assert "Traceback" not in ports.log
