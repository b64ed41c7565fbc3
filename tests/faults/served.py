"""kill -9 of processes that serve: three nodes over TLS, one killed at a random instant of a release, again and again.

Here one node dies and the others live on. What is released goes straight to the peer, or is only queued and sent by the
process that serves, or goes through the ally, whose process passes it on. The one that died is started again at once.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from relto.adapters.link import InProcessLink
from relto.node import release
from tests.faults.invariants import broken, view_of
from tests.faults.reach import delivered
from tests.faults.report import Outcome, Progress
from tests.faults.told import Told
from tests.serving import NOON, Network

ITEM: Final = "msl-2019-10-31"
LONGEST: Final = 0.3
"""Seconds after the first release of a round within which the process is killed."""
_PATIENCE: Final = 60.0
_RELEASES: Final = 2


class Driver:
    """Releases as Korea's people would, and notes what it was told."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.told: list[Told] = []

    def release(self, *, at_once: bool, via: tuple[str, ...]) -> None:
        """Release an item to Japan; only queue it, or send it too."""
        node = self.network.nodes["KOR"]
        self.told.append(Told("begun", "KOR", "release", about=str(NOON)))
        link = node.link
        if not at_once:
            node.link = InProcessLink()
        try:
            self.told += delivered("KOR", [release(node, node.base.item(ITEM), "JPN", via=via)])
        finally:
            node.link = link

    def rests(self) -> bool:
        """Whether nothing is queued anywhere, and nothing waits to be passed on."""
        for node in self.network.nodes.values():
            with node.store.read() as reading:
                if reading.outbox("queued"):
                    return False
        with self.network.nodes["USA"].store.read() as reading:
            return all(not one.awaits_relay or one.forwards for one in reading.holdings())


def run(folder: Path, kills: int, draw: random.Random, progress: Progress) -> Outcome:
    """Kill so many processes, one after another, over the same stores; the figures and what does not hold."""
    network = Network(folder, ("KOR", "JPN", "USA"), lapses=False)
    driver = Driver(network)
    killed: Counter[str] = Counter()
    found: list[str] = []
    try:
        network.start()
        for _ in range(kills):
            victim = draw.choice(network.parties)
            _round(driver, victim, draw)
            killed[f"killed_{victim.lower()}"] += 1
            stuck = [] if _until(driver.rests) else [f"unfinished: after {victim} was killed it did not come to rest"]
            found += stuck
            progress.one(stuck)
        found += broken({party: view_of(node) for party, node in network.nodes.items()}, driver.told)
    finally:
        network.close()
    releases = sum(one.what == "begun" for one in driver.told)
    return Outcome("kill -9 of nodes that serve", {"kills": kills, **killed, "releases": releases}, found)


def _round(driver: Driver, victim: str, draw: random.Random) -> None:
    """Release while the process of the victim is killed; it is started again."""
    network = driver.network
    served = network.served[victim]
    killer = threading.Timer(draw.uniform(0, LONGEST), os.kill, (served.pid, signal.SIGKILL))
    killer.start()
    for _ in range(_RELEASES):
        driver.release(at_once=draw.random() < 0.5, via=draw.choice(((), ("USA",))))
    killer.join()
    served.close()
    network.start(victim)


def _until(holds: Callable[[], bool]) -> bool:
    """Whether it came to hold in time."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > _PATIENCE:
            return False
        time.sleep(0.05)
    return True
