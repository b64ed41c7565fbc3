"""The ledger: appends in memory beside SHA-256 alone and a peer, durable appends beside fsync."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

from bench.releases import fsyncs_a_second
from relto.adapters.sqlite import SqliteStore
from relto.core.canon import digest
from relto.core.envelope import SigningKey
from relto.core.ledger import Checkpoint, Frontier, Tree, leaf_hash, sign_checkpoint
from relto.node.rows import Leaf

LEAVES: Final = 1_000_000
LEAF_BYTES: Final = 200
BATCH: Final = 100
DURABLE: Final = 50_000
PEERS: Final = 50_000
ROUNDS: Final = 5


def ledger(figure: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Appends in memory, with proofs at hand; durable in batches of 100; rehashing a million."""
    leaves = [number.to_bytes(8, "big") * (LEAF_BYTES // 8) for number in range(LEAVES)]
    yield from _in_memory(figure, leaves)
    yield _durable(figure, leaves[:DURABLE])


def _rate(count: int, run: Callable[[], object]) -> float:
    """The median of how many a second, over ROUNDS."""
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


def _grown(leaves: list[bytes], at_once: int) -> Tree:
    tree = Tree()
    if at_once == 1:
        for leaf in leaves:
            tree.append(leaf)
        return tree
    for start in range(0, len(leaves), at_once):
        tree.extend(leaves[start : start + at_once])
    tree.inclusion_proof(len(leaves) // 3)  # proofs are available: nothing is put off
    return tree


def _in_memory(figure: Callable[..., dict[str, Any]], leaves: list[bytes]) -> Iterator[dict[str, Any]]:
    from pymerkle import InmemoryTree

    def theirs() -> None:
        tree = InmemoryTree(algorithm="sha256")
        for leaf in leaves[:PEERS]:
            tree.append_entry(leaf)
        tree.prove_inclusion(PEERS // 3)

    sha256 = hashlib.sha256
    alone = _rate(len(leaves), lambda: [sha256(leaf).digest() for leaf in leaves])
    peer = _rate(PEERS, theirs)
    for at_once in (1, BATCH, len(leaves)):
        rate = _rate(len(leaves), lambda at_once=at_once: _grown(leaves, at_once))  # type: ignore[misc]
        yield figure(
            f"appends in memory, {at_once} at once",
            leaves_a_second=round(rate),
            target=700_000,
            sha256_alone_a_second=round(alone),
            ratio_to_sha256=round(rate / alone, 2),
            pymerkle_a_second=round(peer),
            times_pymerkle=round(rate / peer, 1),
            met=rate >= 700_000 and rate >= 5 * peer,
        )
    start = time.perf_counter()
    tree = _grown(leaves, len(leaves))
    proofs = 10_000
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    for index in range(0, len(leaves), len(leaves) // proofs):
        tree.inclusion_proof(index)
    yield figure(
        "a million leaves",
        rehashed_in_s=round(seconds, 2),
        inclusion_proof_us=round((time.perf_counter() - start) / proofs * 1e6, 1),
    )


def _leaf(position: int, subject: str, text: str) -> Leaf:
    data = text.encode("ascii")
    return Leaf(position, digest(data), "receipt", "KOR", subject, text, leaf_hash(data))


def _durable(figure: Callable[..., dict[str, Any]], leaves: list[bytes]) -> dict[str, Any]:
    """Batches of 100, each on the disk with its signed head before the next, as a node's store keeps them: of what is
    stated, its digest, its leaf hash, the tree's edge and the head are made here."""
    stated = [(f"t-{number:012}", data.hex()) for number, data in enumerate(leaves)]
    raw, alone, rates = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            raw.append(fsyncs_a_second(Path(name) / "raw"))
            alone.append(_by_sqlite_alone(Path(name) / "alone.db", stated))
            rates.append(_appended_a_second(Path(name) / "node.db", stated))
    return figure(
        "durable appends, 100 at once, each batch with its signed head",
        leaves_a_second=round(statistics.median(rates)),
        best=round(max(rates)),
        target=100_000,
        raw_fsyncs_a_second=round(statistics.mean(raw)),
        same_rows_by_sqlite_alone_a_second=round(statistics.median(alone)),
        met=statistics.median(rates) >= 100_000,
    )


def _appended_a_second(path: Path, stated: list[tuple[str, str]]) -> float:
    key = SigningKey(os.urandom(32))

    def signed(frontier: Frontier) -> str:
        return sign_checkpoint(Checkpoint("relto/ledger/KOR", frontier.head()), key)

    store = SqliteStore(path, create=True)
    start = time.perf_counter()
    for first in range(0, len(stated), BATCH):
        with store.write() as tx:
            frontier = tx.frontier()
            added = [_leaf(first + number, *one) for number, one in enumerate(stated[first : first + BATCH])]
            edge = frontier.extend_hashes([one.hash for one in added])
            assert tx.append_leaves(added, edge, signed)
    seconds = time.perf_counter() - start
    store.close()
    return len(stated) / seconds


def _by_sqlite_alone(path: Path, stated: list[tuple[str, str]]) -> float:
    """The same rows, made beforehand, in a table with the same index and settings: nothing hashed, nothing signed."""
    rows = [tuple(_leaf(number, *one)) for number, one in enumerate(stated)]
    batches = [[*chain.from_iterable(rows[first : first + BATCH])] for first in range(0, len(rows), BATCH)]
    insert = f"INSERT INTO leaf VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?)'] * BATCH)}"
    SqliteStore(path, create=True).close()
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=16000"):
        connection.execute(f"PRAGMA {setting}")
    start = time.perf_counter()
    for values in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(insert, values)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return len(rows) / seconds
