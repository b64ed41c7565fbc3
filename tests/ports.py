"""Both ports of a node that is served by a process of its own, and connections to them that say what they like."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from relto.adapters.http import client_context
from relto.cli.served import Served, free_address
from tests.serving import PASSPHRASE, Network, bare_context

PORTS = ("peers", "people")
MOST = 32 << 20
"""Bytes after which whoever is still listened to stops: more than two kernels hold between them."""


class Ports:
    """JPN's node, served; KOR is the peer that speaks to it, a stranger speaks to the people's port."""

    def __init__(self, folder: Path) -> None:
        self.net = Network(folder, ("KOR", "JPN"), lapses=False)
        self.people = free_address()
        self.served = self._serve()

    def serve_again(self) -> None:
        """Serve it anew."""
        self.served.close()
        self.served = self._serve()

    def _serve(self) -> Served:
        served = Served(self.net.folder / "jpn", self.address("peers"), PASSPHRASE, people=self.people)
        served.wait()
        return served

    def address(self, port: str) -> str:
        """Where a port is."""
        return self.people if port == "people" else self.net.card("JPN").address

    def plain(self, port: str) -> socket.socket:
        """A connection without TLS yet."""
        host, _, number = self.address(port).rpartition(":")
        return socket.create_connection((host, int(number)), timeout=30)

    @contextmanager
    def talking(self, port: str) -> Iterator[ssl.SSLSocket]:
        """A connection: of the peer at its port, of somebody who shows nothing at the people's."""
        peers = client_context(self.net.keys("KOR"), self.net.card("JPN")) if port == "peers" else None
        context = peers or bare_context()
        with self.plain(port) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            yield tls

    def said(self, port: str, *parts: bytes) -> bytes:
        """All that is answered to these parts until the port ends the connection."""
        with self.talking(port) as tls:
            with suppress(ConnectionError, ssl.SSLError):  # it may have ended before the last of them
                for part in parts:
                    tls.sendall(part)
            return to_its_end(tls)

    def said_at_once(self, asks: Collection[tuple[str, tuple[bytes, ...]]]) -> list[bytes]:
        """What `said` gives for each port and parts, over connections that are open at the same time: a port that
        will not read on gives whoever sends two seconds to end the connection first."""
        with ThreadPoolExecutor(len(asks)) as threads:
            return list(threads.map(lambda ask: self.said(ask[0], *ask[1]), asks))

    def first_said(self, port: str, ask: bytes) -> bytes:
        """The one answer to this; then the connection is ended from here."""
        with self.talking(port) as tls:
            tls.sendall(ask)
            return answer_of(tls)

    @property
    def log(self) -> str:
        """What the process has said."""
        return self.net.log("JPN")

    def close(self) -> None:
        """End it."""
        self.served.close()
        self.net.close()


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Ports that the tests of a module speak to, and that nothing brings to a traceback."""
    made = Ports(tmp_path_factory.mktemp("net"))
    yield made
    made.close()
    assert "Traceback" not in made.log


def to_its_end(tls: ssl.SSLSocket) -> bytes:
    """What comes until the other side ends the connection."""
    found = b""
    with suppress(ConnectionError, ssl.SSLEOFError):
        while data := tls.recv(1 << 16):
            found += data
    return found


def answer_of(tls: ssl.SSLSocket) -> bytes:
    """One answer, as long as it says it is."""
    found = b""
    while b"\r\n\r\n" not in found or len(found.partition(b"\r\n\r\n")[2]) < _length(found):
        data = tls.recv(1 << 16)
        assert data, found
        found += data
    return found


def _length(answer: bytes) -> int:
    said = re.search(rb"\r\ncontent-length: (\d+)\r\n", answer)
    return int(said[1]) if said else 0


def statuses(answers: bytes) -> list[int]:
    """The status of each answer."""
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
