"""What a port will not take: it is answered at once, without being read, and whoever sends it sees the answer."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest

from tests.ports import MOST, PORTS, Ports, answer_of, ports, statuses, to_its_end
from tests.serving import until

__all__ = ["ports"]

LONG = b"content-length: 1000000000\r\n"
JSON = b"content-type: application/json\r\n"


def post(path: str, more: bytes = LONG) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: x\r\n".encode("ascii") + more + b"\r\n"


NOT_TAKEN = [
    ("peers", post("/v1/nothing"), 404),
    ("peers", post("/v1/messages/gossip"), 400),
    ("peers", post("/v1/messages/transmittal"), 400),
    ("peers", post("/v1/messages/transmittal", b"content-length: 99999999999999999\r\n"), 400),
    ("peers", post("/v1/messages/transmittal?of=" + "0" * 64, b"content-length: 1\r\n"), 400),
    ("peers", post("/v1/batch"), 400),
    ("peers", post("/v1/pieces/" + "0" * 64 + "/0"), 400),
    ("peers", post("/v1/witness/add-checkpoint"), 400),
    ("people", post("/v1/nothing"), 404),
    ("people", post("/v1/releases", LONG + JSON), 401),
    ("people", post("/v1/session", LONG + JSON), 413),
    ("people", post("/v1/session", b"content-length: 10\r\ncontent-type: text/plain\r\n"), 415),
]


@pytest.fixture(scope="module")
def answers(ports: Ports) -> dict[tuple[str, bytes], bytes]:
    """All that is said to each of these until the port ends the connection."""
    heads = [(port, head) for port, head, _ in NOT_TAKEN]
    return dict(zip(heads, ports.said_at_once([(port, (head,)) for port, head in heads]), strict=True))


@pytest.mark.parametrize(("port", "head", "status"), NOT_TAKEN)
def test_it_is_answered_before_any_of_it_has_come(
    answers: dict[tuple[str, bytes], bytes], port: str, head: bytes, status: int
) -> None:
    answer = answers[port, head]
    assert statuses(answer) == [status], answer
    assert b"connection: close\r\n" in answer


@pytest.mark.parametrize(("port", "head", "status"), NOT_TAKEN[:1] + NOT_TAKEN[5:6] + NOT_TAKEN[9:11])
def test_who_asks_first_whether_to_send_it_is_told_not_to(ports: Ports, port: str, head: bytes, status: int) -> None:
    """RFC 9110, 10.1.1: the answer itself, and no 100 before it."""
    with ports.talking(port) as tls:
        tls.sendall(head[:-2] + b"expect: 100-continue\r\n\r\n")
        assert statuses(answer_of(tls)) == [status]


def test_who_asks_first_and_may_is_told_to_go_on(ports: Ports) -> None:
    head = post("/v1/messages/transmittal", b"content-length: 5\r\nexpect: 100-continue\r\nconnection: close\r\n")
    with ports.talking("peers") as tls:
        tls.sendall(head)
        assert statuses(tls.recv(1 << 16)) == [100]
        tls.sendall(b"never")
        assert statuses(to_its_end(tls)) == [422]


@pytest.mark.parametrize("port", PORTS)
def test_who_sends_all_of_it_first_sees_the_answer_and_no_reset(ports: Ports, port: str) -> None:
    body = bytes(200_000)
    for _ in range(5):
        with ports.talking(port) as tls:
            tls.sendall(post("/v1/nothing", b"content-length: 200000\r\n"))
            tls.sendall(body)
            assert statuses(tls.recv(1 << 16)) == [404]


@pytest.mark.parametrize("port", PORTS)
def test_who_goes_on_sending_is_not_listened_to(ports: Ports, port: str) -> None:
    sent = 0
    with ports.talking(port) as tls, suppress(ConnectionError, ssl.SSLError):
        tls.sendall(post("/v1/nothing"))
        while sent < MOST:
            sent += tls.send(bytes(1 << 16))
    assert sent < MOST


def test_what_comes_after_it_on_the_connection_is_not_acted_on(ports: Ports) -> None:
    """RFC 9112, 9.6. The second is a request of its own, and stands where the body would."""
    second = post("/v1/messages/after-the-end", b"content-length: 0\r\n")
    assert statuses(ports.said("peers", post("/v1/messages/before-the-end"), second)) == [400]
    until(lambda: "before-the-end" in ports.log)
    assert "after-the-end" not in ports.log


def test_what_has_come_whole_ends_no_connection(ports: Ports) -> None:
    """Where nothing is left to be read, the next request is answered too."""
    first, last = b"content-length: 3\r\n", b"content-length: 3\r\nconnection: close\r\n"
    asks = [post("/v1/nothing", more) + b"all" for more in (first, first, last)]
    assert statuses(ports.said("people", b"".join(asks))) == [404, 404, 404]
