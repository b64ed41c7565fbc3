"""Seal an item to a recipient, open it, verify its label, and wrap it again for the next hop.

The content key travels under HPKE (RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), whose
info names the version, the originator, the recipient and its key, the label and the manifest, so that a wrap made for
one of them opens for no other. HPKE draws its ephemeral key inside the library; all other randomness is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from relto.core.canon import JSON, digest, quoted
from relto.core.envelope.keys import KeyRing, SigningKey, UnwrapKey, VerifyKey, WrapKey
from relto.core.envelope.manifest import SCHEMA, Manifest, WrittenLabel, keep_manifest, sign_manifest, verify_manifest
from relto.core.envelope.sealed import Sealed
from relto.core.envelope.segments import CONTENT_KEY_BYTES, MAX_PAYLOAD_BYTES, commit, decrypt, derive_keys, encrypt
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a recipient finds: the payload, and the manifest with the label, both proved to be the originator's."""

    payload: bytes = field(repr=False)
    manifest: Manifest

    @property
    def originator(self) -> str:
        """The party whose signature the label carries."""
        return self.manifest.originator

    @property
    def label(self) -> Mapping[str, JSON]:
        """The label as the originator signed it."""
        return self.manifest.label


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An item that is sealed but for its originator's signature: over `manifest`."""

    manifest: bytes
    recipient: str
    recipient_key: str
    wrapped: bytes
    ciphertext: bytes = field(repr=False)

    def signed(self, signature: bytes) -> Sealed:
        """The sealed item, with the originator's signature over its manifest: single, or joint."""
        return Sealed(self.manifest, signature, self.recipient, self.recipient_key, self.wrapped, self.ciphertext)


def seal(
    payload: bytes,
    label: Mapping[str, JSON],
    *,
    originator: str,
    signer: SigningKey,
    recipient: str,
    recipient_key: WrapKey,
    content_key: bytes,
    nonce: bytes,
) -> Sealed:
    """Seal `payload` under `label` to `recipient`; `signer` is the originator's key.

    `content_key` (32 bytes) and `nonce` (16) must be random and fresh for every item: the same pair twice would give
    both payloads away. Raises InputError for wrong lengths, a payload over 64 MiB, an empty or over-long label, a
    label that names another originator, party ids that are none, and a recipient key that is not a real one.
    """
    unsigned = close(
        payload,
        label,
        originator=originator,
        signer=signer.verify_key,
        recipient=recipient,
        recipient_key=recipient_key,
        content_key=content_key,
        nonce=nonce,
    )
    return unsigned.signed(sign_manifest(unsigned.manifest, signer))


def close(
    payload: bytes,
    label: Mapping[str, JSON] | WrittenLabel,
    *,
    originator: str,
    signer: VerifyKey,
    recipient: str,
    recipient_key: WrapKey,
    content_key: bytes,
    nonce: bytes,
) -> Unsigned:
    """Seal as `seal` does, all but the originator's signature, which `signer` will verify. Raises as it does."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise InputError(f"a payload of {len(payload)} bytes", remedy=f"seal at most {MAX_PAYLOAD_BYTES} bytes at once")
    keys = derive_keys(content_key, nonce)
    written = label if isinstance(label, WrittenLabel) else WrittenLabel(label)
    manifest = written.manifest(originator, signer.id, len(payload), nonce, commit(keys, payload))
    data = manifest.to_bytes()
    keep_manifest(data, manifest)
    return Unsigned(
        manifest=data,
        recipient=check_party_id(recipient),
        recipient_key=recipient_key.id,
        wrapped=_wrap(content_key, recipient_key, _info(manifest, data, recipient, recipient_key)),
        ciphertext=encrypt(keys, payload, _bound(data)),
    )


def verify_label(sealed: Sealed, originators: KeyRing) -> Manifest:
    """The manifest with its label, if its originator signed it; the payload stays closed.

    `originators` holds the signing key known for each party. Raises VerificationFailed.
    """
    return verify_manifest(sealed.manifest, sealed.signature, originators)


def open_sealed(
    sealed: Sealed, *, recipient: str, key: UnwrapKey | tuple[UnwrapKey, ...], originators: KeyRing
) -> Opened:
    """Open an item sealed to `recipient`, whose key is `key`, or one of these.

    Raises VerificationFailed if it is for another party or key, the label is not its originator's, or any bit of it
    is not as it was sealed.
    """
    return _open(sealed, recipient, key, originators)[0]


def rewrap(
    sealed: Sealed,
    *,
    holder: str,
    key: UnwrapKey | tuple[UnwrapKey, ...],
    recipient: str,
    recipient_key: WrapKey,
    originators: KeyRing,
) -> Sealed:
    """Wrap an item that `holder` can open for the next `recipient`; label, signature and segments stay untouched.

    The whole item is verified first, so that a hub never passes on what it could not have received. Raises as
    `open_sealed` does, and InputError for a recipient that is no party or a key that is not a real one.
    """
    opened, content_key = _open(sealed, holder, key, originators)
    info = _info(opened.manifest, sealed.manifest, check_party_id(recipient), recipient_key)
    wrapped = _wrap(content_key, recipient_key, info)
    return replace(sealed, recipient=recipient, recipient_key=recipient_key.id, wrapped=wrapped)


def _open(
    sealed: Sealed, recipient: str, key: UnwrapKey | tuple[UnwrapKey, ...], originators: KeyRing
) -> tuple[Opened, bytes]:
    manifest = verify_label(sealed, originators)
    content_key = _unwrap(sealed, manifest, recipient, key)
    keys = derive_keys(content_key, manifest.nonce)
    bound = _bound(sealed.manifest)
    return Opened(decrypt(keys, sealed.ciphertext, manifest.size, bound, manifest.commitment), manifest), content_key


def _wrap(content_key: bytes, key: WrapKey, info: bytes) -> bytes:
    try:
        return _SUITE.encrypt(content_key, key.public, info)
    except ValueError as error:
        raise InputError(
            f"the wrapping key `{key.id}` is not a real one", remedy="ask the party for its key"
        ) from error


def _unwrap(sealed: Sealed, manifest: Manifest, recipient: str, keys: UnwrapKey | tuple[UnwrapKey, ...]) -> bytes:
    each = keys if isinstance(keys, tuple) else (keys,)
    key = next((one for one in each if one.wrap_key.id == sealed.recipient_key), None)
    if sealed.recipient != recipient or key is None:
        raise VerificationFailed(
            f"the item is sealed to `{sealed.recipient}`, key `{sealed.recipient_key}`, not to this one"
        )
    info = _info(manifest, sealed.manifest, recipient, key.wrap_key)
    try:
        content_key = _SUITE.decrypt(sealed.wrapped, key.private, info)
    except (InvalidTag, ValueError) as error:
        raise VerificationFailed("the wrapped key was changed, or belongs to another item") from error
    if len(content_key) != CONTENT_KEY_BYTES:
        raise VerificationFailed("what is wrapped is no content key")
    return content_key


def _info(manifest: Manifest, data: bytes, recipient: str, recipient_key: WrapKey) -> bytes:
    """Canonical JSON, from parts that all are plain text."""
    parties = f'"originator":{quoted(manifest.originator)},"recipient":{quoted(recipient)}'
    digests = f'"label":"{manifest.label_digest}","manifest":"{digest(data)}"'
    return f'{{"key":"{recipient_key.id}",{digests},{parties},"schema":"{SCHEMA}"}}'.encode()


def _bound(manifest: bytes) -> bytes:
    return digest(manifest).encode("ascii")
