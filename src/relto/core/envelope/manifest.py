"""What the originator signs: the label, and what binds it to one payload.

The manifest is canonical JSON and stays byte for byte the same on every hop; a hub can neither strip nor change the
label, for the segments decrypt only with this manifest and the signature holds only for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from relto.core.canon import (
    JSON,
    base64url,
    canonical,
    count_in,
    digest,
    from_base64url,
    object_in,
    only_keys,
    parse_object,
    text_in,
)
from relto.core.envelope.keys import SigningKey, VerifyKey
from relto.core.envelope.segments import MAX_PAYLOAD_BYTES, NONCE_BYTES
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id

SCHEMA: Final = "relto/envelope/1"
MAX_MANIFEST_BYTES: Final = 1 << 16
COMMITMENT_BYTES: Final = 32

_SIGNED: Final = b"relto/envelope/1 manifest\x00"
_KEYS: Final = frozenset({"schema", "originator", "key", "label", "nonce", "payload"})
_PAYLOAD_KEYS: Final = frozenset({"size", "commitment"})


@dataclass(frozen=True)
class Manifest:
    """The label under its originator's name.

    `key` is the id of the key that signs, `size` the payload's length in bytes, `nonce` and `commitment` are those of
    the segments. Raises InputError if a part has the wrong form, or the label names another originator.
    """

    originator: str
    key: str
    label: Mapping[str, JSON]
    size: int
    nonce: bytes
    commitment: bytes

    def __post_init__(self) -> None:
        check_party_id(self.originator)
        if not self.label:
            raise InputError("an empty label", remedy="label the item; what carries no label is not sealed")
        if self.label.get("originator", self.originator) != self.originator:
            raise InputError(
                f"the label names another originator than `{self.originator}`",
                remedy="only the originator labels an item",
            )
        if not 0 <= self.size <= MAX_PAYLOAD_BYTES:
            raise InputError(
                f"a payload of {self.size} bytes", remedy=f"seal at most {MAX_PAYLOAD_BYTES} bytes at once"
            )
        if len(self.nonce) != NONCE_BYTES or len(self.commitment) != COMMITMENT_BYTES:
            raise InputError("a nonce or commitment of the wrong length")

    @cached_property
    def label_digest(self) -> str:
        """The digest of the label's canonical JSON, as evidence repeats it."""
        return digest(canonical(self.label))

    def to_bytes(self) -> bytes:
        """The manifest's canonical JSON. Raises InputError for a label that is too large or not JSON."""
        data = canonical(
            {
                "schema": SCHEMA,
                "originator": self.originator,
                "key": self.key,
                "label": self.label,
                "nonce": base64url(self.nonce),
                "payload": {"size": self.size, "commitment": base64url(self.commitment)},
            }
        )
        if len(data) > MAX_MANIFEST_BYTES:
            raise InputError(f"a label of {len(data)} bytes", remedy=f"keep it under {MAX_MANIFEST_BYTES} bytes")
        return data


def sign_manifest(manifest: bytes, signer: SigningKey) -> bytes:
    """The originator's signature over a manifest's bytes."""
    return signer.sign(_SIGNED + manifest)


@lru_cache(maxsize=512)  # an item is read, then verified, and read again when it is sent; what did not read is not kept
def read_manifest(data: bytes) -> Manifest:
    """Read a manifest's bytes, strictly; whether it is signed is not looked at here. Raises VerificationFailed."""
    try:
        manifest = _read(data)
        if manifest.to_bytes() != data:
            raise InputError("not in canonical form")
    except InputError as error:
        raise VerificationFailed(f"the manifest is not one: {error.message}") from error
    return manifest


def verify_manifest(data: bytes, signature: bytes, originators: Mapping[str, VerifyKey]) -> Manifest:
    """The manifest, if the originator it names signed it with the key known for that party.

    Raises VerificationFailed for an unknown originator, another key, a bad signature, or bytes that are no manifest.
    """
    manifest = read_manifest(data)
    key = originators.get(manifest.originator)
    if key is None:
        raise VerificationFailed(
            f"no signing key is known for the originator `{manifest.originator}`",
            remedy="import that party's keys first",
        )
    if key.id != manifest.key:
        raise VerificationFailed(f"the label is not signed with the key known for `{manifest.originator}`")
    _verify(key, signature, data)
    return manifest


@lru_cache(maxsize=512)  # an item is verified when it is queued or received, and again when it is sent or passed on
def _verify(key: VerifyKey, signature: bytes, data: bytes) -> None:
    key.verify(signature, _SIGNED + data)  # what raises is not kept


def _read(data: bytes) -> Manifest:
    value = parse_object(data, MAX_MANIFEST_BYTES, name="manifest")
    only_keys(value, _KEYS)
    if text_in(value, "schema") != SCHEMA:
        raise InputError(f"its schema is not `{SCHEMA}`")
    payload = object_in(value, "payload")
    only_keys(payload, _PAYLOAD_KEYS)
    return Manifest(
        originator=text_in(value, "originator"),
        key=text_in(value, "key"),
        label=object_in(value, "label"),
        size=count_in(payload, "size"),
        nonce=from_base64url(text_in(value, "nonce")),
        commitment=from_base64url(text_in(payload, "commitment")),
    )
