"""A party's card: its public keys and where its node answers, as one operator hands them to another.

The pinned cards are the annex on which the nodes of an agreement go: no address comes from anywhere else. What names an
address or a certificate is signed with the party's own key, whose thumbprint the operators compared. So is one with an
ML-DSA-44 key, by that as well: its thumbprint is compared too, and nobody names a key that is not his.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from relto.core.canon import (
    JSON,
    base64url,
    canonical,
    digest,
    from_base64url,
    object_in,
    only_keys,
    parse_object,
    text_in,
)
from relto.core.envelope import MLDSA_ALGORITHM, MlDsaVerifyKey, SigningKey, VerifyKey, WrapKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_party_id

SCHEMA: Final = "relto/card/1"
MAX_CARD_BYTES: Final = 8192  # 5,000 of them are an ML-DSA-44 key and its signature
_KEYS: Final = frozenset({"schema", "party", "signing", "wrapping"})
_OF_THE_NETWORK: Final = frozenset({"address", "certificate", "signature"})
_BESIDE: Final = frozenset({"mldsa", "mldsa_signature"})
_KEY_KEYS: Final = frozenset({"crv", "kty", "x", "kid"})
_MLDSA_KEYS: Final = frozenset({"alg", "kty", "pub", "kid"})
_ADDRESS = re.compile(
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]):(?P<port>[1-9][0-9]{0,4})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Card:
    """`signing` verifies what the party signs, `wrapping` seals to it. The thumbprints (RFC 7638) are their ids.

    `address` is `host:port` of its node, empty where it has none; `certificate` that of its TLS key (DER);
    `signature` its own over all that, there with either of them, and with an ML-DSA-44 key beside `signing`; that one's
    is `mldsa_signature`.
    """

    party: str
    signing: VerifyKey
    wrapping: WrapKey
    address: str = ""
    certificate: bytes = b""
    signature: bytes = b""
    mldsa_signature: bytes = b""

    @property
    def pin(self) -> str:
        """The digest of its certificate, by which its connections are known; empty without one."""
        return digest(self.certificate) if self.certificate else ""

    @property
    def keys_id(self) -> str:
        """The digest of whose keys these are and which: the same whatever address and certificate go with them."""
        keys: list[JSON] = [SCHEMA, self.party, base64url(self.signing.raw), base64url(self.wrapping.raw)]
        if self.signing.mldsa is not None:
            keys.append(base64url(self.signing.mldsa.raw))
        return digest(canonical(keys))

    @property
    def mldsa_id(self) -> str:
        """The thumbprint of its ML-DSA-44 key; empty without one."""
        return "" if self.signing.mldsa is None else self.signing.mldsa.id

    def signed(self, key: SigningKey) -> Card:
        """The card with its own party's signature, or signatures."""
        stated = canonical(self._statement())
        beside = b"" if key.mldsa is None else key.mldsa.sign(stated)
        return replace(self, signature=key.sign(stated), mldsa_signature=beside)

    def to_bytes(self) -> bytes:
        """The card as canonical JSON."""
        value = self._statement()
        if self.signature:
            value["signature"] = base64url(self.signature)
        if self.mldsa_signature:
            value["mldsa_signature"] = base64url(self.mldsa_signature)
        return canonical(value)

    def _statement(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "schema": SCHEMA,
            "party": self.party,
            "signing": _jwk("Ed25519", self.signing.raw, self.signing.id),
            "wrapping": _jwk("X25519", self.wrapping.raw, self.wrapping.id),
        }
        if self.address:
            value["address"] = self.address
        if self.certificate:
            value["certificate"] = base64url(self.certificate)
        if self.signing.mldsa is not None:
            pub, thumbprint = base64url(self.signing.mldsa.raw), self.signing.mldsa.id
            value["mldsa"] = {"alg": MLDSA_ALGORITHM, "kty": "AKP", "pub": pub, "kid": thumbprint}
        return value

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str = "card") -> Card:
        """Read a card. Raises InputError for anything else, and for a thumbprint that is not its key's;
        VerificationFailed where its party did not sign it."""
        value = parse_object(data, MAX_CARD_BYTES, name=name)
        only_keys(value, _KEYS, _OF_THE_NETWORK | _BESIDE)
        if text_in(value, "schema") != SCHEMA:
            raise InputError(f"`{name}` is not a card", remedy=f"its schema must be `{SCHEMA}`")
        found = {}
        for use, curve in (("signing", "Ed25519"), ("wrapping", "X25519")):
            jwk = object_in(value, use)
            only_keys(jwk, _KEY_KEYS)
            if (text_in(jwk, "kty"), text_in(jwk, "crv")) != ("OKP", curve):
                raise InputError(f"the {use} key in `{name}` is not {curve}", remedy="ask the party for its card again")
            found[use] = from_base64url(text_in(jwk, "x"))
        texts = {key: text_in(value, key) for key in (_OF_THE_NETWORK | {"mldsa_signature"}) & value.keys()}
        card = cls(
            check_party_id(text_in(value, "party")),
            VerifyKey(found["signing"], _mldsa_in(value, name)),
            WrapKey(found["wrapping"]),
            check_address(texts["address"]) if "address" in texts else "",
            from_base64url(texts.get("certificate", "")),
            from_base64url(texts.get("signature", "")),
            from_base64url(texts.get("mldsa_signature", "")),
        )
        ids = [(use, text_in(object_in(value, use), "kid")) for use in ("signing", "wrapping", "mldsa") if use in value]
        own = [("signing", card.signing.id), ("wrapping", card.wrapping.id), ("mldsa", card.mldsa_id)]
        if ids != [one for one in own if one[1]]:
            raise InputError(f"a thumbprint in `{name}` is not its key's", remedy="ask the party for its card again")
        card.check(name)
        return card

    def check(self, name: str) -> None:
        """Raise VerificationFailed where it names an address, a certificate or an ML-DSA-44 key that its own party did
        not sign, with each of its keys."""
        beside = self.signing.mldsa
        if beside is None and self.mldsa_signature:
            raise VerificationFailed(f"`{name}` is signed by an ML-DSA-44 key that is not in it")
        if not (self.address or self.certificate or self.signature or beside):
            return
        stated = canonical(self._statement())
        try:
            self.signing.verify(self.signature, stated)
            if beside is not None:
                beside.verify(self.mldsa_signature, stated)
        except VerificationFailed as error:
            raise VerificationFailed(
                f"`{name}` is not signed by `{self.party}`: {error.message}", remedy="ask the party for its card again"
            ) from error


def _mldsa_in(value: Mapping[str, JSON], name: str) -> MlDsaVerifyKey | None:
    """The ML-DSA-44 key in a card (RFC 9964, 3); None where it has none."""
    if "mldsa" not in value:
        return None
    jwk = object_in(value, "mldsa")
    only_keys(jwk, _MLDSA_KEYS)
    if (text_in(jwk, "kty"), text_in(jwk, "alg")) != ("AKP", MLDSA_ALGORITHM):
        raise InputError(f"the key `mldsa` in `{name}` is not {MLDSA_ALGORITHM}", remedy="ask for the card again")
    return MlDsaVerifyKey(from_base64url(text_in(jwk, "pub")))


def check_address(text: str) -> str:
    """Give `text` back if it is `host:port`, in small letters; else raise InputError."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65_535:
        raise InputError(f"`{text[:60]}` is no address of a node", remedy="give host:port, such as `kor.example:7400`")
    return text


def _jwk(curve: str, raw: bytes, thumbprint: str) -> dict[str, str]:
    return {"crv": curve, "kty": "OKP", "x": base64url(raw), "kid": thumbprint}
