"""A party's card: its public keys, as one operator hands them to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.core.canon import base64url, canonical, from_base64url, object_in, only_keys, parse_object, text_in
from relto.core.envelope import VerifyKey, WrapKey
from relto.core.errors import InputError
from relto.core.label import check_party_id

SCHEMA: Final = "relto/card/1"
MAX_CARD_BYTES: Final = 4096
_KEYS: Final = frozenset({"schema", "party", "signing", "wrapping"})
_KEY_KEYS: Final = frozenset({"crv", "kty", "x", "kid"})


@dataclass(frozen=True, slots=True)
class Card:
    """`signing` verifies what the party signs, `wrapping` seals to it. The thumbprints (RFC 7638) are their ids."""

    party: str
    signing: VerifyKey
    wrapping: WrapKey

    def to_bytes(self) -> bytes:
        """The card as canonical JSON."""
        return canonical(
            {
                "schema": SCHEMA,
                "party": self.party,
                "signing": _jwk("Ed25519", self.signing.raw, self.signing.id),
                "wrapping": _jwk("X25519", self.wrapping.raw, self.wrapping.id),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str = "card") -> Card:
        """Read a card. Raises InputError for anything else, and for a thumbprint that is not its key's."""
        value = parse_object(data, MAX_CARD_BYTES, name=name)
        only_keys(value, _KEYS)
        if text_in(value, "schema") != SCHEMA:
            raise InputError(f"`{name}` is not a card", remedy=f"its schema must be `{SCHEMA}`")
        found = {}
        for use, curve in (("signing", "Ed25519"), ("wrapping", "X25519")):
            jwk = object_in(value, use)
            only_keys(jwk, _KEY_KEYS)
            if (text_in(jwk, "kty"), text_in(jwk, "crv")) != ("OKP", curve):
                raise InputError(f"the {use} key in `{name}` is not {curve}", remedy="ask the party for its card again")
            found[use] = from_base64url(text_in(jwk, "x"))
        card = cls(check_party_id(text_in(value, "party")), VerifyKey(found["signing"]), WrapKey(found["wrapping"]))
        ids = (text_in(object_in(value, "signing"), "kid"), text_in(object_in(value, "wrapping"), "kid"))
        if ids != (card.signing.id, card.wrapping.id):
            raise InputError(f"a thumbprint in `{name}` is not its key's", remedy="ask the party for its card again")
        return card


def _jwk(curve: str, raw: bytes, thumbprint: str) -> dict[str, str]:
    return {"crv": curve, "kty": "OKP", "x": base64url(raw), "kid": thumbprint}
