"""Keys of a party: Ed25519 to sign and verify (RFC 8032), X25519 to wrap and unwrap (RFC 7748).

A key's id is its JWK thumbprint (RFC 7638 over the members of RFC 8037). Raw bytes come in; nothing is generated
here, and the library's form of a key is made once. One Ed25519 key may sign labels, evidence and checkpoints: what is
signed differs from its first bytes on (a label has a zero byte, a JWS neither that nor a line feed, a checkpoint three
line feeds and no zero byte, a medium's manifest one line feed and no zero byte). Beside it may stand an ML-DSA-44
key, by which heads of ledgers, cards and changes of cards are signed as well; evidence, labels and seals are not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from relto.core.canon import base64url, canonical
from relto.core.envelope.mldsa import MlDsaSigningKey, MlDsaVerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.timeline import Instant

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

# Points of small order verify signatures on messages nobody signed, so their holder could deny everything. These are
# all their y coordinates, the two that RFC 8032 would write differently included; the sign bit does not matter.
_P: Final = 2**255 - 19
_Y_OF_ORDER_8: Final = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _P, _P + 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


def _check_length(raw: bytes, what: str) -> None:
    if len(raw) != KEY_BYTES:
        raise InputError(f"{what} of {len(raw)} bytes", remedy=f"give the {KEY_BYTES} raw bytes of the key")


@lru_cache(maxsize=64)  # of public keys, of which a node knows few
def _thumbprint(curve: str, public: bytes) -> str:
    jwk = {"crv": curve, "kty": "OKP", "x": base64url(public)}
    return base64url(hashlib.sha256(canonical(jwk)).digest())


@dataclass(frozen=True)
class VerifyKey:
    """A party's public Ed25519 key, from its 32 raw bytes. InputError for other lengths and points of small order.

    `mldsa`: the key beside it, if the party has one; heads of its ledger, cosignatures, cards and changes of cards then
    bear signatures by both, or do not verify.
    """

    raw: bytes
    mldsa: MlDsaVerifyKey | None = None

    def __post_init__(self) -> None:
        _check_length(self.raw, "a public signing key")
        if int.from_bytes(self.raw, "little") % 2**255 in _SMALL_ORDER:
            raise InputError("a public signing key of small order", remedy="make a real Ed25519 key pair")

    @property
    def id(self) -> str:
        """The key's JWK thumbprint."""
        return _thumbprint("Ed25519", self.raw)

    @cached_property
    def public(self) -> Ed25519PublicKey:
        """The library's form of it."""
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if `signature` is this key's over `message`; else raise VerificationFailed."""
        try:
            self.public.verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise VerificationFailed(f"the signature is not one by key `{self.id}`") from error


@dataclass(frozen=True)
class TermedKey(VerifyKey):
    """A public signing key that was good from `since` (None: ever) until `until` (None: still). What bears that very
    instant may have been signed by it or by the next one: a clock may stand still between."""

    since: Instant | None = None
    until: Instant | None = None

    def check_at(self, at: Instant) -> None:
        """Return if it was good at `at`, the instant that what it signed bears; else raise VerificationFailed."""
        if not self.held_within(at.ns, at.ns):
            raise VerificationFailed(
                f"the key `{self.id}` was not good at {at}: it was replaced, revoked, or not yet there"
            )

    def held_within(self, first: int, last: int) -> bool:
        """Whether it was good at some instant from `first` to `last`, nanoseconds of POSIX."""
        return (self.since is None or last >= self.since.ns) and (self.until is None or first <= self.until.ns)


KeyRing: TypeAlias = "Mapping[str, VerifyKey | tuple[VerifyKey, ...]]"
"""The signing keys known for each party: one, or all that it has had."""


def each_key(keys: KeyRing) -> Iterator[tuple[str, VerifyKey]]:
    """Each key with its party."""
    for party, known in keys.items():
        for key in known if isinstance(known, tuple) else (known,):
            yield party, key


def keys_of(keys: KeyRing, party: str) -> tuple[VerifyKey, ...]:
    """The keys known for a party; none where it is not known."""
    known = keys.get(party, ())
    return known if isinstance(known, tuple) else (known,)


def last_used_on(keys: tuple[VerifyKey, ...], used: Collection[str]) -> tuple[VerifyKey, ...]:
    """Of a party's keys, oldest first, the last whose id is among the `used`, and those after it: what was signed once
    all of these had been used is by one of them. All, where none was used."""
    return keys[max((place for place, key in enumerate(keys) if key.id in used), default=0) :]


def verify_by_any(keys: tuple[VerifyKey, ...], signature: bytes, message: bytes, at: Instant) -> None:
    """Return if one of `keys`, good at `at`, signed `message`; else raise VerificationFailed, as the last one does."""
    for key in keys[:-1]:
        try:
            _verify_at(key, signature, message, at)
        except VerificationFailed:
            continue
        return
    _verify_at(keys[-1], signature, message, at)


def _verify_at(key: VerifyKey, signature: bytes, message: bytes, at: Instant) -> None:
    if isinstance(key, TermedKey):
        key.check_at(at)
    key.verify(signature, message)


@dataclass(frozen=True)
class SigningKey:
    """A party's private Ed25519 key, from its 32 byte seed, which never shows in a repr. `mldsa`: the one beside it."""

    raw: bytes = field(repr=False)
    mldsa: MlDsaSigningKey | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_length(self.raw, "a private signing key")

    @cached_property
    def verify_key(self) -> VerifyKey:
        """The public key that belongs to it, with the one beside it."""
        beside = None if self.mldsa is None else self.mldsa.verify_key
        return VerifyKey(self.private.public_key().public_bytes_raw(), beside)

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        """The library's form of it."""
        return Ed25519PrivateKey.from_private_bytes(self.raw)

    def sign(self, message: bytes) -> bytes:
        """The 64 byte Ed25519 signature over `message`; the same message always gives the same signature."""
        return self.private.sign(message)


@dataclass(frozen=True)
class WrapKey:
    """A party's public X25519 key, to which content keys are wrapped, from its 32 raw bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        _check_length(self.raw, "a public wrapping key")

    @property
    def id(self) -> str:
        """The key's JWK thumbprint."""
        return _thumbprint("X25519", self.raw)

    @cached_property
    def public(self) -> X25519PublicKey:
        """The library's form of it."""
        return X25519PublicKey.from_public_bytes(self.raw)


@dataclass(frozen=True)
class UnwrapKey:
    """A party's private X25519 key, from its 32 raw bytes, which never show in a repr."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_length(self.raw, "a private wrapping key")

    @cached_property
    def wrap_key(self) -> WrapKey:
        """The public key that belongs to it."""
        return WrapKey(self.private.public_key().public_bytes_raw())

    @cached_property
    def private(self) -> X25519PrivateKey:
        """The library's form of it."""
        return X25519PrivateKey.from_private_bytes(self.raw)
