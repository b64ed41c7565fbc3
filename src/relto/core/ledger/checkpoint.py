"""Checkpoints (C2SP tlog-checkpoint): a tree head as a signed note of three lines, under the ledger's origin."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from relto.core.envelope import SigningKey, VerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.note import SignedNote, check_key_name, note_key_id, sign_note, verify_note
from relto.core.ledger.subtree import sign_subtree, subtree_times
from relto.core.merkle.hashing import TreeHead

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ROOT: Final = 44  # signs of base64 for 32 bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a ledger states of itself: `origin` (its name, and its key's), and its tree's head.

    `extensions` are further lines, which tlog-checkpoint allows and advises against; relto writes none. Raises
    InputError for an origin that cannot name a key and for extension lines that are empty or not one line.
    """

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key_name(self.origin)
        if any(not line or "\n" in line for line in self.extensions):
            raise InputError("an extension line that is empty or not one line", remedy="leave it out")

    @property
    def text(self) -> str:
        """The text that is signed, its last newline included."""
        root = base64.b64encode(self.head.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, str(self.head.size), root, *self.extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The checkpoint as a signed note, by the ledger's own key, whose name is the origin; where it has an ML-DSA-44 key
    beside it, by that too, which says nothing of a time. Raises InputError for extension lines under that.

    A ledger must never sign two checkpoints of which neither tree begins with the other (tlog-checkpoint).
    """
    signed = sign_note(checkpoint.text, {checkpoint.origin: key})
    if key.mldsa is None:
        return str(signed)
    if checkpoint.extensions:
        raise InputError("extension lines, which ML-DSA-44 does not sign", remedy="leave them out")
    beside = sign_subtree(checkpoint.origin, key.mldsa, checkpoint.origin, checkpoint.head, 0)
    return str(SignedNote(signed.text, (*signed.signatures, beside)))


def verify_checkpoint(note: bytes | str, *, origin: str, key: VerifyKey | tuple[VerifyKey, ...]) -> Checkpoint:
    """The checkpoint in a signed note, if the ledger `origin` signed it with `key`, or one of these.

    A key that has one for ML-DSA-44 beside it counts only where both have signed. Signatures beyond the ledger's (of
    witnesses) are passed over. Raises InputError for a note too large, VerificationFailed for any other than a
    well-formed checkpoint of that origin under that key.
    """
    signed, _ = verify_note(note, {origin: key})
    checkpoint = read_checkpoint(signed.text)
    if checkpoint.origin != origin:
        raise VerificationFailed(f"the checkpoint is of `{checkpoint.origin[:60]}`, not of `{origin}`")
    for one in key if isinstance(key, tuple) else (key,):
        _check_beside(signed, checkpoint, one)
    return checkpoint


def _check_beside(signed: SignedNote, checkpoint: Checkpoint, key: VerifyKey) -> None:
    """Where `key` has signed, the one beside it has too. What that one has signed is verified in any case."""
    if key.mldsa is None:
        return
    origin = checkpoint.origin
    beside = subtree_times(signed, origin, key.mldsa, origin, checkpoint.head)
    if (origin, note_key_id(origin, key)) not in {(one.name, one.key_id) for one in signed.signatures}:
        return
    if not beside:
        raise VerificationFailed(f"the checkpoint of `{origin}` lacks the signature by its ML-DSA-44 key")
    if checkpoint.extensions:
        raise VerificationFailed(f"the checkpoint of `{origin}` has extension lines, which ML-DSA-44 does not sign")


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text, whoever signed it. Raises VerificationFailed for any other form."""
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]) or len(lines[2]) != _ROOT:
        raise VerificationFailed("not a checkpoint: origin, size and root, each on its line")
    try:
        root = base64.b64decode(lines[2].encode("ascii"), validate=True)
        checkpoint = Checkpoint(lines[0], TreeHead(int(lines[1]), root), tuple(lines[3:]))
    except (InputError, UnicodeEncodeError, binascii.Error) as error:
        raise VerificationFailed("not a checkpoint: origin, size and root, each on its line") from error
    if checkpoint.text != text:
        raise VerificationFailed("the checkpoint is not written in its one form")
    return checkpoint
