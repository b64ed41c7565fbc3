"""Sealed: an item closed to everyone but one recipient, and its bytes on the wire.

    relto/envelope/1 LF | u32 length, manifest | originator's signature (64)                | u32 length, hop | segments
    relto/envelope/2 LF | u32 length, manifest | u32 length, originator's joint signature   | u32 length, hop | segments

The hop (recipient, the id of its key, the wrapped content key) is all that changes from one hop to the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from relto.core.canon import base64url, canonical, digest, from_base64url, only_keys, parse_object, text_in
from relto.core.envelope.joint import MAX_JOINT_BYTES, is_joint
from relto.core.envelope.keys import SIGNATURE_BYTES
from relto.core.envelope.manifest import MAX_MANIFEST_BYTES, read_manifest
from relto.core.envelope.segments import MAX_PAYLOAD_BYTES, sealed_size
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id

MAX_SEALED_BYTES: Final = sealed_size(MAX_PAYLOAD_BYTES) + MAX_MANIFEST_BYTES + 4096
WRAPPED_BYTES: Final = 80  # HPKE: 32 encapsulated, 32 content key, 16 tag

_MAGIC: Final = b"relto/envelope/1\n"
_MAGIC_JOINT: Final = b"relto/envelope/2\n"
_MAGIC_LABEL: Final = b"relto/label-only\n"
_MAX_HOP_BYTES: Final = 1024
_SHORT: Final = 1 << 16
_WRITTEN = re.compile(
    rb'\{"key":"([A-Za-z0-9_-]{43})","recipient":"([A-Za-z0-9-]{1,64})","wrapped":"([A-Za-z0-9_-]{107})"\}'
)
_HOP_KEYS: Final = frozenset({"recipient", "key", "wrapped"})


@dataclass(frozen=True)
class Sealed:
    """A sealed item. Nothing in it is proved until `open_sealed` or `verify_label` has looked at it.

    `recipient` and `recipient_key` (a key id) say whom this hop is for; `manifest` and `signature` are the
    originator's; `wrapped` is the content key under the recipient's; `ciphertext` the segments.
    """

    manifest: bytes
    signature: bytes
    recipient: str
    recipient_key: str
    wrapped: bytes
    ciphertext: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """The digest of these very bytes, this hop's wrap included, as evidence repeats it."""
        return digest(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The wire form."""
        known: bytes | None = self.__dict__.get("_written")
        if known is not None:
            return known
        hop = canonical({"recipient": self.recipient, "key": self.recipient_key, "wrapped": base64url(self.wrapped)})
        joint = is_joint(self.signature)
        return self._keep(
            b"".join(
                (
                    _MAGIC_JOINT if joint else _MAGIC,
                    _length(self.manifest),
                    self.manifest,
                    _length(self.signature) if joint else b"",
                    self.signature,
                    _length(hop),
                    hop,
                    self.ciphertext,
                )
            )
        )

    def _keep(self, data: bytes) -> bytes:
        """Keep the wire form at hand, where it is short: it is digested, then sent or stored."""
        if len(data) <= _SHORT:
            self.__dict__["_written"] = data
        return data

    @classmethod
    def from_bytes(cls, data: bytes, limit: int = MAX_SEALED_BYTES) -> Sealed:
        """Read the wire form, strictly: one object has one form.

        Raises InputError for more than `limit` bytes, VerificationFailed for anything that is not an envelope as it
        was made.
        """
        if len(data) > limit:
            raise InputError(f"a sealed item of {len(data)} bytes", remedy=f"send at most {limit} bytes at once")
        magic, rest = _take(data, len(_MAGIC), 0)
        if magic not in (_MAGIC, _MAGIC_JOINT):
            raise VerificationFailed("not a sealed item, or of a version not known here")
        manifest, rest = _take_counted(data, rest, MAX_MANIFEST_BYTES)
        if magic == _MAGIC:
            signature, rest = _take(data, SIGNATURE_BYTES, rest)
        else:
            signature, rest = _take_counted(data, rest, MAX_JOINT_BYTES)
            if not is_joint(signature):
                raise VerificationFailed("the sealed item bears no joint signature")
        hop, rest = _take_counted(data, rest, _MAX_HOP_BYTES)
        if len(data) - rest != sealed_size(read_manifest(manifest).size):
            raise VerificationFailed("the sealed payload is not as long as its manifest says")
        sealed = _with_hop(hop, manifest, signature, data[rest:])
        sealed._keep(data)  # there is no other way to write it
        return sealed


def label_only(sealed: Sealed) -> bytes:
    """What is kept of an item that was destroyed: its manifest and its originator's signature, no content, no key."""
    return b"".join(
        (_MAGIC_LABEL, *(part for one in (sealed.manifest, sealed.signature) for part in (_length(one), one)))
    )


def signed_label(data: bytes) -> tuple[bytes, bytes]:
    """The manifest and its originator's signature, of a sealed item or of what `label_only` left of one; nothing of
    them verified. Raises as `Sealed.from_bytes` does."""
    if not is_label_only(data):
        sealed = Sealed.from_bytes(data)
        return sealed.manifest, sealed.signature
    manifest, rest = _take_counted(data, len(_MAGIC_LABEL), MAX_MANIFEST_BYTES)
    signature, rest = _take_counted(data, rest, MAX_JOINT_BYTES)
    if rest != len(data):
        raise VerificationFailed("what is left of a destroyed item has something after it")
    return manifest, signature


def is_label_only(data: bytes) -> bool:
    """Whether this is what `label_only` leaves."""
    return data.startswith(_MAGIC_LABEL)


def _with_hop(hop: bytes, manifest: bytes, signature: bytes, ciphertext: bytes) -> Sealed:
    parts = _WRITTEN.fullmatch(hop)
    if parts is not None:
        key, party, wrap = (part.decode("ascii") for part in parts.groups())
        try:
            return Sealed(manifest, signature, check_party_id(party), key, from_base64url(wrap), ciphertext)
        except InputError:
            pass  # said below
    try:
        value = parse_object(hop, _MAX_HOP_BYTES, name="hop")
        only_keys(value, _HOP_KEYS)
        recipient = check_party_id(text_in(value, "recipient"))
        wrapped = from_base64url(text_in(value, "wrapped"))
        if canonical(value) != hop or len(wrapped) != WRAPPED_BYTES:
            raise InputError("not in canonical form")
        return Sealed(manifest, signature, recipient, text_in(value, "key"), wrapped, ciphertext)
    except InputError as error:
        raise VerificationFailed(f"the sealed item names no recipient: {error.message}") from error


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big")


def _take(data: bytes, count: int, start: int) -> tuple[bytes, int]:
    if len(data) - start < count:
        raise VerificationFailed("the sealed item is cut short")
    return data[start : start + count], start + count


def _take_counted(data: bytes, start: int, limit: int) -> tuple[bytes, int]:
    length, start = _take(data, 4, start)
    count = int.from_bytes(length, "big")
    if count > limit:
        raise VerificationFailed("a part of the sealed item is too long")
    return _take(data, count, start)
