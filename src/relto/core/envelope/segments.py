"""The payload under its content key: AES-256-GCM in segments of 1 MiB, and a commitment to key and payload.

A segment's nonce is its number under a key of this item alone, and the manifest, which tells the size, is bound to
each: none can be dropped, doubled, swapped or cut off. GCM alone does not commit to its key (one ciphertext can open
to two payloads under two keys); the HMAC in the manifest does, and shows a stranger nothing of the payload.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relto.core.errors import InputError, VerificationFailed

SEGMENT_BYTES: Final = 1 << 20
MAX_PAYLOAD_BYTES: Final = 64 << 20
CONTENT_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 16
_TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class PayloadKeys:
    """What one content key and nonce give (HKDF-SHA256, RFC 5869): a key for the segments, one for the commitment."""

    segments: bytes = field(repr=False)
    commitment: bytes = field(repr=False)


def derive_keys(content_key: bytes, nonce: bytes) -> PayloadKeys:
    """Derive both keys. Raises InputError unless `content_key` has 32 bytes and `nonce` 16."""
    if len(content_key) != CONTENT_KEY_BYTES:
        raise InputError(f"a content key of {len(content_key)} bytes", remedy=f"give {CONTENT_KEY_BYTES} random bytes")
    if len(nonce) != NONCE_BYTES:
        raise InputError(f"a nonce of {len(nonce)} bytes", remedy=f"give {NONCE_BYTES} random bytes")
    both = HKDF(SHA256(), 64, salt=nonce, info=b"relto/envelope/1 payload").derive(content_key)
    return PayloadKeys(both[:32], both[32:])


def commit(keys: PayloadKeys, payload: bytes) -> bytes:
    """HMAC-SHA256 of the payload: binds the manifest to this payload under this content key."""
    return hmac.digest(keys.commitment, payload, "sha256")


def sealed_size(size: int) -> int:
    """How many bytes the segments of a payload of `size` bytes take."""
    return size + _TAG_BYTES * _segment_count(size)


def encrypt(keys: PayloadKeys, payload: bytes, bound: bytes) -> bytes:
    """Encrypt the payload, segment by segment; `bound` is the additional data of every segment."""
    cipher, view = AESGCM(keys.segments), memoryview(payload)
    return b"".join(
        cipher.encrypt(_nonce(number), view[number * SEGMENT_BYTES : (number + 1) * SEGMENT_BYTES], bound)
        for number in range(_segment_count(len(payload)))
    )


def decrypt(keys: PayloadKeys, ciphertext: bytes, size: int, bound: bytes, commitment: bytes) -> bytes:
    """Decrypt to the payload of `size` bytes that was committed to; VerificationFailed if any bit is not as it was."""
    if len(ciphertext) != sealed_size(size):
        raise VerificationFailed("the sealed payload is not as long as its manifest says")
    cipher, view = AESGCM(keys.segments), memoryview(ciphertext)
    step = SEGMENT_BYTES + _TAG_BYTES
    try:
        payload = b"".join(
            cipher.decrypt(_nonce(number), view[number * step : (number + 1) * step], bound)
            for number in range(_segment_count(size))
        )
    except InvalidTag as error:
        raise VerificationFailed("the sealed payload was changed, or belongs to another label") from error
    if not hmac.compare_digest(commit(keys, payload), commitment):
        raise VerificationFailed("the payload is not the one its originator committed to")
    return payload


def _segment_count(size: int) -> int:
    return max(1, -(-size // SEGMENT_BYTES))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
