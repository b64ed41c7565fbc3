"""ML-DSA-44 for tests: keys from a seed, and why they cannot run where the library has none."""

from __future__ import annotations

from relto.core.envelope import MlDsaSigningKey, SigningKey
from relto.core.errors import InputError


def lacking() -> str:
    """Why ML-DSA-44 cannot be tested here; empty where it can."""
    try:
        MlDsaSigningKey(bytes(32)).verify_key  # noqa: B018
    except InputError as error:
        return str(error)
    return ""


def both(seed: int) -> SigningKey:
    """An Ed25519 key with one for ML-DSA-44 beside it."""
    return SigningKey(bytes([seed]) * 32, MlDsaSigningKey(bytes([seed, 44]) * 16))
