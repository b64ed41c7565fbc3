"""A ledger as a set of static files (C2SP tlog-tiles): its hashes in tiles of 256, its leaves in bundles of 256.

A tile is never changed once it is full; what a partial one says stays true. So the files can be published by any
server, cached for ever, and compared byte for byte with what was published before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from relto.core.errors import InputError, VerificationFailed
from relto.core.merkle import Tree, TreeHead, leaf_hash
from relto.core.merkle.hashing import HASH_BYTES, MAX_LEAF_BYTES

TILE_WIDTH: Final = 256
CHECKPOINT_PATH: Final = "checkpoint"
_MAX_LEVEL: Final = 63
_HEIGHT: Final = 8  # of the subtree that a full tile spans


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """`tile/L/N`, with `.p/W` where it has fewer than 256 hashes. Raises InputError for what no tile can be."""
    if not 0 <= level <= _MAX_LEVEL:
        raise InputError(f"a tile of level {level}", remedy=f"give a level from 0 to {_MAX_LEVEL}")
    return f"tile/{level}/{_place(index, width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """`tile/entries/N`, with `.p/W` where it has fewer than 256 leaves. Raises InputError for what no bundle can be."""
    return f"tile/entries/{_place(index, width)}"


def _place(index: int, width: int) -> str:
    """An index in groups of three digits, all but the last with an `x` before them."""
    if index < 0 or not 1 <= width <= TILE_WIDTH:
        raise InputError(f"a tile {index} of {width} hashes", remedy=f"count from 0, and give 1 to {TILE_WIDTH}")
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    place = "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]])
    return place if width == TILE_WIDTH else f"{place}.p/{width}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Level, index and width of each tile of a tree of `size` leaves; a partial one is the last of its level."""
    level = 0
    while size > 0:
        for index in range(-(-size // TILE_WIDTH)):
            yield level, index, min(TILE_WIDTH, size - index * TILE_WIDTH)
        size //= TILE_WIDTH
        level += 1


def tile(tree: Tree, level: int, index: int, width: int) -> bytes:
    """The hashes of a tile, one after another. Raises InputError where the tree has none such."""
    first = index * TILE_WIDTH
    return b"".join(tree.node(_HEIGHT * level, first + place) for place in range(width))


def bundle(leaves: Iterable[bytes]) -> bytes:
    """Leaves one after another, each with its length before it (two bytes, big-endian)."""
    parts: list[bytes] = []
    for leaf in leaves:
        if len(leaf) > MAX_LEAF_BYTES:
            raise InputError(f"a leaf of {len(leaf)} bytes", remedy=f"enter at most {MAX_LEAF_BYTES}")
        parts += (len(leaf).to_bytes(2, "big"), leaf)
    return b"".join(parts)


def read_bundle(data: bytes, width: int) -> list[bytes]:
    """The leaves in a bundle of `width`. Raises VerificationFailed for anything else than exactly so many."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            raise VerificationFailed("a bundle of leaves is cut short", remedy="fetch it again")
        leaves.append(data[at + 2 : end])
        at = end
    if len(leaves) != width:
        raise VerificationFailed(f"a bundle has {len(leaves)} leaves, not {width}", remedy="fetch it again")
    return leaves


def verify_tiles(head: TreeHead, fetch: Callable[[str], bytes], *, entries: bool) -> int:
    """Return how many files were verified if the files of a published ledger are those of the tree under `head`, and of
    no other: every hash in every tile, and, with `entries`, every leaf. `fetch` gives a file by its path.

    Raises VerificationFailed that names the first file that is not; what `fetch` raises.
    """
    tree, files = Tree(), 0
    for level, index, width in tiles_of(head.size):
        if level:
            break
        data = fetch(path := tile_path(0, index, width))
        if len(data) != width * HASH_BYTES:
            raise VerificationFailed(f"`{path}` has {len(data)} bytes, not {width * HASH_BYTES}")
        hashes = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        files += 1
        if entries:
            _check_bundle(bundle_path(index, width), fetch, hashes)
            files += 1
        tree.extend_hashes(hashes)
    if tree.head() != head:
        raise VerificationFailed("the tiles of level 0 are those of another tree than the checkpoint's")
    for level, index, width in tiles_of(head.size):
        if level and fetch(path := tile_path(level, index, width)) != tile(tree, level, index, width):
            raise VerificationFailed(f"`{path}` does not go with the tiles below it")
        files += level > 0
    return files


def _check_bundle(path: str, fetch: Callable[[str], bytes], hashes: list[bytes]) -> None:
    try:
        leaves = read_bundle(fetch(path), len(hashes))
    except VerificationFailed as error:
        raise VerificationFailed(f"`{path}`: {error.message}") from error
    for place, (leaf, expected) in enumerate(zip(leaves, hashes, strict=True)):
        if leaf_hash(leaf) != expected:
            raise VerificationFailed(f"`{path}`: leaf {place} of it is not the one in the tree")
