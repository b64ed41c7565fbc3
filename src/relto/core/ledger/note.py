"""Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from relto.core.envelope import KeyRing, SigningKey, VerifyKey, each_key
from relto.core.errors import InputError, VerificationFailed

MAX_NOTE_BYTES: Final = 1 << 18
MAX_SIGNATURES: Final = 64  # signed-note asks for 16 at least; a witness may have two, of 3,270 signs the longer
_ED25519: Final = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key's name, its short id (4 bytes), and the signature, of whatever type."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in the note, without its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a newline, and its signatures. Nothing is proved until `verify_note`."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature.line()}\n" for signature in self.signatures)


@lru_cache(maxsize=256)
def check_key_name(name: str) -> str:
    """Give `name` back if it can name a key: not empty, without space, plus or control sign; else InputError."""
    if not name or "+" in name or any(char.isspace() for char in name) or _CONTROLS.search(name):
        raise InputError(f"`{name[:60]}` cannot name a key", remedy="use a name such as `example.org/ledger`")
    return name


def note_key_id(name: str, key: VerifyKey) -> bytes:
    """The first 4 bytes of SHA-256 over name, newline, 0x01 and the Ed25519 public key."""
    return hashlib.sha256(check_key_name(name).encode("utf-8") + b"\n" + _ED25519 + key.raw).digest()[:4]


def sign_note(text: str, signers: Mapping[str, SigningKey]) -> SignedNote:
    """Sign `text` with each Ed25519 key under its name; what stands beside one signs heads of ledgers alone. Raises
    InputError for a text or name that no note can have."""
    if not text.endswith("\n") or _CONTROLS.search(text):
        raise InputError("a note's text ends in a newline and has no other control sign", remedy="correct the text")
    if not signers:
        raise InputError("a note without a signature", remedy="give at least one key")
    message = text.encode("utf-8")
    signatures = [
        NoteSignature(name, note_key_id(name, key.verify_key), key.sign(message)) for name, key in signers.items()
    ]
    return SignedNote(text, tuple(signatures))


def parse_note(data: bytes | str) -> SignedNote:
    """Read a note, strictly. Raises InputError for more than 256 KiB, VerificationFailed for what is no note."""
    text = _decoded(data)
    if len(text) > MAX_NOTE_BYTES:
        raise InputError("a note of more than 256 KiB", remedy="send a checkpoint with fewer signatures")
    body, gap, below = text.rpartition("\n\n")
    if not gap or not below.endswith("\n") or _CONTROLS.search(text):
        raise VerificationFailed("not a signed note: a text, an empty line, then signature lines")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise VerificationFailed(f"more than {MAX_SIGNATURES} signatures under one note")
    return SignedNote(body + "\n", tuple(_signature(line) for line in lines))


def verify_note(data: bytes | str, keys: KeyRing) -> tuple[SignedNote, frozenset[str]]:
    """The note, and the names of the known `keys` that signed it: at least one, else VerificationFailed.

    Signatures by unknown keys are passed over, as signed-note demands; a bad one by a known key fails the whole note.
    """
    note = parse_note(data)
    message = note.text.encode("utf-8")
    known = {(name, note_key_id(name, key)): key for name, key in each_key(keys)}
    signed: set[str] = set()
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            key.verify(signature.signature, message)
            signed.add(signature.name)
    if not signed:
        raise VerificationFailed("no key known here has signed the note", remedy="import the ledger's key first")
    return note, frozenset(signed)


def _decoded(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise VerificationFailed(f"the note is not UTF-8 at byte {error.start}") from error


def _signature(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise VerificationFailed("a line under the note is not a signature", remedy="write `— name base64`")
    try:
        name, raw = check_key_name(match[1]), base64.b64decode(match[2].encode("ascii"), validate=True)
    except (InputError, UnicodeEncodeError, binascii.Error) as error:
        raise VerificationFailed("a signature line with a bad name or base64") from error
    signature = NoteSignature(name, raw[:4], raw[4:])
    if not signature.signature or signature.line() != line:
        raise VerificationFailed("a signature line with a bad name or base64")
    return signature
