"""What the originator signs: the label, and what binds it to one payload.

The manifest is canonical JSON and stays byte for byte the same on every hop; a hub can neither strip nor change the
label, for the segments decrypt only with this manifest and the signature holds only for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    quoted,
    text_in,
)
from relto.core.envelope.joint import is_joint, sign_jointly, verify_jointly
from relto.core.envelope.keys import KeyRing, SigningKey, VerifyKey, keys_of
from relto.core.envelope.segments import MAX_PAYLOAD_BYTES, NONCE_BYTES
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id
from relto.core.memo import Memo

SCHEMA: Final = "relto/envelope/1"
MAX_MANIFEST_BYTES: Final = 1 << 16
COMMITMENT_BYTES: Final = 32

_SIGNED: Final = b"relto/envelope/1 manifest\x00"
_PURPOSE: Final = b"manifest"
_LABEL: Final = b'{"label":'
_WRITTEN = re.compile(
    rb'\{"key":"([A-Za-z0-9_-]{43})","label":(\{.*\}),"nonce":"([A-Za-z0-9_-]{22})","originator":"([A-Za-z0-9-]{1,64})",'
    rb'"payload":\{"commitment":"([A-Za-z0-9_-]{43})","size":(0|[1-9][0-9]{0,8})\},"schema":"relto/envelope/1"\}',
    re.DOTALL,
)
_KEYS: Final = frozenset({"schema", "originator", "key", "label", "nonce", "payload"})
_PAYLOAD_KEYS: Final = frozenset({"size", "commitment"})


def label_json(label: Mapping[str, JSON]) -> bytes:
    """A label's canonical JSON, no deeper than it may stand in a manifest. Raises InputError."""
    return canonical({"label": label})[len(_LABEL) : -1]


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
    def label_text(self) -> bytes:
        """The label's canonical JSON."""
        return label_json(self.label)

    @cached_property
    def label_digest(self) -> str:
        """The digest of the label's canonical JSON, as evidence repeats it."""
        return digest(self.label_text)

    def to_bytes(self) -> bytes:
        """The manifest's canonical JSON. Raises InputError for a label that is too large or not JSON."""
        data = b"".join(
            (
                f'{{"key":{quoted(self.key)},"label":'.encode(),
                self.label_text,
                f',"nonce":"{base64url(self.nonce)}","originator":{quoted(self.originator)},"payload":'.encode(),
                f'{{"commitment":"{base64url(self.commitment)}","size":{self.size}}},"schema":"{SCHEMA}"}}'.encode(),
            )
        )
        if len(data) > MAX_MANIFEST_BYTES:
            raise InputError(f"a label of {len(data)} bytes", remedy=f"keep it under {MAX_MANIFEST_BYTES} bytes")
        return data


class WrittenLabel:
    """A label that was written out once, for all the manifests that bear it; it is not to be changed after that."""

    def __init__(self, label: Mapping[str, JSON]) -> None:
        """Raises InputError for what is no JSON."""
        self._label, self._text = label, label_json(label)
        self._digest = digest(self._text)

    @property
    def text(self) -> bytes:
        """The label as it is written."""
        return self._text

    def manifest(self, originator: str, key: str, size: int, nonce: bytes, commitment: bytes) -> Manifest:
        """The manifest with this label. Raises as `Manifest` does."""
        made = Manifest(originator, key, self._label, size, nonce, commitment)
        made.__dict__.update(label_text=self._text, label_digest=self._digest)
        return made


# An item is read, then verified, and read again when it is sent or passed on; what fails is not kept.
_READ: Final[Memo[bytes, Manifest]] = Memo(512)
_VERIFIED: Final[Memo[tuple[bytes, bytes, bytes], bool]] = Memo(512)


def sign_manifest(manifest: bytes, signer: SigningKey) -> bytes:
    """The originator's signature over a manifest's bytes."""
    signature = signer.sign(_SIGNED + manifest)
    _VERIFIED.put((signer.verify_key.raw, signature, manifest), True)
    return signature


def sign_manifests(manifests: Sequence[bytes], signer: SigningKey) -> list[bytes]:
    """The originator's signatures over several manifests, two or more with one signature."""
    if len(manifests) < 2:
        return [sign_manifest(one, signer) for one in manifests]
    signatures = sign_jointly(manifests, signer, _PURPOSE)
    for manifest, signature in zip(manifests, signatures, strict=True):
        _VERIFIED.put((signer.verify_key.raw, signature, manifest), True)
    return signatures


def keep_manifest(data: bytes, manifest: Manifest) -> None:
    """Keep at hand a manifest that was just written as `data`."""
    _READ.put(data, manifest)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest's bytes, strictly; whether it is signed is not looked at here. Raises VerificationFailed."""
    known = _READ.get(data)
    if known is not None:
        return known
    try:
        manifest = _read(data)
        if manifest.to_bytes() != data:
            raise InputError("not in canonical form")
    except InputError as error:
        raise VerificationFailed(f"the manifest is not one: {error.message}") from error
    return _READ.put(data, manifest)


def verify_manifest(data: bytes, signature: bytes, originators: KeyRing) -> Manifest:
    """The manifest, if the originator it names signed it with a key known for that party.

    Raises VerificationFailed for an unknown originator, another key, a bad signature, or bytes that are no manifest.
    """
    manifest = read_manifest(data)
    known = keys_of(originators, manifest.originator)
    if not known:
        raise VerificationFailed(
            f"no signing key is known for the originator `{manifest.originator}`",
            remedy="import that party's keys first",
        )
    key = next((one for one in known if one.id == manifest.key), None)
    if key is None:
        raise VerificationFailed(f"the label is not signed with the key known for `{manifest.originator}`")
    _verify(key, signature, data)
    return manifest


def _verify(key: VerifyKey, signature: bytes, data: bytes) -> None:
    if _VERIFIED.get((key.raw, signature, data)) is not None:
        return
    if is_joint(signature):
        verify_jointly(data, signature, key, _PURPOSE)
    else:
        key.verify(signature, _SIGNED + data)
    _VERIFIED.put((key.raw, signature, data), True)


@lru_cache(maxsize=512)  # many items have the same label
def _label_in(text: bytes) -> Mapping[str, JSON]:
    """A label as it stands in a manifest. Raises InputError for what is not the canonical JSON of one object."""
    data = _LABEL + text + b"}"
    value = parse_object(data, MAX_MANIFEST_BYTES, name="manifest")
    only_keys(value, frozenset({"label"}))
    if canonical(value) != data:
        raise InputError("not in canonical form")
    return object_in(value, "label")


def _read(data: bytes) -> Manifest:
    """Read a manifest by its parts, where they stand as they are written; else, and for what is wrong, as JSON."""
    parts = _WRITTEN.fullmatch(data)
    if parts is None:
        return _read_json(data)
    key, label, nonce, originator, commitment, size = parts.groups()
    try:
        manifest = Manifest(
            originator.decode("ascii"),
            key.decode("ascii"),
            _label_in(label),
            int(size),
            from_base64url(nonce.decode("ascii")),
            from_base64url(commitment.decode("ascii")),
        )
    except InputError:
        return _read_json(data)
    manifest.__dict__["label_text"] = label
    return manifest


def _read_json(data: bytes) -> Manifest:
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
