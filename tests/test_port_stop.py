"""A node that is told to stop (SIGTERM) ends soon whoever drips, and loses nothing that was acknowledged."""

from __future__ import annotations

import os
import signal
import ssl
import threading
import time
from contextlib import ExitStack, suppress

from relto.node import release, verify
from relto.node.feed import Offer, release_many
from tests.ports import PORTS, Ports, ports
from tests.serving import answering, dripping, until

__all__ = ["ports"]

ITEM = "msl-2019-10-31"
LONG_ENOUGH = 8.0
"""Seconds: what drips may take a few, by itself a request that is being answered up to ten, a peer sixty."""


def drips(tls: ssl.SSLSocket, over: threading.Event) -> None:
    """Send a byte of a body now and then."""
    with suppress(OSError):
        while not over.wait(0.05):
            tls.sendall(b" ")


def ends(process: int) -> bool:
    """Tell a process to stop; whether it ends well while it is waited for."""
    os.kill(process, signal.SIGTERM)
    since = time.monotonic()
    while time.monotonic() - since < LONG_ENOUGH:
        over = os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if over is not None:
            return (over.si_code, over.si_status) == (os.CLD_EXITED, 0)
        time.sleep(0.02)
    return False


BODY = b"host: x\r\ncontent-length: 1000\r\n\r\n"
SLOW = [
    ("peers", b"POST /v1/messages/transmittal HTTP/1.1\r\n" + BODY),
    ("people", b"POST /v1/session HTTP/1.1\r\ncontent-type: application/json\r\n" + BODY),
    ("peers", b"POST /v1/batch HTTP/1.1\r\nhost: x\r\n"),
    ("people", b"GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 16),
]


def test_it_ends_soon_beside_those_that_drip_and_what_was_acknowledged_is_there(ports: Ports) -> None:
    over, node = threading.Event(), ports.net.nodes["KOR"]
    done: list[str] = []

    def releases() -> None:
        while not over.is_set():
            delivery = release(node, node.base.item(ITEM), "JPN")
            if delivery.state != "done":
                return
            done.append(delivery.row.subject)

    asked: list[int] = []
    with answering(ports.net, "KOR", dripping(b"\r\n", asked)), ExitStack() as held:
        assert ends(ports.served.pid)  # it had met KOR in vain; now it begins anew, and meets a peer that drips
        own = ports.net.nodes["JPN"]
        item = next(one for one in own.base.items.values() if one.originator == "JPN")
        release_many(own, [Offer(item, "KOR")])
        ports.serve_again()
        until(lambda: asked)
        for port, head in SLOW:
            tls = held.enter_context(ports.talking(port))
            tls.sendall(head)
            threading.Thread(target=drips, args=(tls, over), daemon=True).start()
        for port in PORTS:
            held.enter_context(ports.plain(port))  # and who never begins
        sends = threading.Thread(target=releases, daemon=True)
        sends.start()
        until(lambda: len(done) > 5)
        ended = ends(ports.served.pid)
        over.set()
        sends.join()
    assert ended
    assert "Traceback" not in ports.log
    ports.serve_again()
    with ports.net.nodes["JPN"].store.read() as reading:
        assert set(done) <= {one.id for one in reading.holdings()}
    assert verify(node).holds
    assert verify(ports.net.nodes["JPN"]).holds
