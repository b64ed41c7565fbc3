"""Lines over TLS: requests that go out while those before are being answered, and peers that answer something else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from relto.adapters.http import HttpLink, PeerContexts
from relto.cli.served import free_address
from relto.core.errors import InputError, PeerUnreachable, ReltoError
from relto.core.payload import MissileWarning
from relto.formats.payload.codec import write_payload
from relto.node import verify
from relto.node.feeding import Feeding
from relto.node.lines import Line
from relto.node.streams import Stream
from relto.node.watching import Watch
from tests.serving import NOON, Network, network


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network("KOR", "JPN") as made:
        yield made


def warning(number: int) -> bytes:
    return write_payload(MissileWarning(f"event-{number}", 1, "KOR", "alert", NOON))


def heard(net: Network, name: str) -> list[bytes]:
    return [one.content for one in Watch(net.nodes["JPN"], stream=name).look()]


def next_answer(line: Line) -> bytes | ReltoError:
    while (found := line.answer(1.0)) is None:
        pass
    return found


def heard_out(line: Line) -> None:
    for _ in range(1000):
        line.answer(0.1)


def test_a_stream_over_a_line_arrives_in_order_and_is_acknowledged(net: Network) -> None:
    node = net.nodes["KOR"]
    stream = Stream("lined", node.base.item("msl-2019-10-31"), "missile-warning", "JPN")
    states = []
    with Feeding(node, stream) as feeding:
        for number in range(1, 101):
            feeding.send([warning(number)])
            states += [one.state for one in feeding.settled()]
        states += [one.state for one in feeding.finish()]
    assert states == ["done"] * 100
    assert heard(net, "lined") == [warning(number) for number in range(1, 101)]
    assert verify(node).holds
    assert verify(net.nodes["JPN"]).holds


def test_a_peer_that_ends_in_the_middle_of_a_stream_loses_and_repeats_nothing(net: Network) -> None:
    node = net.nodes["KOR"]
    stream = Stream("ended", node.base.item("msl-2019-10-31"), "missile-warning", "JPN")
    with Feeding(node, stream) as feeding:
        for number in range(1, 31):
            feeding.send([warning(number)])
            if number == 20:
                net.served["JPN"].close()
            if number == 25:
                net.start("JPN")
        feeding.finish()
        assert feeding.waiting == 0
    assert heard(net, "ended") == [warning(number) for number in range(1, 31)]
    assert verify(node).holds


def test_answers_come_in_the_order_of_what_was_sent_and_a_problem_is_its_error(net: Network) -> None:
    line = HttpLink(net.keys("KOR"), {"JPN": net.card("JPN")}.get).line("JPN")
    assert line.answer(0.0) is None
    line.send("gossip", b"x")
    line.send("transmittal", b"never heard of")
    answer = next_answer(line)
    assert isinstance(answer, InputError)
    assert "the node of `JPN` says: `gossip` is no kind of message" in str(answer)
    with pytest.raises(PeerUnreachable, match="does not answer"):  # a problem ends the connection
        next_answer(line)
    line.close()


def test_a_card_pinned_anew_ends_the_line(net: Network) -> None:
    cards = {"JPN": net.card("JPN")}
    line = HttpLink(net.keys("KOR"), cards.get).line("JPN")
    cards["JPN"] = replace(cards["JPN"], address="127.0.0.1:1")
    with pytest.raises(PeerUnreachable, match="pinned anew"):
        line.send("transmittal", b"x")
    line.close()
    with pytest.raises(PeerUnreachable, match=r"does not answer at 127\.0\.0\.1:1"):
        HttpLink(net.keys("KOR"), cards.get).line("JPN")
    with pytest.raises(PeerUnreachable, match="no address"):
        HttpLink(net.keys("KOR"), lambda _: None).line("JPN")


def test_only_who_shows_the_pinned_certificate_gets_a_line(net: Network) -> None:
    with pretending(net, "KOR", lambda _: None) as card, pytest.raises(PeerUnreachable, match="verify failed"):
        HttpLink(net.keys("KOR"), {"JPN": card}.get).line("JPN")


@contextmanager
def pretending(net: Network, as_: str, answer: Callable[[ssl.SSLSocket], Any]) -> Iterator[Any]:
    """JPN's card with the address of a server that shows `as_`'s certificate, and answers as it likes."""
    context, address = PeerContexts(net.keys(as_), lambda _why: None).context, free_address()
    host, _, port = address.rpartition(":")
    context.sni_callback = None

    def serve() -> None:
        with suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as connection:
            connection.recv(65536)
            answer(connection)
            connection.recv(65536)  # until the other side lets go

    with socket.create_server((host, int(port))) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield replace(net.card("JPN"), address=address)
        thread.join(10)


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "said",
    [
        b"220 mail.example.org ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n" + bytes(2 << 20),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"40000\r\n" + bytes(0x40000) + b"\r\n" * 20_000,
        OK * 2,
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n" * 10_000,
    ],
)
def test_a_peer_that_answers_something_else_or_without_end_is_cut(net: Network, said: bytes) -> None:
    def answer(connection: ssl.SSLSocket) -> None:
        connection.sendall(said)

    with pretending(net, "JPN", answer) as card:
        line = HttpLink(net.keys("KOR"), {"JPN": card}.get).line("JPN")
        try:
            line.send("transmittal", b"x")
            with pytest.raises(PeerUnreachable, match="does not answer"):
                heard_out(line)
        finally:
            line.close()


def test_a_peer_that_says_nothing_is_waited_for_no_longer_than_any(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.adapters.http.link.ANSWER_SECONDS", 0.05)
    with pretending(net, "JPN", lambda _: None) as card:
        line = HttpLink(net.keys("KOR"), {"JPN": card}.get).line("JPN")
        try:
            line.send("transmittal", b"x")
            with pytest.raises(PeerUnreachable, match="no answer"):
                heard_out(line)
        finally:
            line.close()
