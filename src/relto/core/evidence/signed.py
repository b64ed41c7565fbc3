"""The signature under evidence: a compact JWS (RFC 7515), Ed25519 by the name RFC 9864 gives it.

There is no algorithm to choose: it is signed and verified as Ed25519 alone, the header has exactly three members in
canonical form, and the statement is canonical JSON. One statement signed by one key is one string, so a receipt given
twice is the same receipt.

Statements made at once may share one signature (`core/envelope/joint.py`): then `alg` says so, and the third part is
the joint signature of header and payload. Each verifies alone as ever; which others it was signed with is in it, as
hashes, so a node keeps what it has signed and gives that again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from relto.core.canon import base64url, canonical, from_base64url, parse_object, text_in
from relto.core.envelope import KeyRing, SigningKey, TermedKey, VerifyKey, each_key, sign_jointly, verify_jointly
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence.evidence import Evidence

ALGORITHM: Final = "Ed25519"  # RFC 9864; `EdDSA` of RFC 8037 is deprecated there
JOINT_ALGORITHM: Final = "relto-joint-Ed25519"  # of no registry, as RFC 7515, 4.1.1, allows where none collides
TYPE: Final = "relto-evidence+jws"
MAX_JWS_BYTES: Final = 65_535  # what one entry of a tlog-tiles bundle can hold

_MAX_HEADER_BYTES: Final = 512
_PURPOSE: Final = b"evidence"


def sign_evidence(evidence: Evidence, key: SigningKey) -> str:
    """Sign `evidence` with its party's key; the result is a compact JWS of ASCII text.

    Raises InputError for evidence that cannot be written (see `Evidence.to_bytes`).
    """
    signing = f"{_header(key.verify_key.id)}.{base64url(evidence.to_bytes())}"
    return f"{signing}.{base64url(key.sign(signing.encode('ascii')))}"


def sign_together(statements: Sequence[Evidence], key: SigningKey) -> list[str]:
    """Sign statements of one party, two or more with one signature; each is a compact JWS that verifies alone.

    Raises InputError as `sign_evidence` does, and for more than 1,024 at once.
    """
    if len(statements) == 1:
        return [sign_evidence(statements[0], key)]
    header = _header(key.verify_key.id, JOINT_ALGORITHM)
    signing = [f"{header}.{base64url(one.to_bytes())}" for one in statements]
    if not signing:
        return []
    joint = sign_jointly([one.encode("ascii") for one in signing], key, _PURPOSE)
    return [f"{text}.{base64url(one)}" for text, one in zip(signing, joint, strict=True)]


class Signers:
    """Those whose evidence is taken, by the headers that name their keys: to verify one piece after another."""

    def __init__(self, keys: KeyRing) -> None:
        """`keys`: of each party, those that it signs with."""
        self._keys = keys
        self._named: dict[str, tuple[dict[str, VerifyKey], bool]] = {}
        for algorithm in (ALGORITHM, JOINT_ALGORITHM):
            for party, key in each_key(keys):
                owners, _ = self._named.setdefault(_header(key.id, algorithm), ({}, algorithm != ALGORITHM))
                owners[party] = key

    def owners(self, header: str) -> tuple[dict[str, VerifyKey], bool]:
        """The parties that have the key which a header names, and whether it says that the signature is a joint one.
        Raises VerificationFailed for any other header than that of a known key."""
        found = self._named.get(header)
        if found is None:
            raise _why_not(header, self._keys)
        return found

    def verify(self, signed: str) -> Evidence:
        """The evidence in a compact JWS; see `verify_evidence`."""
        if len(signed) > MAX_JWS_BYTES:
            raise InputError(f"evidence of {len(signed)} signs", remedy=f"send at most {MAX_JWS_BYTES}")
        parts = signed.split(".")
        if len(parts) != 3:
            raise VerificationFailed(
                "not a compact JWS", remedy="give header, payload and signature, with dots between"
            )
        header, payload, signature = parts
        owners, jointly = self.owners(header)
        public = next(iter(owners.values()))
        try:
            _verify(public, from_base64url(signature), signed[: -len(signature) - 1].encode("ascii"), jointly)
            statement = from_base64url(payload)
        except (InputError, UnicodeEncodeError) as error:
            raise VerificationFailed(f"the signature is not one by key `{public.id}`") from error
        return _stated(statement, owners, public)


def verify_evidence(signed: str, keys: KeyRing) -> Evidence:
    """The evidence in a compact JWS, if the party it names signed it with a key that `keys` holds for that party, and
    that was good at the instant it bears.

    Raises InputError for more than 65,535 signs; VerificationFailed for anything else that is not exactly what
    `sign_evidence` or `sign_together` writes: another algorithm, `none`, an unknown key, header members beyond `alg`,
    `kid` and `typ`, a statement not canonical or by another party than the key's.
    """
    return Signers(keys).verify(signed)


def _stated(statement: bytes, owners: Mapping[str, VerifyKey], public: VerifyKey) -> Evidence:
    """What is signed by the key `public` of its `owners`. Raises VerificationFailed where it is no evidence of one of
    them."""
    try:
        evidence = Evidence.from_bytes(statement)
    except InputError as error:
        raise VerificationFailed(f"what is signed is no evidence: {error.message}") from error
    if evidence.party not in owners:
        raise VerificationFailed(f"`{evidence.party}` is named as the party, but another party's key signed")
    if isinstance(public, TermedKey):
        public.check_at(evidence.at)
    return evidence


def signed_by(signed: str) -> str:
    """The id of the key that a compact JWS says has signed it, nothing of it verified. Raises VerificationFailed where
    it says none."""
    try:
        return text_in(
            parse_object(from_base64url(signed.partition(".")[0]), _MAX_HEADER_BYTES, name="JWS header"), "kid"
        )
    except InputError as error:
        raise VerificationFailed(f"the JWS header cannot be read: {error.message}") from error


def _verify(key: VerifyKey, signature: bytes, signing: bytes, jointly: bool) -> None:
    """Return if the third part is what the header says it is. Raises VerificationFailed."""
    if jointly:
        verify_jointly(signing, signature, key, _PURPOSE)
    else:
        key.verify(signature, signing)


@lru_cache(maxsize=128)
def _header(key_id: str, algorithm: str = ALGORITHM) -> str:
    return base64url(canonical({"alg": algorithm, "kid": key_id, "typ": TYPE}))


def _why_not(header: str, keys: KeyRing) -> VerificationFailed:
    """What is wrong with a header that is no known key's."""
    try:
        key_id = signed_by(header)
    except VerificationFailed as error:
        return error
    if key_id not in {key.id for _, key in each_key(keys)}:
        return VerificationFailed("signed with a key not known here", remedy="import that party's keys first")
    return VerificationFailed(
        f"the header is not exactly `alg` {ALGORITHM} (or {JOINT_ALGORITHM}), `kid` and `typ` {TYPE}"
    )
