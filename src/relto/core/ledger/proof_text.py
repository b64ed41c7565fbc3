"""Proofs to be verified offline (C2SP tlog-proof): a leaf's place, its inclusion proof, a cosigned checkpoint."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from relto.core.envelope import KeyRing, VerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.checkpoint import verify_checkpoint
from relto.core.ledger.cosignature import cosigned_by, hash_lines
from relto.core.ledger.note import MAX_NOTE_BYTES, parse_note
from relto.core.ledger.witness import MAX_PROOF_LINES, read_hash
from relto.core.merkle import TreeHead, verify_inclusion

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES: Final = 1 << 16
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogProof:
    """That a leaf stands at `index` of the tree under a checkpoint. `extra` is what nobody has signed."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    def __str__(self) -> str:
        extra = f"extra {base64.b64encode(self.extra).decode('ascii')}\n" if self.extra else ""
        return f"{FIRST_LINE}\n{extra}index {self.index}\n{hash_lines(self.proof)}\n{self.note}"


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof has shown: the tree's head, and which witnesses have cosigned it, when (seconds of POSIX)."""

    head: TreeHead
    witnesses: dict[str, int]


def read_proof(data: bytes) -> LogProof:
    """Read a proof, strictly; nothing of it is verified. Raises InputError."""
    if len(data) > MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES:
        raise InputError(f"a proof of {len(data)} bytes", remedy="it has one leaf's place and a checkpoint")
    try:
        head, gap, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}") from error
    lines = head.split("\n")
    extra = b""
    if len(lines) > 1 and lines[1].startswith("extra "):
        extra = _extra(lines.pop(1)[6:])
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not gap or lines[0] != FIRST_LINE or index is None or len(lines) - 2 > MAX_PROOF_LINES + 1:
        raise InputError(f"not a proof: `{FIRST_LINE}`, `index N`, hashes, an empty line and a checkpoint")
    return LogProof(int(index[1]), tuple(read_hash(one) for one in lines[2:]), note, extra)


def verify_proof(
    proof: LogProof,
    leaf: bytes,
    *,
    origin: str,
    key: VerifyKey | tuple[VerifyKey, ...],
    witnesses: KeyRing,
    quorum: int,
) -> Proved:
    """What `proof` shows of `leaf`, if it stands where that says, under a checkpoint that the ledger `origin` signed
    and at least `quorum` of the known `witnesses` cosigned. Raises VerificationFailed."""
    head = verify_checkpoint(proof.note, origin=origin, key=key).head
    verify_inclusion(leaf, proof.index, proof.proof, head)
    seen = cosigned_by(parse_note(proof.note), witnesses)
    if len(seen) < quorum:
        raise VerificationFailed(
            f"{len(seen)} of the known witnesses cosigned it, not {quorum}", remedy="wait until more have, or ask them"
        )
    return Proved(head, seen)


def _extra(text: str) -> bytes:
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InputError("the `extra` of a proof is not base64") from error
    if not found or len(found) > MAX_EXTRA_BYTES or base64.b64encode(found).decode("ascii") != text:
        raise InputError(f"the `extra` of a proof is empty, over {MAX_EXTRA_BYTES} bytes, or written in another form")
    return found
