"""The growing Merkle tree of RFC 6962: append, root, inclusion and consistency proofs at any size it ever had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

from relto.core.errors import InputError
from relto.core.merkle.hashing import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_LEAF_BYTES,
    TreeHead,
    leaf_hash,
    leaf_hashes,
    node_hash,
    parents,
    split_size,
)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it, and small enough to store with every leaf.

    `peaks` are the roots of its full subtrees, the largest first: one for each 1 in the binary `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count() or any(len(p) != HASH_BYTES for p in self.peaks):
            raise InputError(f"not the frontier of a tree of {self.size} leaves", remedy="rebuild it from the leaves")

    def extend_hashes(self, hashes: Iterable[bytes]) -> Frontier:
        """The frontier with these leaves more, by their leaf hashes. Raises InputError for one that is not 32 bytes."""
        nodes, below = list(hashes), list(self.peaks)
        size, above = self.size + len(nodes), list[bytes]()
        if nodes and {*map(len, nodes)} != {HASH_BYTES}:
            raise InputError("a leaf hash of another length", remedy=f"give {HASH_BYTES} bytes")
        left = self.size
        while nodes or left:  # a level at a time: its peak so far, if there is one, is the left one of the first pair
            if left & 1:
                nodes.insert(0, below.pop())
            if len(nodes) & 1:
                above.append(nodes.pop())
            nodes = parents(nodes, 0)
            left >>= 1
        return Frontier(size, tuple(reversed(above)))

    def head(self) -> TreeHead:
        """The tree's size and root."""
        if not self.peaks:
            return TreeHead(0, EMPTY_ROOT)
        return TreeHead(self.size, reduce(lambda right, left: node_hash(left, right), reversed(self.peaks)))


class Tree:
    """All hashes of a ledger in memory: level 0 the leaves' hashes, level n the roots of full subtrees of 2^n leaves.

    Appending costs two hashes a leaf in the long run; a root or a proof costs some dozens, whatever the size.
    """

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> int:
        """Add a leaf and give its index. Raises InputError for a leaf of more than 65,535 bytes."""
        node = leaf_hash(leaf) if len(leaf) > MAX_LEAF_BYTES else sha256(b"\x00" + leaf).digest()
        level = self._levels[0]
        index = len(level)
        level.append(node)
        if index & 1:  # a left leaf waits for its right one
            self._climb(index, node)
        return index

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, in order; the same as to append each, and quicker. Raises InputError for one of more than 65,535
        bytes: then none is added."""
        self._grow(leaf_hashes(leaves))

    def extend_hashes(self, hashes: Iterable[bytes]) -> None:
        """Add leaves by their leaf hashes, in order. Raises InputError for one that is not 32 bytes: then none is."""
        added = list(hashes)
        if added and {*map(len, added)} != {HASH_BYTES}:
            raise InputError("a leaf hash of another length", remedy=f"give {HASH_BYTES} bytes")
        self._grow(added)

    def _grow(self, added: list[bytes]) -> None:
        """Add hashes to the leaves, and to each level the parents of the pairs that this completes."""
        levels, height = self._levels, 0
        while added:
            if height == len(levels):
                levels.append([])
            level = levels[height]
            first = len(level) & ~1  # the pairs before it have their parents
            level += added
            added = parents(level, first)
            height += 1

    def append_hash(self, node: bytes) -> int:
        """Add a leaf by its leaf hash, as a store keeps it, and give its index. Raises InputError if not 32 bytes."""
        if len(node) != HASH_BYTES:
            raise InputError(f"a leaf hash of {len(node)} bytes", remedy=f"give {HASH_BYTES}")
        level = self._levels[0]
        index = len(level)
        level.append(node)
        if index & 1:
            self._climb(index, node)
        return index

    def _climb(self, position: int, node: bytes) -> None:
        """Add the parents that the leaf at `position` (odd) completes, up to the first that waits for its right one."""
        levels, height = self._levels, 0
        while position & 1:
            node = sha256(b"\x01" + levels[height][position - 1] + node).digest()
            height += 1
            position >>= 1
            if height == len(levels):
                levels.append([])
            levels[height].append(node)

    def head(self, size: int | None = None) -> TreeHead:
        """The head of the tree as it was at `size` leaves, now if None. Raises InputError if it never had so many."""
        size = self._known(size)
        return TreeHead(size, self._root(0, size))

    def node(self, height: int, index: int) -> bytes:
        """The root of the `index`th full subtree of 2^height leaves. Raises InputError where there is none."""
        if not 0 <= height < len(self._levels) or not 0 <= index < len(self._levels[height]):
            raise InputError(f"a tree of {self.size} leaves has no full subtree {index} of height {height}")
        return self._levels[height][index]

    def frontier(self) -> Frontier:
        """The tree's right edge."""
        size = self.size
        heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
        return Frontier(size, tuple(self._levels[height][(size >> height) - 1] for height in heights))

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The path PATH(index, D[size]) of RFC 6962, 2.1.1, the leaf's sibling first.

        Raises InputError if there is no such leaf in a tree of `size`.
        """
        end = self._known(size)
        if not 0 <= index < end:
            raise InputError(f"no leaf {index} in a tree of {end}", remedy="count leaves from 0")
        path: list[bytes] = []
        start = 0
        while end - start > 1:
            middle = start + split_size(end - start)
            if index < middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_proof(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        """The proof PROOF(old, D[size]) of RFC 6962, 2.1.2; empty where `old` is 0 or all of it.

        Raises InputError if the tree never had `old` or `size` leaves, or `old` is the larger.
        """
        end = self._known(size)
        if not 0 <= old <= end:
            raise InputError(f"no tree of {old} leaves within one of {end}", remedy="give the smaller size first")
        if old in (0, end):
            return ()
        path: list[bytes] = []
        start = 0
        while old != end:
            middle = start + split_size(end - start)
            if old <= middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        if start:
            path.append(self._root(start, end))
        return tuple(reversed(path))

    def _known(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise InputError(f"the tree has {self.size} leaves and never had {size}", remedy="give a size it had")
        return size

    def _root(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]), where start is a multiple of the power of two next above the width (RFC 6962, 2.1)."""
        width = end - start
        if width == 0:
            return EMPTY_ROOT
        if width & (width - 1) == 0:
            height = width.bit_length() - 1
            return self._levels[height][start >> height]
        middle = start + split_size(width)
        return node_hash(self._root(start, middle), self._root(middle, end))
