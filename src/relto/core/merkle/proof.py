"""Verification of inclusion and consistency (RFC 9162, 2.1.3.2 and 2.1.4.2): from the proof and two heads alone."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final, TypeAlias

from relto.core.errors import VerificationFailed
from relto.core.memo import Memo
from relto.core.merkle.hashing import HASH_BYTES, TreeHead, leaf_hash, node_hash

_MAX_PROOF: Final = 64  # no path is longer in a tree of 2^63 - 1 leaves


def verify_inclusion(leaf: bytes, index: int, proof: Sequence[bytes], head: TreeHead) -> None:
    """Return if `leaf` is the leaf at `index` (from 0) of the tree under `head`; else raise VerificationFailed."""
    root = root_of(leaf, index, proof, head.size)
    _check_same(root, head.root, f"leaf {index} is not in the tree of {head.size} leaves")


Climbed: TypeAlias = Memo[tuple[bytes, int, int, Sequence[bytes]], bytes]
"""The roots that paths led to, each by a node on one, where that is on its level, where the last one there is, and the
rest of the path."""


def root_of(leaf: bytes, index: int, proof: Sequence[bytes], size: int, climbed: Climbed | None = None) -> bytes:
    """The root to which `proof` leads from `leaf` as that at `index` (from 0) of a tree of `size`; raises
    VerificationFailed for a proof that is none of such a leaf.

    With `climbed`, to which this adds, what the paths (tuples) of several leaves have in common is hashed once.
    """
    _check_form(proof)
    if not 0 <= index < size:
        raise VerificationFailed(f"there is no leaf {index} in a tree of {size}")
    fn, sn, node = index, size - 1, leaf_hash(leaf)
    passed: list[tuple[bytes, int, int, Sequence[bytes]]] = []
    for done, sibling in enumerate(proof, 1):
        if sn == 0:
            raise VerificationFailed("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            fn, sn = _up_to_right(fn, sn)
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
        if climbed is not None:
            here = (node, fn, sn, proof[done:])
            root = climbed.get(here)
            if root is not None:
                node, sn = root, 0
                break
            passed.append(here)
    if sn != 0:
        raise VerificationFailed("the inclusion proof is too short")
    if climbed is not None:
        for here in passed:
            climbed.put(here, node)
    return node


def verify_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Return if the tree under `new` begins with the tree under `old`; else raise VerificationFailed."""
    _check_form(proof)
    if old.size > new.size:
        raise VerificationFailed(f"a tree of {old.size} leaves has shrunk to {new.size}")
    if old.size in (0, new.size):
        if proof:
            raise VerificationFailed("a consistency proof where none is needed")
        if old.size == new.size:
            _check_same(old.root, new.root, f"two trees of {old.size} leaves differ")
        return
    path = list(proof)
    if old.size & (old.size - 1) == 0:
        path.insert(0, old.root)
    if not path:
        raise VerificationFailed("the consistency proof is too short")
    fn, sn = old.size - 1, new.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise VerificationFailed("the consistency proof is too long")
        if fn & 1 or fn == sn:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            fn, sn = _up_to_right(fn, sn)
        else:
            new_node = node_hash(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise VerificationFailed("the consistency proof is too short")
    _check_same(old_node, old.root, f"the tree of {new.size} leaves does not begin with the one of {old.size}")
    _check_same(new_node, new.root, f"the proof does not lead to the tree of {new.size} leaves")


def _up_to_right(fn: int, sn: int) -> tuple[int, int]:
    """Climb past the levels where this node has no sibling on its right: until it is a right child, or the root."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _check_form(proof: Sequence[bytes]) -> None:
    if len(proof) > _MAX_PROOF or {*map(len, proof)} - {HASH_BYTES}:
        raise VerificationFailed("not a Merkle proof: it takes at most 64 hashes of 32 bytes")


def _check_same(got: bytes, wanted: bytes, message: str) -> None:
    if not hmac.compare_digest(got, wanted):
        raise VerificationFailed(message)
