"""Nodes served by processes of their own on the loopback, for tests of what goes over the wire."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2

from relto.adapters.clock import FolderClock, ReplayClock
from relto.adapters.http import PeerContexts, client_context
from relto.adapters.keys import FileKeys
from relto.cli.options import shipped_dossier
from relto.cli.served import Served, free_address
from relto.compose import CLOCK, create_node, introduce, open_node
from relto.core.timeline import Instant, parse_instant
from relto.node import Card, Node

PASSPHRASE = "a test guards nothing"
NOON = parse_instant("2019-11-18T12:00+09:00")
OK = b"HTTP/1.1 200 OK\r\n"


class Network:
    """Three nodes, opened here as their own people would, and the processes that serve them."""

    def __init__(self, folder: Path, parties: tuple[str, ...], *, lapses: bool) -> None:
        self.folder = folder
        self._dossier = unsuspended(folder) if lapses else shipped_dossier()
        self.parties = parties
        self.nodes: dict[str, Node] = {}
        self.served: dict[str, Served] = {}
        for party in parties:
            self.nodes[party] = self._make(party)
        introduce(self.nodes.values())

    def _make(self, party: str) -> Node:
        place = self.folder / party.lower()
        clock, address = ReplayClock(NOON), free_address()
        create_node(place, party, self._dossier, PASSPHRASE, clock=clock, replay=True, address=address).store.close()
        FolderClock(place / CLOCK).at = NOON
        return open_node(place, PASSPHRASE)

    def start(self, *parties: str) -> None:
        """Serve these nodes, or all."""
        for party in parties or self.parties:
            self.served[party] = Served(self.folder / party.lower(), self.card(party).address, PASSPHRASE)
        for party in parties or self.parties:
            self.served[party].wait()

    def set_clock(self, at: Instant) -> None:
        """Put all clocks at one instant."""
        for party in self.parties:
            FolderClock(self.folder / party.lower() / CLOCK).at = at

    def keys(self, party: str) -> FileKeys:
        """The keys of a node."""
        keys = self.nodes[party].keys
        assert isinstance(keys, FileKeys)
        return keys

    def card(self, party: str) -> Card:
        """The card of a node."""
        return self.nodes[party].keys.own

    def log(self, party: str) -> str:
        """What the process of a node has said."""
        return (self.folder / f"{party.lower()}.log").read_text("utf-8")

    def client(self, sender: str, recipient: str) -> httpx2.Client:
        """A client that speaks as one node to another, and may say what it likes."""
        context = client_context(self.keys(sender), self.card(recipient))
        return httpx2.Client(verify=context, base_url=f"https://{self.card(recipient).address}", trust_env=False)

    def close(self) -> None:
        """End the processes, and let go of the stores."""
        for served in self.served.values():
            served.close()
        for node in self.nodes.values():
            node.close()


@contextmanager
def network(*parties: str, lapses: bool = False) -> Iterator[Network]:
    """A network in a folder of its own, served until the end; `lapses`: the notice of 2019 takes its course."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = Network(folder, parties or ("KOR", "JPN", "USA"), lapses=lapses)
        stack.callback(made.close)
        made.start()
        yield made


@contextmanager
def answering(net: Network, party: str, answer: Callable[[ssl.SSLSocket], object]) -> Iterator[None]:
    """The node of a party, at its own address and with its own key and certificate, that answers so whatever it is
    asked first on each connection; all of them are cut at the end."""
    context = PeerContexts(net.keys(party), lambda _: None).context
    host, _, port = net.card(party).address.rpartition(":")
    talks, cut = list[threading.Thread](), list[ssl.SSLSocket]()

    def talk(plain: socket.socket) -> None:
        with plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as tls:
            cut.append(tls)
            tls.recv(1 << 16)
            answer(tls)

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listens.accept()
                plain.settimeout(10)
                talks.append(threading.Thread(target=talk, args=(plain,), daemon=True))
                talks[-1].start()

    with socket.create_server((host, int(port))) as listens:
        serves = threading.Thread(target=serve, daemon=True)
        serves.start()
        try:
            yield
        finally:
            listens.shutdown(socket.SHUT_RDWR)
            serves.join()
            for tls in cut:
                with suppress(OSError):
                    tls.shutdown(socket.SHUT_RDWR)
            for one in talks:
                one.join()


def dripping(part: bytes, asked: list[int]) -> Callable[[ssl.SSLSocket], object]:
    """An answer that begins, and then comes a part at a time for longer than anybody waits."""

    def drip(tls: ssl.SSLSocket) -> None:
        asked.append(1)
        tls.sendall(OK + b"content-length: 5000\r\n")
        for _ in range(2400):
            tls.sendall(part)
            time.sleep(0.02)

    return drip


def unsuspended(folder: Path) -> Path:
    """The shipped dossier as it would be had the notice of August 2019 never been suspended."""
    place = folder / "dossier"
    shutil.copytree(shipped_dossier(), place)
    record = place / "records" / "kor-jpn-2016.yaml"
    before, _ = record.read_text("utf-8").split("  - id: n002\n")
    record.write_text(before, "utf-8")
    return place


def bare_context(*, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client's context that trusts whoever answers and shows nothing: for attackers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


def until(true: Callable[[], object], patience: float = 30.0) -> None:
    """Wait until it holds: what another process does takes a moment."""
    since = time.monotonic()
    while not true():
        assert time.monotonic() - since < patience, "it did not come about"
        time.sleep(0.02)
