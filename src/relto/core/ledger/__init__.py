"""The tamper-evident log: a Merkle tree (RFC 6962), its proofs, and checkpoints as C2SP signed notes.

Leaves are bytes that the caller chooses; here they are only hashed, counted and proved.
Keys (from the envelope) and errors may come in; no store, no clock, nothing of what a leaf says.
"""

from relto.core.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from relto.core.ledger.cosignature import (
    cosign,
    cosignature_key_id,
    cosigned_by,
    cosigned_lines,
    signed_by_these_alone,
    with_cosignatures,
)
from relto.core.ledger.note import NoteSignature, SignedNote, note_key_id, parse_note, sign_note, verify_note
from relto.core.ledger.proof_text import LogProof, Proved, read_proof, verify_proof
from relto.core.ledger.subtree import LINE_BYTES, sign_subtree, subtree_key_id
from relto.core.ledger.tiles import (
    CHECKPOINT_PATH,
    TILE_WIDTH,
    bundle,
    bundle_path,
    read_bundle,
    tile,
    tile_path,
    tiles_of,
    verify_tiles,
)
from relto.core.ledger.witness import (
    EMPTY,
    MAX_REQUEST_BYTES,
    STATUS,
    AddCheckpoint,
    Outcome,
    judge,
    read_add_checkpoint,
)
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
    "CHECKPOINT_PATH",
    "EMPTY",
    "EMPTY_ROOT",
    "LINE_BYTES",
    "MAX_LEAF_BYTES",
    "MAX_REQUEST_BYTES",
    "STATUS",
    "TILE_WIDTH",
    "AddCheckpoint",
    "Checkpoint",
    "Frontier",
    "LogProof",
    "NoteSignature",
    "Outcome",
    "Proved",
    "SignedNote",
    "Tree",
    "TreeHead",
    "bundle",
    "bundle_path",
    "cosign",
    "cosignature_key_id",
    "cosigned_by",
    "cosigned_lines",
    "judge",
    "leaf_hash",
    "node_hash",
    "note_key_id",
    "parse_note",
    "read_add_checkpoint",
    "read_bundle",
    "read_proof",
    "sign_checkpoint",
    "sign_note",
    "sign_subtree",
    "signed_by_these_alone",
    "subtree_key_id",
    "tile",
    "tile_path",
    "tiles_of",
    "verify_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_note",
    "verify_proof",
    "verify_tiles",
    "with_cosignatures",
]
