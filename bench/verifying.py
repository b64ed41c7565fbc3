"""`relto ledger verify` of nodes full of releases: as whole processes, one and as many as there are processors.

RELTO_BENCH_ITEMS sets how many items are released (two leaves each at the recipient, three at the sender); half a
million take eleven minutes to make. Rehashing and the register by themselves are measured too, in
shares as they are verified.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from bench.releases import PASSPHRASE, PAYLOAD, RunningClock, made_nodes
from relto.adapters.sqlite.rows import columns_of_duty, columns_of_holding
from relto.cli.served import free_address
from relto.compose import open_node, wire
from relto.core.evidence import Evidence
from relto.core.ledger import Tree, leaf_hash
from relto.core.register import fold
from relto.node import Node, Offer, dispatch_pending, release_many
from relto.node.events import event_in
from relto.node.rows import Leaf
from relto.node.share import share_of
from relto.node.statements import statement
from relto.shares import processors

ITEMS: Final = int(os.environ.get("RELTO_BENCH_ITEMS", "51200"))
BATCH: Final = 128
MILLION: Final = 1_000_000
LONG: Final = int(10e12)  # nanoseconds until the lapse: nothing lapses here
GOAL: Final = 90.0
REBUILDING: Final = 30.0


def verifying(figure: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Seconds for each million leaves, at the recipient and at the sender."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _made(folder)
        for party in ("JPN", "KOR"):
            alone, leaves = _verified(folder / party, 1)
            together, _ = _verified(folder / party, processors())
            yield figure(
                f"ledger verify, {party}",
                leaves=leaves,
                processes=processors(),
                seconds=round(together, 1),
                seconds_a_million=round(together / leaves * MILLION, 1),
                target_s_a_million=GOAL,
                by_one_process_s_a_million=round(alone / leaves * MILLION, 1),
                times_one_process=round(alone / together, 2),
                met=together / leaves * MILLION < GOAL,
            )
        yield _rebuilding(figure, folder / "JPN")


def _made(folder: Path) -> None:
    lapses_at = time.monotonic_ns() + LONG
    sender = made_nodes(folder, free_address(), lapses_at)
    recipient = open_node(folder / "JPN", PASSPHRASE, clock=RunningClock(lapses_at))
    wire([sender, recipient])
    item = sender.read_dossier().item("msl-2019-10-31")
    for _ in range(-(-ITEMS // BATCH)):
        release_many(sender, [Offer(item, "JPN", payload=PAYLOAD) for _ in range(BATCH)])
        dispatch_pending(sender)
    sender.store.close()
    recipient.store.close()


def _verified(folder: Path, processes: int) -> tuple[float, int]:
    """Seconds of the whole process, and how many leaves there are."""
    relto = Path(sys.executable).parent / "relto"
    start = time.perf_counter()
    command = [str(relto), "ledger", "verify", "--json", "--processes", str(processes), "--node", str(folder)]
    done = subprocess.run(command, capture_output=True, check=True)
    seconds = time.perf_counter() - start
    told = json.loads(done.stdout)
    assert told["holds"]
    return seconds, int(told["leaves"])


def _rebuilding(figure: Callable[..., dict[str, Any]], folder: Path) -> dict[str, Any]:
    """The tree and the rows of the register made anew from the leaves, their signatures believed, in the shares of a
    verification: by as many processes as there are processors, from when these have begun and opened the node."""
    count = processors()
    with ProcessPoolExecutor(count, get_context("spawn"), _open, (str(folder),)) as pool:
        list(pool.map(_wait, [1.0] * count))  # each has opened it
        start = time.perf_counter()
        shares = list(pool.map(_rebuild, range(count), [count] * count))
        tree = Tree()
        tree.extend_hashes(one for _, one in sorted(one for placed, _ in shares for one in placed))
        head = tree.head()
        seconds = time.perf_counter() - start
    node = open_node(folder, None, clock=RunningClock(time.monotonic_ns() + LONG))
    with node.store.read() as reading:
        assert reading.frontier().head() == head
    node.close()
    return figure(
        "the tree and the register's rows made anew",
        leaves=tree.size,
        processes=count,
        rows=sum(rows for _, rows in shares),
        seconds_a_million=round(seconds / tree.size * MILLION, 1),
        target_s_a_million=REBUILDING,
        met=seconds / tree.size * MILLION < REBUILDING,
    )


_NODES: Final[list[Node]] = []
"""In a process that rebuilds: the node it has opened."""


def _open(folder: str) -> None:
    gc.set_threshold(500_000, 20, 100)  # as where shares are verified
    _NODES.append(open_node(Path(folder), None, clock=RunningClock(time.monotonic_ns() + LONG)))


def _wait(seconds: float) -> None:
    time.sleep(seconds)  # so that each process takes one


def _rebuild(number: int, of: int) -> tuple[list[tuple[int, bytes]], int]:
    """The hashes of a share's leaves, each with its position, and how many rows of holdings and duties they come to."""
    (node,), placed, rows = _NODES, list[tuple[int, bytes]](), 0

    def stated(leaves: Iterable[Leaf]) -> Iterator[Evidence]:
        for leaf in leaves:
            placed.append((leaf.position, leaf_hash(leaf.evidence.encode("ascii"))))
            yield statement(leaf.evidence)

    with node.store.read() as reading:
        evidence = stated(reading.leaves_taken(share_of(reading, number, of).asks))
        for held in fold(_events(node, evidence)).values():
            rows += len([columns_of_holding(held), *columns_of_duty(held)])
    return placed, rows


def _events(node: Node, evidence: Iterable[Evidence]) -> Iterator[Any]:
    return (event for one in evidence if (event := event_in(one, node.party, _none)) is not None)


def _none(name: str) -> Any:
    raise AssertionError(name)  # these lives begin with a receipt, and go no further
