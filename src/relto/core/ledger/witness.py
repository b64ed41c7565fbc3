"""What a witness is asked (C2SP tlog-witness, `add-checkpoint`), and what it says to it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.cosignature import hash_lines
from relto.core.ledger.note import MAX_NOTE_BYTES
from relto.core.merkle import EMPTY_ROOT, TreeHead, verify_consistency
from relto.core.merkle.hashing import HASH_BYTES

MAX_PROOF_LINES: Final = 63
MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 64 * 64
EMPTY: Final = TreeHead(0, EMPTY_ROOT)
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)

Outcome: TypeAlias = Literal["cosign", "old-size-beyond", "another-old-size", "another-root", "inconsistent"]
STATUS: Final[dict[Outcome, int]] = {
    "cosign": 200,
    "old-size-beyond": 400,
    "another-old-size": 409,
    "another-root": 409,
    "inconsistent": 422,
}
"""The status codes of tlog-witness; 403 and 404 are given before there is anything to judge."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint as a witness is asked to cosign it: the size it has cosigned before, the proof from there, the
    signed note. Nothing of it is verified."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def to_bytes(self) -> bytes:
        """The request's body."""
        return f"old {self.old}\n{hash_lines(self.proof)}\n{self.note}".encode()


def read_add_checkpoint(data: bytes) -> AddCheckpoint:
    """Read a request's body, strictly. Raises InputError."""
    if len(data) > MAX_REQUEST_BYTES:
        raise InputError(f"a checkpoint of {len(data)} bytes", remedy=f"send at most {MAX_REQUEST_BYTES}")
    try:
        head, gap, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", remedy="send what tlog-witness asks for") from error
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(lines) > MAX_PROOF_LINES:
        raise InputError("not `old SIZE`, a proof of at most 63 lines, an empty line and a checkpoint")
    return AddCheckpoint(int(old[1]), tuple(read_hash(one) for one in lines), note)


def read_hash(line: str) -> bytes:
    """A hash in base64, in its one form. Raises InputError."""
    try:
        found = base64.b64decode(line.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InputError("a line of a proof is not base64") from error
    if len(found) != HASH_BYTES or base64.b64encode(found).decode("ascii") != line:
        raise InputError("a line of a proof is not a hash of 32 bytes")
    return found


def judge(known: TreeHead, old: int, proof: Sequence[bytes], new: TreeHead) -> Outcome:
    """What a witness that has last cosigned `known` (`EMPTY` for never) says to a checkpoint over `new`, its signature
    verified: `cosign` only where the tree under `new` begins with the one under `known`."""
    if old > new.size:
        return "old-size-beyond"
    if old != known.size:
        return "another-old-size"
    if old == new.size:
        if proof:
            return "inconsistent"
        return "cosign" if known.root == new.root else "another-root"
    try:
        verify_consistency(known, new, proof)
    except VerificationFailed:
        return "inconsistent"
    return "cosign"
