"""Sealed items and the keys that seal, open, sign and verify: values and bytes in, values and bytes out.

The container stands behind this package alone, so that it can become another without a caller noticing.
Canonical JSON, errors and party ids may come in; no decision, no agreement, no store.
"""

from relto.core.envelope.joint import MAX_JOINT, sign_jointly, verify_jointly
from relto.core.envelope.keys import (
    KeyRing,
    SigningKey,
    TermedKey,
    UnwrapKey,
    VerifyKey,
    WrapKey,
    each_key,
    keys_of,
    last_used_on,
    verify_by_any,
)
from relto.core.envelope.manifest import (
    MAX_MANIFEST_BYTES,
    Manifest,
    WrittenLabel,
    read_manifest,
    sign_manifests,
    verify_manifest,
)
from relto.core.envelope.mldsa import (
    MLDSA_ALGORITHM,
    MLDSA_REMEDY,
    MLDSA_SIGNATURE_BYTES,
    MlDsaSigningKey,
    MlDsaVerifyKey,
)
from relto.core.envelope.seal import Opened, Unsigned, close, open_sealed, rewrap, seal, verify_label
from relto.core.envelope.sealed import MAX_SEALED_BYTES, Sealed, is_label_only, label_only, signed_label
from relto.core.envelope.segments import CONTENT_KEY_BYTES, MAX_PAYLOAD_BYTES, NONCE_BYTES

__all__ = [
    "CONTENT_KEY_BYTES",
    "MAX_JOINT",
    "MAX_MANIFEST_BYTES",
    "MAX_PAYLOAD_BYTES",
    "MAX_SEALED_BYTES",
    "MLDSA_ALGORITHM",
    "MLDSA_REMEDY",
    "MLDSA_SIGNATURE_BYTES",
    "NONCE_BYTES",
    "KeyRing",
    "Manifest",
    "MlDsaSigningKey",
    "MlDsaVerifyKey",
    "Opened",
    "Sealed",
    "SigningKey",
    "TermedKey",
    "Unsigned",
    "UnwrapKey",
    "VerifyKey",
    "WrapKey",
    "WrittenLabel",
    "close",
    "each_key",
    "is_label_only",
    "keys_of",
    "label_only",
    "last_used_on",
    "open_sealed",
    "read_manifest",
    "rewrap",
    "seal",
    "sign_jointly",
    "sign_manifests",
    "signed_label",
    "verify_by_any",
    "verify_jointly",
    "verify_label",
    "verify_manifest",
]
