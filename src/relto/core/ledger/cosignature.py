"""Cosignatures (C2SP tlog-cosignature, Ed25519): a witness says that a checkpoint goes on from all it has seen."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from relto.core.envelope import KeyRing, SigningKey, VerifyKey, each_key
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger.note import NoteSignature, SignedNote, check_key_name, parse_note

_TYPE: Final = b"\x04"
_TIME_BYTES: Final = 8
_MOST_SECONDS: Final = (1 << 63) - 1


def cosignature_key_id(name: str, key: VerifyKey) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, 0x04 and the Ed25519 public key."""
    return hashlib.sha256(check_key_name(name).encode("utf-8") + b"\n" + _TYPE + key.raw).digest()[:4]


def cosign(text: str, name: str, key: SigningKey, seconds: int) -> NoteSignature:
    """Cosign a checkpoint's text (origin, size, root, each with its newline) as the witness `name`, at so many
    `seconds` of POSIX. Whoever calls this has verified that the tree goes on from all that it has cosigned before."""
    if not 0 <= seconds <= _MOST_SECONDS:
        raise InputError(f"a cosignature at {seconds} seconds", remedy="set the clock")
    signature = key.sign(_message(text, seconds))
    return NoteSignature(
        name, cosignature_key_id(name, key.verify_key), seconds.to_bytes(_TIME_BYTES, "big") + signature
    )


def cosigned_by(note: SignedNote, witnesses: KeyRing) -> dict[str, int]:
    """The known `witnesses` (by name) that have cosigned a checkpoint, and when (seconds of POSIX), the latest of each.

    Lines by others, and of other types, are passed over. Raises VerificationFailed for a bad one by a known witness.
    """
    known = {(name, cosignature_key_id(name, key)): key for name, key in each_key(witnesses)}
    found: dict[str, int] = {}
    for one in note.signatures:
        key = known.get((one.name, one.key_id))
        if key is None:
            continue
        seconds, signature = int.from_bytes(one.signature[:_TIME_BYTES], "big"), one.signature[_TIME_BYTES:]
        if seconds > _MOST_SECONDS:
            raise VerificationFailed(f"a cosignature of `{one.name}` bears no time")
        key.verify(signature, _message(note.text, seconds))
        found[one.name] = max(seconds, found.get(one.name, 0))
    return found


def with_cosignatures(note: str, lines: str) -> str:
    """A signed note with further signature lines under it. Raises VerificationFailed for what is then no note."""
    return str(parse_note(note + lines))


def hash_lines(hashes: tuple[bytes, ...] | list[bytes]) -> str:
    """Hashes as C2SP writes them: base64, each on a line of its own."""
    return "".join(f"{base64.b64encode(one).decode('ascii')}\n" for one in hashes)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
