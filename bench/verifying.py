"""`relto ledger verify` of nodes full of releases: as whole processes, one and as many as there are processors.

RELTO_BENCH_ITEMS sets how many items are released (two leaves each at the recipient, three at the sender); half a
million take eleven minutes to make. Rehashing and the register by themselves are measured on one processor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bench.releases import PASSPHRASE, PAYLOAD, RunningClock, made_nodes
from relto.cli.served import free_address
from relto.compose import open_node, wire
from relto.core.ledger import Tree
from relto.core.register import fold
from relto.node import Node, Offer, dispatch_pending, release_many
from relto.node.events import event_in
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
    """The tree and the register made anew from the leaves, their signatures believed, on one processor."""
    node = open_node(folder, None, clock=RunningClock(time.monotonic_ns() + LONG))
    start = time.perf_counter()
    with node.store.read() as reading:
        tree = Tree(leaf.evidence.encode("ascii") for leaf in reading.leaves())
        rehashed = time.perf_counter() - start
        assert tree.head().root
        held = len(fold(_events(node, [leaf.evidence for leaf in reading.leaves()])))
    seconds = time.perf_counter() - start
    node.close()
    return figure(
        "the tree and the register made anew, one processor",
        leaves=tree.size,
        holdings=held,
        rehashed_s_a_million=round(rehashed / tree.size * MILLION, 1),
        seconds_a_million=round(seconds / tree.size * MILLION, 1),
        target_s_a_million=REBUILDING,
        met=seconds / tree.size * MILLION < REBUILDING,
    )


def _events(node: Node, leaves: list[str]) -> Iterator[Any]:
    evidence = (statement(one) for one in leaves)
    return (event for one in evidence if (event := event_in(one, node.party, _none)) is not None)


def _none(name: str) -> Any:
    raise AssertionError(name)  # these lives begin with a receipt, and go no further
