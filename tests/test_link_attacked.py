"""A peer that does not keep to HTTP: what it answers costs no more than an answer may, and is told as an error."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from relto.adapters.http import HttpLink
from relto.core.errors import PeerUnreachable, ReltoError
from tests.serving import OK, Network, answering, dripping

CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
MOST = 64 << 20
"""Bytes after which a peer that is still listened to stops: many times what any answer may have."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    made = Network(tmp_path_factory.mktemp("net"), ("KOR", "JPN"), lapses=False)
    yield made
    made.close()


def asked(net: Network) -> bytes:
    link = HttpLink(net.keys("KOR"), {"JPN": net.card("JPN")}.get)
    try:
        return link.exchange("JPN", "transmittal", b"a message")
    finally:
        link.close()


@pytest.mark.parametrize(
    ("opening", "more"),
    [
        (CHUNKED + b"-1\r\n", b"x" * (1 << 20)),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", b"x: y\r\n" * 100_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000),
        (OK + b"\r\n", b"x" * (1 << 20)),
    ],
    ids=["a chunk of less than nothing", "trailers", "interim answers", "body"],
)
def test_an_answer_without_end_is_not_listened_to(net: Network, opening: bytes, more: bytes) -> None:
    sent: list[int] = []

    def pour(tls: ssl.SSLSocket) -> None:
        tls.sendall(opening)
        while sum(sent) < MOST:
            tls.sendall(more)
            sent.append(len(more))

    with answering(net, "JPN", pour), pytest.raises(ReltoError):
        asked(net)
    assert sum(sent) < MOST


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"content-length: 100\r\n\r\nonly the beginning",
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhel",
        b"nothing that we speak\r\n\r\n",
        OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n",
        b'HTTP/1.1 400 Bad Request\r\ncontent-length: 28\r\n\r\n{"code": [2], "detail": "x"}',
    ],
    ids=[
        *("cut short", "less than nothing", "a chunk cut short", "another protocol", "two lengths", "an upgrade"),
        "a code that is none",
    ],
)
def test_what_is_no_whole_answer_is_none(net: Network, answer: bytes) -> None:
    with answering(net, "JPN", lambda tls: tls.sendall(answer)), pytest.raises(PeerUnreachable):
        asked(net)


def test_an_answer_to_nothing_is_not_taken_for_the_answer_to_the_next_message(net: Network) -> None:
    def twice(tls: ssl.SSLSocket) -> None:
        for number in (b"1", b"2"):
            tls.sendall(OK + b"content-length: 1\r\n\r\n" + number + OK + b"content-length: 1\r\n\r\nx")
            tls.recv(1 << 16)

    link = HttpLink(net.keys("KOR"), {"JPN": net.card("JPN")}.get)
    with answering(net, "JPN", twice):
        for message in (b"one", b"two"):
            with suppress(PeerUnreachable):  # a peer that answers nothing is one that we do not understand
                assert link.exchange("JPN", "transmittal", message) in (b"1", b"2")
        link.close()


@pytest.mark.parametrize("part", [b"a", b"\r\n"], ids=["head", "body"])
def test_a_peer_that_answers_a_byte_at_a_time_is_waited_for_no_longer_than_any(
    net: Network, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr("relto.adapters.http.link.ANSWER_SECONDS", 0.3)
    times: list[int] = []
    with answering(net, "JPN", dripping(part, times)), pytest.raises(PeerUnreachable, match="no answer"):
        asked(net)
    assert len(times) == 1  # it is not asked again at once, as after a connection that was cut


def test_a_peer_that_takes_a_little_at_a_time_is_waited_for_in_relation_to_what_is_sent(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.adapters.http.link.ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("relto.adapters.http.line._SLOWEST", 1 << 30)
    taken: list[int] = []

    def sip(tls: ssl.SSLSocket) -> None:
        while data := tls.recv(1 << 14):
            taken.append(len(data))
            time.sleep(0.05)

    link = HttpLink(net.keys("KOR"), {"JPN": net.card("JPN")}.get)
    with answering(net, "JPN", sip), pytest.raises(PeerUnreachable, match="does not take what is sent"):
        link.exchange_many("JPN", [("transmittal", bytes(1 << 20))] * 7)
    link.close()
    assert sum(taken) < 4 << 20


def test_a_node_that_stops_waits_for_a_peer_a_little_longer_and_no_more(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.adapters.http.link._HURRY_SECONDS", 0.1)
    link = HttpLink(net.keys("KOR"), {"JPN": net.card("JPN")}.get)
    times: list[int] = []
    with answering(net, "JPN", dripping(b"\r\n", times)):
        link.hurry()
        for _ in range(2):
            with pytest.raises(PeerUnreachable, match="this node stops"):
                link.exchange("JPN", "transmittal", b"a message")
    link.close()
    assert len(times) == 1
