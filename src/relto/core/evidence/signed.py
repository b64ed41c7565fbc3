"""The signature under evidence: a compact JWS (RFC 7515), Ed25519 by the name RFC 9864 gives it.

The algorithm is pinned, the header has exactly three members in canonical form, and the statement is canonical JSON:
one statement signed by one key is one string, so a receipt given twice is the same receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from relto.core.canon import base64url, canonical, from_base64url, parse_object, text_in
from relto.core.envelope import SigningKey, VerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence.evidence import Evidence

ALGORITHM: Final = "Ed25519"  # RFC 9864; `EdDSA` of RFC 8037 is deprecated there
TYPE: Final = "relto-evidence+jws"
MAX_JWS_BYTES: Final = 65_535  # what one entry of a tlog-tiles bundle can hold

_MAX_HEADER_BYTES: Final = 512


def sign_evidence(evidence: Evidence, key: SigningKey) -> str:
    """Sign `evidence` with its party's key; the result is a compact JWS of ASCII text.

    Raises InputError for evidence that cannot be written (see `Evidence.to_bytes`).
    """
    public = key.verify_key
    private = OKPKey.import_key(key.private)
    return jws.serialize_compact(_header(public), evidence.to_bytes(), private, algorithms=[ALGORITHM])


def verify_evidence(signed: str, keys: Mapping[str, VerifyKey]) -> Evidence:
    """The evidence in a compact JWS, if the party it names signed it with the key that `keys` holds for that party.

    Raises InputError for more than 65,535 signs; VerificationFailed for anything else that is not exactly what
    `sign_evidence` writes: another algorithm, `none`, an unknown key, header members beyond `alg`, `kid` and `typ`, a
    statement not canonical or by another party than the key's.
    """
    if len(signed) > MAX_JWS_BYTES:
        raise InputError(f"evidence of {len(signed)} signs", remedy=f"send at most {MAX_JWS_BYTES}")
    parts = signed.split(".")
    if len(parts) != 3:
        raise VerificationFailed("not a compact JWS", remedy="give header, payload and signature, with dots between")
    owners = _owners(_key_id(parts[0]), keys)
    public = next(iter(owners.values()))
    if parts[0] != base64url(canonical(_header(public))):
        raise VerificationFailed(f"the header is not exactly `alg` {ALGORITHM}, `kid` and `typ` {TYPE}")
    try:
        verified = jws.deserialize_compact(signed, OKPKey.import_key(public.public), algorithms=[ALGORITHM])
        evidence = Evidence.from_bytes(verified.payload)
    except (JoseError, ValueError) as error:  # ValueError: base64 and JSON that joserfc does not catch itself
        raise VerificationFailed(f"the signature is not one by key `{public.id}`") from error
    except InputError as error:
        raise VerificationFailed(f"what is signed is no evidence: {error.message}") from error
    if evidence.party not in owners:
        raise VerificationFailed(f"`{evidence.party}` is named as the party, but another party's key signed")
    return evidence


def _header(public: VerifyKey) -> dict[str, str]:
    return {"alg": ALGORITHM, "kid": public.id, "typ": TYPE}


def _key_id(header: str) -> str:
    try:
        return text_in(parse_object(from_base64url(header), _MAX_HEADER_BYTES, name="JWS header"), "kid")
    except InputError as error:
        raise VerificationFailed(f"the JWS header cannot be read: {error.message}") from error


def _owners(key_id: str, keys: Mapping[str, VerifyKey]) -> dict[str, VerifyKey]:
    owners = {party: key for party, key in keys.items() if key.id == key_id}
    if not owners:
        raise VerificationFailed("signed with a key not known here", remedy="import that party's keys first")
    return owners
