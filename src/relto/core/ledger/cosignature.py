"""Cosignatures (C2SP tlog-cosignature): a witness says that a checkpoint goes on from all it has seen, by its Ed25519
key, and by the ML-DSA-44 key beside it where it has one."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from relto.core.envelope import KeyRing, MlDsaVerifyKey, SigningKey, TermedKey, VerifyKey, each_key
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.checkpoint import read_checkpoint
from relto.core.ledger.note import NoteSignature, SignedNote, check_key_name, note_key_id, parse_note
from relto.core.ledger.subtree import MOST_SECONDS, TIME_BYTES, sign_subtree, subtree_key_id, subtree_times

_TYPE: Final = b"\x04"
_NANOS: Final = 1_000_000_000


def cosignature_key_id(name: str, key: VerifyKey) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, 0x04 and the Ed25519 public key."""
    return hashlib.sha256(check_key_name(name).encode("utf-8") + b"\n" + _TYPE + key.raw).digest()[:4]


def cosign(text: str, name: str, key: SigningKey, seconds: int) -> NoteSignature:
    """Cosign a checkpoint's text (origin, size, root, each with its newline) as the witness `name`, at so many
    `seconds` of POSIX. Whoever calls this has verified that the tree goes on from all that it has cosigned before."""
    if not 0 <= seconds <= MOST_SECONDS:
        raise InputError(f"a cosignature at {seconds} seconds", remedy="set the clock")
    signature = key.sign(_message(text, seconds))
    return NoteSignature(
        name, cosignature_key_id(name, key.verify_key), seconds.to_bytes(TIME_BYTES, "big") + signature
    )


def cosigned_lines(text: str, name: str, key: SigningKey, seconds: int) -> str:
    """The lines of a witness's cosignature, each with its newline: as `cosign`, and by the ML-DSA-44 key beside it.
    Raises VerificationFailed for a text that is no checkpoint, where there is such a key."""
    lines = [cosign(text, name, key, seconds)]
    if key.mldsa is not None:
        checkpoint = read_checkpoint(text)
        lines.append(sign_subtree(name, key.mldsa, checkpoint.origin, checkpoint.head, seconds))
    return "".join(f"{one.line()}\n" for one in lines)


def cosigned_by(note: SignedNote, witnesses: KeyRing) -> dict[str, int]:
    """The known `witnesses` (by name) that have cosigned a checkpoint, and when (seconds of POSIX), the latest of each.

    Lines by others are passed over. Raises VerificationFailed for a bad one by a known witness, for one from before or
    after the term of its key, and where of two keys beside each other only one has cosigned, or each at another time.
    """
    found: dict[str, int] = {}
    for name, key in each_key(witnesses):
        times = _times(note, name, key)
        if key.mldsa is not None and times != _times_beside(note, name, key.mldsa):
            raise VerificationFailed(f"`{name}` has not cosigned with its Ed25519 and its ML-DSA-44 key alike")
        for seconds in times:
            if isinstance(key, TermedKey) and not key.held_within(seconds * _NANOS, (seconds + 1) * _NANOS - 1):
                raise VerificationFailed(f"`{name}` has cosigned with a key that was not good then")
            found[name] = max(seconds, found.get(name, 0))
    return found


def _times(note: SignedNote, name: str, key: VerifyKey) -> set[int]:
    key_id, times = cosignature_key_id(name, key), set()
    for one in note.signatures:
        if (one.name, one.key_id) == (name, key_id):
            seconds = int.from_bytes(one.signature[:TIME_BYTES], "big")
            if seconds > MOST_SECONDS:
                raise VerificationFailed(f"a cosignature of `{name}` bears no time")
            key.verify(one.signature[TIME_BYTES:], _message(note.text, seconds))
            times.add(seconds)
    return times


def _times_beside(note: SignedNote, name: str, key: MlDsaVerifyKey) -> set[int]:
    if not any(one.name == name for one in note.signatures):
        return set()
    checkpoint = read_checkpoint(note.text)
    return subtree_times(note, name, key, checkpoint.origin, checkpoint.head)


def signed_by_these_alone(note: SignedNote, ledger: KeyRing, witness: KeyRing) -> bool:
    """Whether each line under a note is of a key in `ledger`, as a ledger signs, or in `witness`, as one cosigns, and
    none stands there twice. The signatures are verified by `verify_checkpoint` and `cosigned_by`."""
    known = {(name, note_key_id(name, key)) for name, key in each_key(ledger)}
    known |= {(name, cosignature_key_id(name, key)) for name, key in each_key(witness)}
    for ring in (ledger, witness):
        known |= {(name, subtree_key_id(name, key.mldsa)) for name, key in each_key(ring) if key.mldsa is not None}
    lines = [(one.name, one.key_id) for one in note.signatures]
    return set(lines) <= known and len(set(lines)) == len(lines)


def with_cosignatures(note: str, lines: str) -> str:
    """A signed note with further signature lines under it. Raises VerificationFailed for what is then no note."""
    return str(parse_note(note + lines))


def hash_lines(hashes: tuple[bytes, ...] | list[bytes]) -> str:
    """Hashes as C2SP writes them: base64, each on a line of its own."""
    return "".join(f"{base64.b64encode(one).decode('ascii')}\n" for one in hashes)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
