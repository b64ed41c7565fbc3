"""A medium: messages, or the answers to them, in one file, where no network is allowed.

    relto/medium/1 LF | the parts, one after the other | manifest | signature, 64 bytes | u32 length of the manifest

The manifest (canonical JSON) says who hands it to whom, and of each part its kind, subject, size and digest; the party
that hands it over has signed it. What is proved of a part is still what its own signature proves: the manifest says
that all of them are there, in their order, and that none was swapped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from relto.core.canon import JSON, canonical, check_digest, count_in, digest, only_keys, parse_object, text_in
from relto.core.envelope import KeyRing, SigningKey, keys_of, verify_by_any
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id
from relto.core.timeline import Instant, parse_instant

SCHEMA: Final = "relto/medium/1"
MESSAGES: Final = "messages"
ANSWERS: Final = "answers"
MAX_PARTS: Final = 20_000
MAX_MEDIUM_BYTES: Final = 4 << 30
MAGIC: Final = b"relto/medium/1\n"
_SIGNATURE_BYTES: Final = 64
_TAIL_BYTES: Final = _SIGNATURE_BYTES + 4
_MAX_MANIFEST_BYTES: Final = 8 << 20
_MAX_TEXT: Final = 200
_CHUNK: Final = 1 << 20
_KEYS: Final = frozenset({"schema", "from", "to", "at", "carries", "parts"})
_PART_KEYS: Final = frozenset({"kind", "subject", "size", "digest", "problem"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a message of this kind about `subject`, or the answer to it; `problem`: why there is no answer."""

    kind: str
    subject: str
    size: int
    digest: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a medium carries, from whom, to whom, and when it was made."""

    sender: str
    to: str
    at: Instant
    carries: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """The bytes of all parts."""
        return sum(one.size for one in self.parts)

    def to_bytes(self) -> bytes:
        """The manifest as canonical JSON."""
        parts: list[JSON] = [
            {
                "kind": one.kind,
                "subject": one.subject,
                "size": one.size,
                "digest": one.digest,
                "problem": one.problem,
            }
            for one in self.parts
        ]
        value: dict[str, JSON] = {"schema": SCHEMA, "from": self.sender, "to": self.to, "at": str(self.at)}
        return canonical({**value, "carries": self.carries, "parts": parts})


class MediumWriter:
    """Writes a medium part by part; without `finish` what was written is none."""

    def __init__(self, write: Callable[[bytes], object], sender: str, to: str, at: Instant, carries: str) -> None:
        self._write, self._sender, self._to, self._at, self._carries = write, sender, to, at, carries
        self._parts: list[Part] = []
        self._size = 0
        write(MAGIC)

    def has_room(self, count: int, size: int) -> bool:
        """Whether `count` more parts of `size` bytes in all fit."""
        return len(self._parts) + count <= MAX_PARTS and self._size + size <= MAX_MEDIUM_BYTES - _MAX_MANIFEST_BYTES

    def add(self, kind: str, subject: str, data: bytes, *, problem: bool = False) -> None:
        """Write a part."""
        self._write(data)
        self._size += len(data)
        self._parts.append(Part(kind, subject, len(data), digest(data), problem))

    def finish(self, key: SigningKey) -> Manifest:
        """Write the manifest, signed; it."""
        manifest = Manifest(self._sender, self._to, self._at, self._carries, tuple(self._parts))
        data = manifest.to_bytes()
        self._write(data + key.sign(MAGIC + data) + len(data).to_bytes(4, "big"))
        return manifest


def read_medium(file: BinaryIO, to: str, keys: KeyRing, carries: str, largest: int) -> Manifest:
    """The manifest of a medium, if a party of `keys` signed it for `to` and every part is there as it says, each no
    larger than `largest` bytes. Nothing is taken for true before all of it was looked at.

    Raises InputError for what is no medium, cut short or beyond the limits, VerificationFailed for one that is another
    party's, or was changed.
    """
    data, signature, size = _ends(file)
    manifest = _parsed(data)
    known = keys_of(keys, manifest.sender)
    if not known:
        raise VerificationFailed(f"the medium is by `{manifest.sender}`, whose card is not pinned", remedy="pin it")
    verify_by_any(known, signature, MAGIC + data, manifest.at)
    if manifest.to != to:
        raise VerificationFailed(f"the medium is for `{manifest.to}`, this node is `{to}`'s")
    if manifest.carries != carries:
        raise InputError(f"the medium carries {manifest.carries}, not {carries}", remedy=_HOW.get(manifest.carries, ""))
    if manifest.size != size:
        raise VerificationFailed(f"{size} bytes of parts, the manifest says {manifest.size}", remedy=_AGAIN)
    for number, part in enumerate(manifest.parts, 1):
        if part.size > largest:
            raise InputError(f"part {number} has {part.size} bytes", remedy=f"send at most {largest} at once")
    _check_parts(file, manifest)
    return manifest


def parts_of(file: BinaryIO, manifest: Manifest) -> Iterator[tuple[Part, bytes]]:
    """The parts in order, each looked at again as it is read. Raises VerificationFailed for one that was changed."""
    place = len(MAGIC)
    for number, part in enumerate(manifest.parts, 1):
        file.seek(place)
        data = file.read(part.size)
        if digest(data) != part.digest:
            raise _changed(number, part)
        place += part.size
        yield part, data


_AGAIN: Final = "copy it again from where it was made"
_HOW: Final = {MESSAGES: "take it in with `relto inbox import`", ANSWERS: "take it in with `relto outbox import`"}


def _ends(file: BinaryIO) -> tuple[bytes, bytes, int]:
    """The manifest's bytes, its signature, and how many bytes of parts there are."""
    end = file.seek(0, 2)
    if not len(MAGIC) + _TAIL_BYTES <= end <= MAX_MEDIUM_BYTES:
        raise InputError(f"a medium of {end} bytes", remedy=f"one has at most {MAX_MEDIUM_BYTES}; {_AGAIN}")
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise InputError("not a medium, or of a version not known here", remedy="name a file that `export` made")
    file.seek(end - _TAIL_BYTES)
    tail = file.read(_TAIL_BYTES)
    length = int.from_bytes(tail[_SIGNATURE_BYTES:], "big")
    size = end - len(MAGIC) - _TAIL_BYTES - length
    if not 0 < length <= _MAX_MANIFEST_BYTES or size < 0:
        raise InputError("the medium is cut short: its manifest is not at its end", remedy=_AGAIN)
    file.seek(len(MAGIC) + size)
    return file.read(length), tail[:_SIGNATURE_BYTES], size


def _parsed(data: bytes) -> Manifest:
    try:
        value = parse_object(data, _MAX_MANIFEST_BYTES, name="manifest")
        only_keys(value, _KEYS)
        found = value["parts"]
        if text_in(value, "schema") != SCHEMA or not isinstance(found, list) or not 0 < len(found) <= MAX_PARTS:
            raise InputError(f"no manifest of 1 to {MAX_PARTS} parts")
        sender, to = check_party_id(text_in(value, "from")), check_party_id(text_in(value, "to"))
        parts = tuple(_part(one) for one in found)
        return Manifest(sender, to, parse_instant(text_in(value, "at")), text_in(value, "carries"), parts)
    except InputError as error:
        raise InputError(f"the medium has no manifest at its end: {error.message}", remedy=_AGAIN) from error


def _part(value: JSON) -> Part:
    if not isinstance(value, Mapping):
        raise InputError("a part that is no object")
    only_keys(value, _PART_KEYS)
    kind, subject, problem = text_in(value, "kind"), text_in(value, "subject"), value["problem"]
    if not isinstance(problem, bool) or max(len(kind), len(subject)) > _MAX_TEXT:
        raise InputError("a part in another form")
    return Part(kind, subject, count_in(value, "size"), check_digest(text_in(value, "digest")), problem)


def _check_parts(file: BinaryIO, manifest: Manifest) -> None:
    file.seek(len(MAGIC))
    for number, part in enumerate(manifest.parts, 1):
        hashed, left = hashlib.sha256(), part.size
        while left and (data := file.read(min(left, _CHUNK))):
            hashed.update(data)
            left -= len(data)
        if left or f"sha256:{hashed.hexdigest()}" != part.digest:
            raise _changed(number, part)


def _changed(number: int, part: Part) -> VerificationFailed:
    return VerificationFailed(
        f"part {number} of the medium, the {part.kind[:40]} `{part.subject[:80]}`, was changed", remedy=_AGAIN
    )
