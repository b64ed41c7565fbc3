"""Keys in files: private ones encrypted and readable by their owner alone; public cards beside them.

keys/signing.pem, unwrap.pem, tls.pem   PKCS #8, encrypted under a key that scrypt (RFC 7914) makes of the passphrase
keys/mldsa.pem                          likewise, the ML-DSA-44 key beside the signing one, where the party has one
keys/scrypt.json                        its salt and cost
keys/card.json                          the public card, to hand to others: with the certificate of the TLS key in it
keys/2, keys/3 ...                      the keys that have replaced these; what `keys/chain.json` ends with is in use
peers/PARTY.json                        the cards of others, pinned by this node's operator
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from relto.adapters.keys.certificate import make_certificate, make_tls_key
from relto.adapters.keys.chains import (
    CHAIN,
    chain_from,
    latest,
    pin_over,
    read_chains,
    read_told,
    write_chain,
    write_told,
)
from relto.adapters.keys.disk import read_file, write_private
from relto.adapters.keys.sets import (
    FULL_COST,
    Private,
    card_in,
    later_folders,
    load_set,
    make_later_set,
    make_set,
    new_secret,
    secret_of,
)
from relto.core.envelope import SigningKey, UnwrapKey
from relto.core.errors import Conflict, InputError, NotFound
from relto.core.label import check_party_id
from relto.core.timeline import Instant
from relto.node.card import MAX_CARD_BYTES, Card, check_address
from relto.node.card_chain import CardChain, KeyChange, KeyChangeKind

_LOOK_AFTER: Final = 10_000_000  # nanoseconds: keys are asked for at every message
_GRAIN: Final = 50_000_000
"""Nanoseconds beyond which a folder that changes anew has another time: file systems count in steps of some
milliseconds, so what changes just after a look may not be seen by its time."""
_NEVER: Final = 1 << 63
Today: TypeAlias = Callable[[], Instant]
"""What day it is, whatever a rehearsal's clock says."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The files as they were read. `sets`: the private keys, those in use first; none where no passphrase was given.
    `marks`: how the folders stood then."""

    chain: CardChain
    own: Card
    chains: Mapping[str, CardChain]
    cards: Mapping[str, Card]
    told: Mapping[str, str]
    sets: tuple[Private, ...] = field(repr=False)
    marks: tuple[int, ...]


class FileKeys:
    """The keys of one node, read anew where another process has changed them. Opened without a passphrase (`secret`
    None) it knows the public ones only."""

    def __init__(self, node: Path, secret: bytes | None, today: Today | None = None) -> None:
        """`today` dates the certificates of keys that are made here: a rehearsal's clock does not."""
        self._node, self._secret, self._today = node, secret, today
        self._read_again()
        self._looked_at = time.monotonic_ns()

    @property
    def own(self) -> Card:
        """The card in use of the node's own party."""
        return self._now().own

    @property
    def peers(self) -> Mapping[str, Card]:
        """The cards of the others, by party: as pinned, or as their party has changed them since; none that is
        revoked."""
        return self._now().cards

    @property
    def chains(self) -> Mapping[str, CardChain]:
        """All cards that each party has had, the own one included."""
        return self._now().chains

    def peers_card(self, party: str) -> Card | None:
        """The card that is good for a party."""
        return self.peers.get(party)

    def pin(self, card: Card) -> None:
        """Pin a peer's card, in the file and here: an act of this node's operator. Raises as `pin_card` does."""
        pin_card(self._node, card)
        self._read_again()

    def moved(self, node: Path) -> FileKeys:
        """The same keys, in a node's folder that now has this name."""
        return FileKeys(node, self._secret, self._today)

    def signing(self) -> SigningKey:
        """The key that signs; InputError where no passphrase was given."""
        return self._unlocked()[0].signing

    def unwraps(self) -> tuple[UnwrapKey, ...]:
        """The keys that open what is sealed to this party, the one in use first; InputError where no passphrase was
        given."""
        return tuple(one.unwrap for one in self._unlocked())

    def tls_key(self, card: Card | None = None) -> tuple[Path, bytes]:
        """The file of the TLS key of an own card (None: that in use) and what opens it; InputError where no passphrase
        was given."""
        name = (card or self.own).keys_id
        found = next((one for one in self._unlocked() if one.card.keys_id == name), None)
        if found is None or self._secret is None:
            raise NotFound("there is no TLS key of that card", remedy="restore the folder keys/")
        return found.folder / "tls.pem", self._secret

    def presented(self) -> tuple[Card, ...]:
        """The own cards that are still shown to somebody, the one in use first."""
        now = self._now()
        older = [one for one in now.chain.cards if one.keys_id in now.told.values() and one.keys_id != now.own.keys_id]
        return (now.own, *older)

    def presented_to(self, peer: str) -> Card:
        """The own card that a peer goes by: an older one, until it has acknowledged the change."""
        name = self._now().told.get(peer)
        return next((one for one in self.presented() if one.keys_id == name), self.own)

    def acknowledged(self, peer: str, keys_id: str) -> None:
        """A peer has acknowledged the change to the own card of that id: it goes by it now."""
        told = dict(self._now().told)
        if told.get(peer) in (None, keys_id):
            return
        if keys_id == self.own.keys_id:
            del told[peer]
        else:
            told[peer] = keys_id
        write_told(self._node / "keys", told)
        self._read_again()

    def party_of(self, pin: str) -> str | None:
        """Whose certificate this is, by its digest. The one before a replacement counts until the new one is seen."""
        now = self._now()
        for party, card in now.cards.items():
            chain, met = now.chains[party], self._node / "peers" / f"{party}.met"
            if card.pin and card.pin == pin:
                if len(chain.terms) > 1 and not _met(met, card):
                    write_private(met, card.keys_id.encode("ascii"))
                return party
            before = chain.cards[-2] if len(chain.terms) > 1 else None
            if before is not None and before.pin == pin and not chain.revoked(before) and not _met(met, card):
                return party
        return None

    def take(self, change: KeyChange) -> None:
        """Keep a peer's change of its card. Raises as `CardChain.taken` does, NotFound for a party not pinned."""
        chain = self.chains.get(change.party)
        if chain is None or change.party == self.own.party:
            raise NotFound(f"no card of `{change.party}` is pinned", remedy="pin it first")
        write_chain(self._node / "peers", chain.taken(change))
        self._read_again()

    def change(self, kind: KeyChangeKind, at: Instant, mldsa: bool | None = None) -> KeyChange:
        """Replace the own keys from `at` on, or revoke them and go on with others, which the peers have to pin.
        `mldsa`: whether with an ML-DSA-44 key beside the signing one; None: as before.

        All or nothing: what is in use is what the chain ends with, which is written last. To be called within a
        transaction of the store: else two that change them at once would take each other's for left by a crash. Raises
        as `signing` does.
        """
        self._read_again()
        now, private = self._now(), self._unlocked()[0]
        assert self._secret is not None
        keys, known = self._node / "keys", {one.keys_id for one in now.chain.cards}
        dated = at if self._today is None else self._today()
        beside = now.own.signing.mldsa is not None if mldsa is None else mldsa
        made = make_later_set(keys, now.own.party, self._secret, dated, now.own.address, known, mldsa=beside)
        card = made.card if kind == "key-replacement" else None
        change = KeyChange(kind, now.own.party, at, now.chain.cards[-1].keys_id, card).signed(private.signing)
        chain = now.chain.taken(change)
        if card is None:
            chain = chain.pinned(made.card, at)
        write_told(keys, dict.fromkeys(now.cards, now.own.keys_id) | dict(now.told))
        write_private(keys / CHAIN, chain.to_bytes())  # from here on it is changed
        write_private(keys / "card.json", made.card.to_bytes())
        self._read_again()
        return change

    def _unlocked(self) -> tuple[Private, ...]:
        if self._secret is None:
            raise InputError(
                f"the keys of `{self.own.party}` are locked", remedy="give the passphrase, in RELTO_PASSPHRASE"
            )
        return self._now().sets

    def refresh(self) -> None:
        """Take notice now of what other processes have changed."""
        self._looked_at = 0
        self._now()

    def _now(self) -> _Read:
        at = time.monotonic_ns()
        if at - self._looked_at > _LOOK_AFTER:
            self._looked_at = at
            if _marks(self._node) != self._read.marks:
                self._read_again()
            elif at > self._sure_from:
                self._make_sure()
        return self._read

    def _read_again(self) -> None:
        self._read = _read_all(self._node, self._secret)
        self._sure_from = time.monotonic_ns() + _GRAIN

    def _make_sure(self) -> None:
        """Read once more after a change has settled: another may have come with it, at the same time by the folder."""
        found, known = _read_all(self._node, self._secret), self._read
        if (found.chains, found.cards, found.told) != (known.chains, known.cards, known.told):
            self._read = found
        self._sure_from = _NEVER if found.marks == known.marks else time.monotonic_ns() + _GRAIN

    def __repr__(self) -> str:
        return f"FileKeys(own={self._read.own.party!r}, peers={sorted(self._read.cards)!r})"


def create_keys(
    node: Path,
    party: str,
    passphrase: str,
    made_at: Instant,
    *,
    cost: int = FULL_COST,
    address: str = "",
    today: Today | None = None,
    mldsa: bool = False,
) -> FileKeys:
    """Make the keys of `party` under the folder `node`; `made_at` dates the certificate of its TLS key; `mldsa`: with a
    key for ML-DSA-44 beside that which signs.

    Raises InputError for a passphrase that is none, and where the library has no ML-DSA-44; Conflict where there are
    keys already."""
    check_party_id(party)
    keys, peers = node / "keys", node / "peers"
    if keys.exists():
        raise Conflict(f"there are keys in `{keys}` already", remedy="choose another folder")
    for folder in (keys, peers):
        folder.mkdir(mode=0o700, parents=True)
    secret = new_secret(keys, passphrase, cost)
    make_set(keys, party, secret, made_at, address, mldsa)
    return FileKeys(node, secret, today)


def open_keys(node: Path, passphrase: str | None, today: Today | None = None) -> FileKeys:
    """Open the keys under the folder `node`; without a passphrase, the public ones only.

    Raises NotFound where there are none, InputError for a wrong passphrase and for files that others may read,
    VerificationFailed for private keys that are not those of the card.
    """
    card_in(node / "keys")
    return FileKeys(node, None if passphrase is None else secret_of(node / "keys", passphrase), today)


def set_address(node: Path, keys: FileKeys, address: str, made_at: Instant) -> Card:
    """Say where the node answers, in its card, signed anew by the same keys; with a new TLS key where it has none. The
    card.

    Raises InputError for what is no address, and where no passphrase was given.
    """
    private = keys._unlocked()[0]
    own = replace(keys.own, address=check_address(address))
    if not own.certificate:
        tls = make_tls_key()
        assert keys._secret is not None
        locked = BestAvailableEncryption(keys._secret)
        write_private(private.folder / "tls.pem", tls.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        own = replace(own, certificate=make_certificate(own.party, tls, made_at))
    own = own.signed(private.signing)
    for folder in dict.fromkeys((private.folder, node / "keys")):
        write_private(folder / "card.json", own.to_bytes())
    keys._read_again()
    return own


def pin_card(node: Path, card: Card) -> None:
    """Pin a peer's card: an act of this node's operator, never of anything received.

    Raises Conflict where another card of that party is pinned, InputError for the node's own party.
    """
    own = Card.from_bytes(read_file(node / "keys" / "card.json", MAX_CARD_BYTES))
    if card.party == own.party:
        raise InputError(f"`{card.party}` is this node's own party", remedy="pin the cards of the others")
    path = node / "peers" / f"{card.party}.json"
    if path.exists():
        pin_over(node / "peers", card)
        return
    for left in (".chain", ".met"):  # of a card that its operator has removed
        path.with_suffix(left).unlink(missing_ok=True)
    write_private(path, card.to_bytes())


def _read_all(node: Path, secret: bytes | None) -> _Read:
    marks, keys = _marks(node), node / "keys"
    handed = card_in(keys)
    chain = chain_from(handed, keys / CHAIN)
    own = latest(chain, handed)  # a crash may have left the card before to be handed out
    sets: list[Private] = []
    if secret is not None:
        known = {one.keys_id for one in chain.cards}
        folders = [(keys, chain.cards[0]), *((one, card_in(one)) for one in later_folders(keys))]
        sets = [load_set(folder, card, secret) for folder, card in folders if card.keys_id in known]
        sets.sort(key=lambda one: one.card.keys_id != own.keys_id)
    chains, cards = read_chains(node / "peers", own.party)
    return _Read(chain, own, {**chains, own.party: chain}, cards, read_told(keys), tuple(sets), marks)


def _met(path: Path, card: Card) -> bool:
    return path.is_file() and read_file(path, 100).decode("ascii", "replace") == card.keys_id


def _marks(node: Path) -> tuple[int, ...]:
    return tuple(_changed(f"{node}/{name}") for name in ("keys", "peers"))  # text: it is asked several times a message


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except FileNotFoundError:
        return 0
