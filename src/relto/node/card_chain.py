"""The cards of one party one after another, and which of its keys was good at an instant. Pure.

A party replaces its card by a signed change that names, by digest, the very card it replaces; so an older change, or a
second one of the same moment, has nothing left to replace. A revocation ends a card and names no other: whoever stole
the key could have signed it, and may gain no more by that than silence. What comes after it is pinned by people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, cast

from relto.core.canon import (
    JSON,
    base64url,
    canonical,
    check_digest,
    from_base64url,
    only_keys,
    parse_object,
    text_in,
)
from relto.core.envelope import SigningKey, TermedKey, VerifyKey
from relto.core.errors import Conflict, InputError, VerificationFailed
from relto.core.label import check_party_id
from relto.core.timeline import Instant, parse_instant
from relto.node.card import MAX_CARD_BYTES, Card

SCHEMA: Final = "relto/key-change/1"
MAX_CHANGE_BYTES: Final = 2 * MAX_CARD_BYTES  # a card in base64url, what is said of it, and its signatures
MAX_CARDS: Final = 256
CHAIN_SCHEMA: Final = "relto/card-chain/1"
MAX_CHAIN_BYTES: Final = MAX_CARDS * 3 * MAX_CHANGE_BYTES
_REQUIRED: Final = frozenset({"schema", "kind", "party", "at", "previous", "signature"})
_OPTIONAL: Final = frozenset({"card", "mldsa_signature"})

KeyChangeKind: TypeAlias = Literal["key-replacement", "key-revocation"]


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What a party says of its own card `previous` (a digest): replaced by `card`, or revoked, from `at` on.

    Signed by the key that `previous` holds, and by the ML-DSA-44 key beside it: who has broken one of them can neither
    name another card nor drop the second key. Raises InputError for a replacement without a card of the same party, and
    for a revocation with one.
    """

    kind: KeyChangeKind
    party: str
    at: Instant
    previous: str
    card: Card | None = None
    signature: bytes = b""
    mldsa_signature: bytes = b""

    def __post_init__(self) -> None:
        check_party_id(self.party)
        check_digest(self.previous)
        if self.kind not in ("key-replacement", "key-revocation"):
            raise InputError(f"`{str(self.kind)[:60]}` is no change of keys", remedy="replace or revoke")
        if (self.kind == "key-replacement") != (self.card is not None):
            raise InputError(
                f"a {self.kind} with the wrong cards", remedy="a replacement has a card, a revocation none"
            )
        if self.card is not None and self.card.party != self.party:
            raise InputError(f"`{self.party}` replaces its card by one of `{self.card.party}`", remedy="use its own")

    def signed(self, key: SigningKey) -> KeyChange:
        """The change with the signature of the key that it replaces or revokes, or of both."""
        stated = canonical(self._statement())
        beside = b"" if key.mldsa is None else key.mldsa.sign(stated)
        return replace(self, signature=key.sign(stated), mldsa_signature=beside)

    def verify(self, key: VerifyKey) -> None:
        """Return if `key` signed it, and the one beside it too, and the new card is signed by its own keys; else raise
        VerificationFailed."""
        stated = canonical(self._statement())
        key.verify(self.signature, stated)
        if key.mldsa is not None:
            key.mldsa.verify(self.mldsa_signature, stated)
        elif self.mldsa_signature:
            raise VerificationFailed(f"a change by `{self.party}` is signed by an ML-DSA-44 key that is not its card's")
        if self.card is not None:
            if not self.card.signature:  # whoever names a key must hold it
                raise VerificationFailed(f"the new card of `{self.party}` is not signed by its own key")
            self.card.check("the new card")

    def _statement(self) -> dict[str, Any]:
        value = {
            "schema": SCHEMA,
            "kind": self.kind,
            "party": self.party,
            "at": str(self.at),
            "previous": self.previous,
        }
        if self.card is not None:
            value["card"] = base64url(self.card.to_bytes())
        return value

    def to_bytes(self) -> bytes:
        """The change as canonical JSON."""
        signatures = {"signature": base64url(self.signature)}
        if self.mldsa_signature:
            signatures["mldsa_signature"] = base64url(self.mldsa_signature)
        return canonical({**self._statement(), **signatures})

    @classmethod
    def from_bytes(cls, data: bytes) -> KeyChange:
        """Read what `to_bytes` writes, in that one form. Raises InputError; VerificationFailed for a card unsigned."""
        value = parse_object(data, MAX_CHANGE_BYTES, name="change of keys")
        only_keys(value, _REQUIRED, _OPTIONAL)
        if text_in(value, "schema") != SCHEMA:
            raise InputError("this is no change of keys", remedy=f"its schema must be `{SCHEMA}`")
        change = cls(
            cast("KeyChangeKind", text_in(value, "kind")),
            text_in(value, "party"),
            parse_instant(text_in(value, "at")),
            text_in(value, "previous"),
            Card.from_bytes(from_base64url(text_in(value, "card")), name="new card") if "card" in value else None,
            from_base64url(text_in(value, "signature")),
            from_base64url(text_in(value, "mldsa_signature")) if "mldsa_signature" in value else b"",
        )
        if change.to_bytes() != data:
            raise InputError("a change of keys not in its canonical form", remedy="ask the party for it again")
        return change


@dataclass(frozen=True, slots=True)
class CardTerm:
    """A card, good from `since` (None: ever since it was pinned) until before `until` (None: until now)."""

    card: Card
    since: Instant | None = None
    until: Instant | None = None

    def holds(self, at: Instant) -> bool:
        """Whether it is good at `at`; its last instant belongs to what comes after."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class CardChain:
    """The cards of one party, oldest first, with the changes that were taken. Begin one with `of`."""

    terms: tuple[CardTerm, ...]
    changes: tuple[KeyChange, ...] = ()

    @classmethod
    def of(cls, card: Card) -> CardChain:
        """The chain that begins with a card that people have pinned."""
        return cls((CardTerm(card),))

    @property
    def party(self) -> str:
        """Whose cards they are."""
        return self.terms[0].card.party

    @property
    def current(self) -> Card | None:
        """The card that is good now, as far as it is known here; None after a revocation with nothing pinned since."""
        return self.terms[-1].card if self.terms[-1].until is None else None

    @property
    def cards(self) -> tuple[Card, ...]:
        """All its cards, oldest first."""
        return tuple(one.card for one in self.terms)

    def signing_keys(self, *, fresh: bool = False) -> tuple[VerifyKey, ...]:
        """The signing keys, each with its term, for what was signed at any time; `fresh`: for what comes in now, so
        not those that were revoked, which whoever stole them can still date as he likes."""
        return tuple(
            one.card.signing
            if (one.since, one.until) == (None, None)
            else TermedKey(one.card.signing.raw, one.card.signing.mldsa, one.since, one.until)
            for one in self.terms
            if not (fresh and self.revoked(one.card))
        )

    def head_keys(self) -> tuple[VerifyKey, ...]:
        """The signing keys for heads and cosignatures that come in now: as `signing_keys` has them fresh, but once the
        last card has an ML-DSA-44 key, none from before without one: a head bears no instant of its own."""
        keys = self.signing_keys(fresh=True)
        if not keys or keys[-1].mldsa is None:
            return keys
        return tuple(one for one in keys if one.mldsa is not None)

    def revoked(self, card: Card) -> bool:
        """Whether this very card was revoked."""
        name = card.keys_id
        return any(one.kind == "key-revocation" and one.previous == name for one in self.changes)

    def linked(self, card: Card) -> tuple[Card, ...]:
        """The cards that lead from one to the next by signed changes, and of which `card` is one; none for another."""
        groups: list[list[Card]] = []
        replacing = {one.card.keys_id for one in self.changes if one.card is not None}
        for one in self.cards:
            if groups and one.keys_id in replacing:
                groups[-1].append(one)
            else:
                groups.append([one])
        return next((tuple(group) for group in groups if card in group), ())

    def to_bytes(self) -> bytes:
        """The chain as canonical JSON: its first card, and each step from it."""
        steps: list[JSON] = []
        changes = list(self.changes)
        for number, term in enumerate(self.terms):
            name = term.card.keys_id
            if number and not any(one.card is not None and one.card.keys_id == name for one in changes):
                steps.append({"card": base64url(term.card.to_bytes()), "at": str(term.since)})
            steps += [{"change": base64url(one.to_bytes())} for one in changes if one.previous == name]
        return canonical({"schema": CHAIN_SCHEMA, "first": base64url(self.cards[0].to_bytes()), "steps": steps})

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str = "chain of cards") -> CardChain:
        """Read what `to_bytes` writes, each change held against the card before it. Raises InputError; Conflict and
        VerificationFailed as `taken` and `pinned` do."""
        value = parse_object(data, MAX_CHAIN_BYTES, name=name)
        only_keys(value, frozenset({"schema", "first", "steps"}))
        steps = value["steps"]
        if text_in(value, "schema") != CHAIN_SCHEMA or not isinstance(steps, list):
            raise InputError(f"`{name}` is no chain of cards", remedy="restore it")
        chain = cls.of(Card.from_bytes(from_base64url(text_in(value, "first")), name=name))
        for step in steps:
            if not isinstance(step, dict):
                raise InputError(f"`{name}` is no chain of cards", remedy="restore it")
            if "change" in step:
                only_keys(step, frozenset({"change"}))
                chain = chain.taken(KeyChange.from_bytes(from_base64url(text_in(step, "change"))))
            else:
                only_keys(step, frozenset({"card", "at"}))
                card = Card.from_bytes(from_base64url(text_in(step, "card")), name=name)
                chain = chain.pinned(card, parse_instant(text_in(step, "at")))
        return chain

    def card_at(self, at: Instant) -> Card | None:
        """The card that is good at `at`; None after a revocation with nothing pinned since."""
        return next((one.card for one in self.terms if one.holds(at)), None)

    def taken(self, change: KeyChange) -> CardChain:
        """The chain with this change; the same chain where it has it already.

        Raises VerificationFailed where the last card's key did not sign it; Conflict where it is about a card that is
        not the last, takes effect before that one did, or brings back a key that has stood here before.
        """
        if change in self.changes:
            return self
        last = self.terms[-1]
        if change.party != self.party:
            raise Conflict(f"a change of `{change.party}` is none of `{self.party}`", remedy="a party changes its own")
        if last.until is not None or change.previous != last.card.keys_id:
            raise Conflict(
                f"`{change.party}` changes a card that is not its last", remedy="compare cards, and pin anew"
            )
        change.verify(last.card.signing)
        self._check_after(change.at)
        terms = (*self.terms[:-1], replace(last, until=change.at))
        if change.card is not None:
            self._check_new(change.card)
            terms = (*terms, CardTerm(change.card, change.at))
        return CardChain(terms, (*self.changes, change))

    def pinned(self, card: Card, at: Instant) -> CardChain:
        """The chain with a card that people have pinned after a revocation. Raises Conflict where none came before it,
        where it would hold before that, and for a key that has stood here before."""
        last = self.terms[-1]
        if card.party != self.party or last.until is None or at < last.until:
            raise Conflict(f"the card of `{self.party}` is not revoked by then", remedy="revoke it, or replace it")
        self._check_new(card)
        return replace(self, terms=(*self.terms, CardTerm(card, at)))

    def check_signed(self, key_id: str, at: Instant) -> VerifyKey:
        """The key of that id if it was good at `at`, the instant that what it signed bears.

        Raises VerificationFailed where it is no key of this party, or was not good then: not yet, replaced, revoked.
        """
        found = next((one for one in self.terms if one.card.signing.id == key_id), None)
        if found is None:
            raise VerificationFailed(
                f"`{key_id[:60]}` is no key of `{self.party}`", remedy="ask for its chain of cards"
            )
        if not found.holds(at):
            raise VerificationFailed(f"key `{key_id}` of `{self.party}` was not good at {at}")
        return found.card.signing

    def _check_after(self, at: Instant) -> None:
        since = self.terms[-1].since
        if since is not None and at <= since:
            raise Conflict(f"a change of `{self.party}` from before the last one", remedy="date it after that")

    def _check_new(self, card: Card) -> None:
        if len(self.terms) >= MAX_CARDS:
            raise Conflict(f"`{self.party}` has had {MAX_CARDS} cards", remedy="pin its card anew")
        for old in (one.card for one in self.terms):
            same = card.signing.raw == old.signing.raw or (card.mldsa_id and card.mldsa_id == old.mldsa_id)
            if same or card.wrapping == old.wrapping or (card.pin and card.pin == old.pin):
                raise Conflict(f"`{self.party}` brings back a key of before", remedy="make new keys, all of them")
