"""The hashes of an RFC 6962 Merkle tree (section 2.1), and the head that commits to all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.errors import InputError

HASH_BYTES: Final = 32
MAX_SIZE: Final = 2**63 - 1
MAX_LEAF_BYTES: Final = 65_535  # what one entry of a tlog-tiles bundle can hold
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf. Raises InputError for a leaf of more than 65,535 bytes."""
    if len(leaf) > MAX_LEAF_BYTES:
        raise InputError(f"a leaf of {len(leaf)} bytes", remedy=f"enter at most {MAX_LEAF_BYTES}, or a digest")
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the two nodes below."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """The hash of each leaf. Raises as `leaf_hash` does."""
    sha256, given = hashlib.sha256, list(leaves)
    if max(map(len, given), default=0) > MAX_LEAF_BYTES:
        return [leaf_hash(leaf) for leaf in given]  # it says which
    return [sha256(b"\x00" + leaf).digest() for leaf in given]


def parents(level: Sequence[bytes], first: int) -> list[bytes]:
    """The nodes above the pairs of a level from the node `first` (even) on; a last node without another has none."""
    sha256 = hashlib.sha256
    pairs = zip(level[first::2], level[first + 1 :: 2], strict=False)
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs]


def split_size(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2): how many leaves stand left of the root."""
    return 1 << ((size - 1).bit_length() - 1)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """How many leaves a tree has, and the root over them.

    Raises InputError for an impossible size, a root that is not 32 bytes, and an empty tree with another tree's root.
    """

    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise InputError(f"a tree of {self.size} leaves", remedy="give a size from 0 to 2^63 - 1")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise InputError("a root that cannot be one of a tree of this size", remedy=f"give its {HASH_BYTES} bytes")
