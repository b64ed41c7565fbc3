"""Publishing a node's ledger as static files: checkpoint and tiles, and, where asked for, the evidence itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from relto.core.envelope import keys_of
from relto.core.errors import Conflict, NotFound, ReltoError, VerificationFailed
from relto.core.ledger import (
    CHECKPOINT_PATH,
    Checkpoint,
    Tree,
    bundle,
    bundle_path,
    tile,
    tile_path,
    tiles_of,
    verify_checkpoint,
)
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.ports import Reading

File = tuple[str, bytes]
"""A path, as tlog-tiles has it, and what is there."""


def published(node: Node, reading: Reading, *, entries: bool, before: bytes = b"") -> Iterator[File]:
    """The files of the ledger as it stands in `reading`, the checkpoint last: it promises the others.

    Without `entries` they are hashes alone, which say nothing of what was exchanged. `before`: the checkpoint that was
    published last. Raises NotFound for an empty ledger, VerificationFailed where the leaves are not those under the
    checkpoint, Conflict where what was published is no beginning of this ledger: then nothing is given.
    """
    note = reading.checkpoint()
    if not note:
        raise NotFound("the ledger is empty", remedy="the first release, receipt or instrument begins it")
    head = _signed(node, note).head
    tree = Tree()
    tree.extend_hashes(leaf.hash for leaf in reading.leaves())
    if tree.head() != head:
        raise VerificationFailed("the leaves are not those under the checkpoint", remedy="run `relto ledger verify`")
    if before:
        _check_goes_on(node, tree, before)
    return _files(reading, tree, note, entries)


def _files(reading: Reading, tree: Tree, note: str, entries: bool) -> Iterator[File]:
    leaves = reading.leaves()
    for level, index, width in tiles_of(tree.size):
        if entries and level == 0:
            some = islice(leaves, width)
            yield bundle_path(index, width), bundle(leaf.evidence.encode("ascii") for leaf in some)
        yield tile_path(level, index, width), tile(tree, level, index, width)
    yield CHECKPOINT_PATH, note.encode("utf-8")


def _signed(node: Node, note: bytes | str) -> Checkpoint:
    return verify_checkpoint(note, origin=origin_of(node.party), key=keys_of(node.all_keys(), node.party))


def _check_goes_on(node: Node, tree: Tree, before: bytes) -> None:
    """What is published is never taken back: raise Conflict unless it is a beginning of this ledger."""
    try:
        old = _signed(node, before).head
    except ReltoError as error:
        raise Conflict(f"another ledger is published there: {error}", remedy="choose another folder") from error
    if old.size > tree.size:
        raise Conflict(
            f"{old.size} leaves are published there, the ledger has {tree.size}: it was rolled back",
            remedy="restore the newest backup, and compare with the peers' evidence",
        )
    if tree.head(old.size) != old:
        raise Conflict(
            f"the first {old.size} leaves are others than those published there: the ledger was rewritten",
            remedy="keep both as they are, and compare with the peers' evidence",
        )
