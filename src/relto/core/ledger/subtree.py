"""ML-DSA-44 signatures on checkpoints (C2SP tlog-cosignature, type 0x06): by the ledger itself, and by its witnesses.

What is signed names the signer, the time, the ledger, and a tree from its first leaf on; it leaves out extension lines.
"""

from __future__ import annotations

import hashlib
from typing import Final

from relto.core.envelope import MLDSA_SIGNATURE_BYTES, MlDsaSigningKey, MlDsaVerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.note import NoteSignature, SignedNote, check_key_name
from relto.core.merkle import TreeHead

TIME_BYTES: Final = 8
MOST_SECONDS: Final = (1 << 63) - 1
LINE_BYTES: Final = TIME_BYTES + MLDSA_SIGNATURE_BYTES
_TYPE: Final = b"\x06"
_LABEL: Final = b"subtree/v1\n\x00"
_MOST_NAME: Final = (1 << 8) - 1


def subtree_key_id(name: str, key: MlDsaVerifyKey) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, 0x06 and the ML-DSA-44 public key."""
    return hashlib.sha256(check_key_name(name).encode("utf-8") + b"\n" + _TYPE + key.raw).digest()[:4]


def sign_subtree(name: str, key: MlDsaSigningKey, origin: str, head: TreeHead, seconds: int) -> NoteSignature:
    """Sign the whole tree under `head` of the ledger `origin` as `name`, at so many `seconds` of POSIX; 0: nothing is
    said of the time, as a ledger signs its own head. Raises InputError for a time that none is, and a name too long."""
    if not 0 <= seconds <= MOST_SECONDS:
        raise InputError(f"a cosignature at {seconds} seconds", remedy="set the clock")
    signature = key.sign(_message(name, seconds, origin, head))
    return NoteSignature(name, subtree_key_id(name, key.verify_key), seconds.to_bytes(TIME_BYTES, "big") + signature)


def subtree_times(note: SignedNote, name: str, key: MlDsaVerifyKey, origin: str, head: TreeHead) -> set[int]:
    """The times (seconds of POSIX) of the signatures by `key` as `name` under a note; none where it has not signed.
    Raises VerificationFailed for one that is not over the tree under `head` of the ledger `origin`."""
    key_id, times = subtree_key_id(name, key), set()
    for one in note.signatures:
        if (one.name, one.key_id) == (name, key_id):
            seconds = int.from_bytes(one.signature[:TIME_BYTES], "big")
            if seconds > MOST_SECONDS:
                raise VerificationFailed(f"a signature of `{name}` bears no time")
            key.verify(one.signature[TIME_BYTES:], _message(name, seconds, origin, head))
            times.add(seconds)
    return times


def _message(name: str, seconds: int, origin: str, head: TreeHead) -> bytes:
    """The `cosigned_message` of tlog-cosignature, from leaf 0 on."""
    start = 0
    return b"".join(
        (
            _LABEL,
            _named(name),
            seconds.to_bytes(TIME_BYTES, "big"),
            _named(origin),
            start.to_bytes(8, "big"),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def _named(name: str) -> bytes:
    """A name and, before it, its length in one byte (RFC 8446, 3.4)."""
    data = name.encode("utf-8")
    if len(data) > _MOST_NAME:
        raise InputError(f"a name of {len(data)} bytes", remedy=f"ML-DSA-44 signs names of {_MOST_NAME} bytes at most")
    return bytes([len(data)]) + data
