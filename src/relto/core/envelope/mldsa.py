"""ML-DSA-44 keys (FIPS 204), which a party may have beside its Ed25519 key: who breaks one has not broken the other.

Raw bytes come in; nothing is generated here. A key's id is its JWK thumbprint (RFC 7638 over the members of RFC 9964).
Signatures have an empty context, as tlog-cosignature has them. One key may sign heads of ledgers, cards and changes of
cards: what is signed differs in its first byte (`s` of `subtree/v1`; `{` of canonical JSON, which names its schema).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from relto.core.canon import base64url, canonical
from relto.core.errors import InputError, VerificationFailed

MLDSA_ALGORITHM: Final = "ML-DSA-44"
MLDSA_PUBLIC_BYTES: Final = 1312
MLDSA_SIGNATURE_BYTES: Final = 2420
_SEED_BYTES: Final = 32
_LACKING: Final = "the OpenSSL here has no ML-DSA-44"
MLDSA_REMEDY: Final = "use a build of `cryptography` on OpenSSL 3.5 or newer, as its own wheels are"


@dataclass(frozen=True)
class MlDsaVerifyKey:
    """A party's public ML-DSA-44 key, from its 1,312 raw bytes. InputError for another length."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != MLDSA_PUBLIC_BYTES:
            raise InputError(
                f"a public ML-DSA-44 key of {len(self.raw)} bytes", remedy=f"give its {MLDSA_PUBLIC_BYTES} raw bytes"
            )

    @cached_property
    def id(self) -> str:
        """The key's JWK thumbprint."""
        jwk = {"alg": MLDSA_ALGORITHM, "kty": "AKP", "pub": base64url(self.raw)}
        return base64url(hashlib.sha256(canonical(jwk)).digest())

    @cached_property
    def public(self) -> MLDSA44PublicKey:
        """The library's form of it. Raises VerificationFailed where the library has no ML-DSA-44."""
        try:
            return MLDSA44PublicKey.from_public_bytes(self.raw)
        except UnsupportedAlgorithm as error:
            raise VerificationFailed(
                f"{_LACKING}: nothing by key `{self.id}` can be verified", remedy=MLDSA_REMEDY
            ) from error

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if `signature` is this key's over `message`; else raise VerificationFailed."""
        try:
            self.public.verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise VerificationFailed(f"the signature is not one by ML-DSA-44 key `{self.id}`") from error


@dataclass(frozen=True)
class MlDsaSigningKey:
    """A party's private ML-DSA-44 key, from its 32 byte seed, which never shows in a repr."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _SEED_BYTES:
            raise InputError(
                f"a private ML-DSA-44 key of {len(self.raw)} bytes", remedy=f"give the {_SEED_BYTES} bytes of its seed"
            )

    @cached_property
    def verify_key(self) -> MlDsaVerifyKey:
        """The public key that belongs to it."""
        return MlDsaVerifyKey(self.private.public_key().public_bytes_raw())

    @cached_property
    def private(self) -> MLDSA44PrivateKey:
        """The library's form of it. Raises InputError where the library has no ML-DSA-44."""
        try:
            return MLDSA44PrivateKey.from_seed_bytes(self.raw)
        except UnsupportedAlgorithm as error:
            raise InputError(_LACKING, remedy=MLDSA_REMEDY) from error

    def sign(self, message: bytes) -> bytes:
        """The 2,420 byte signature over `message`. It is hedged (FIPS 204, 3.4): the same message gives another one."""
        return self.private.sign(message)
