"""Who speaks to a port and says too much: strangers at the people's port, over a connection that anybody may open."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from relto.adapters.http import client_context
from relto.cli.served import Served, free_address
from tests.serving import PASSPHRASE, Network, bare_context, network, until

ASKS = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
MOST = 8 << 20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address at which JPN's node serves its own people, and its process."""
    net, address = Network(tmp_path_factory.mktemp("net"), ("JPN",), lapses=False), free_address()
    with Served(net.folder / "jpn", net.card("JPN").address, PASSPHRASE, people=address) as served:
        served.wait()
        yield address, served.pid
    net.close()


@pytest.fixture
def people(served: tuple[str, int]) -> str:
    return served[0]


def memory(process: int) -> int:
    """The bytes of memory that a process has (proc(5))."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def stranger(address: str) -> Iterator[ssl.SSLSocket]:
    """A connection of somebody who shows nothing."""
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=60) as plain,
        bare_context().wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        yield tls


def test_who_asks_thousands_of_times_before_an_answer_is_not_listened_to(served: tuple[str, int]) -> None:
    """Each request that waits for the one before is kept in memory: some 140 times what it took to ask."""
    address, process = served
    before, sent, some = memory(process), 0, ASKS * 10_000
    with stranger(address) as tls, suppress(ConnectionError, ssl.SSLError, TimeoutError):
        while sent < MOST:
            tls.sendall(some)
            sent += len(some)
    assert memory(process) - before < 64 << 20


@pytest.mark.parametrize("more", [b"", b"host: y\r\n"], ids=["none", "two"])
def test_a_request_names_one_host(people: str, more: bytes) -> None:
    """RFC 9112, 3.2: 400 for none, and for more than one."""
    with stranger(people) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\n" + (b"host: x\r\n" + more if more else b"") + b"\r\n")
        assert tls.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


def test_a_peer_that_hangs_up_in_the_middle_of_a_message_is_a_line_in_the_log() -> None:
    with network("KOR", "JPN") as net:
        host, _, port = net.card("JPN").address.rpartition(":")
        for _ in range(20):
            with (
                socket.create_connection((host, int(port)), timeout=10) as plain,
                client_context(net.keys("KOR"), net.card("JPN")).wrap_socket(plain, server_hostname="x") as tls,
            ):
                tls.sendall(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nrelto")
        with net.client("KOR", "JPN") as client:
            client.post("/v1/messages/nothing", content=b"x")
        until(lambda: "nothing" in net.log("JPN"))
        assert "Traceback" not in net.log("JPN")
