"""The tamper-evident log: a Merkle tree (RFC 6962), its proofs, and checkpoints as C2SP signed notes.

Leaves are bytes that the caller chooses; here they are only hashed, counted and proved.
Keys (from the envelope) and errors may come in; no store, no clock, nothing of what a leaf says.
"""

from relto.core.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from relto.core.ledger.note import NoteSignature, SignedNote, note_key_id, parse_note, sign_note, verify_note
from relto.core.merkle import (
    EMPTY_ROOT,
    MAX_LEAF_BYTES,
    Frontier,
    Tree,
    TreeHead,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "MAX_LEAF_BYTES",
    "Checkpoint",
    "Frontier",
    "NoteSignature",
    "SignedNote",
    "Tree",
    "TreeHead",
    "leaf_hash",
    "node_hash",
    "note_key_id",
    "parse_note",
    "sign_checkpoint",
    "sign_note",
    "verify_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_note",
]
