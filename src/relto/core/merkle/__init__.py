"""Merkle trees as RFC 6962 has them: hashes, the growing tree, proofs of inclusion and consistency.

Bytes in, hashes out; nothing of what a leaf says. Errors alone may come in.
"""

from relto.core.merkle.hashing import EMPTY_ROOT, HASH_BYTES, MAX_LEAF_BYTES, TreeHead, leaf_hash, node_hash
from relto.core.merkle.proof import Climbed, root_of, verify_consistency, verify_inclusion
from relto.core.merkle.tree import Frontier, Tree

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_LEAF_BYTES",
    "Climbed",
    "Frontier",
    "Tree",
    "TreeHead",
    "leaf_hash",
    "node_hash",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]
