"""Chains of cards in files, beside the cards that they go on from, and what is remembered of how far each peer is.

keys/chain.json          the own cards one after another: which is in use. Not there before the first change
keys/told.json           the peers that go by an older own card: which, until they have acknowledged the change
peers/PARTY.json         the card of a peer as its operator pinned it, or as the peer has changed it since
peers/PARTY.chain        the peer's cards one after another. Not there before its first change
peers/PARTY.met          the card under which a peer was last seen: the one before it is then good no more
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from relto.adapters.keys.disk import read_file, write_private
from relto.core.canon import JSON, canonical, parse_object
from relto.core.errors import Conflict, InputError
from relto.node.card import MAX_CARD_BYTES, Card
from relto.node.card_chain import MAX_CHAIN_BYTES, CardChain

CHAIN: Final = "chain.json"
TOLD: Final = "told.json"
_MAX_TOLD_BYTES: Final = 1 << 20


def chain_from(card: Card, path: Path) -> CardChain:
    """The chain in a file, if it goes with `card`; the chain of that card alone where there is no file."""
    if not path.is_file():
        return CardChain.of(card)
    chain = CardChain.from_bytes(read_file(path, MAX_CHAIN_BYTES), name=str(path))
    if chain.party != card.party or card.keys_id not in {one.keys_id for one in chain.cards}:
        raise InputError(f"`{path}` is the chain of other cards than `{card.party}`'s here", remedy="restore it")
    return chain


def latest(chain: CardChain, card: Card) -> Card:
    """The last card of a chain, with the address and certificate of `card` where that has the same keys."""
    last = chain.cards[-1]
    return card if card.keys_id == last.keys_id else last


def read_chains(folder: Path, own: str) -> tuple[dict[str, CardChain], dict[str, Card]]:
    """The chain of each peer, and its card, where it has one that is good."""
    chains: dict[str, CardChain] = {}
    cards: dict[str, Card] = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        card = Card.from_bytes(read_file(path, MAX_CARD_BYTES), name=str(path))
        if card.party != path.stem or card.party == own:
            raise InputError(f"`{path}` holds the card of `{card.party}`", remedy="pin each peer by its own card")
        chain = chains[card.party] = chain_from(card, path.with_suffix(".chain"))
        if chain.current is not None:
            cards[card.party] = latest(chain, card)
    return chains, cards


def write_chain(folder: Path, chain: CardChain) -> None:
    """Keep a peer's chain, and its last card; a crash between the two leaves the chain, which is what counts."""
    path = folder / f"{chain.party}.json"
    write_private(path.with_suffix(".chain"), chain.to_bytes())
    write_private(path, chain.cards[-1].to_bytes())


def pin_over(folder: Path, card: Card) -> None:
    """Pin a peer's card where another is pinned. Raises Conflict unless it has the same keys, and is signed by them, or
    the one before was revoked."""
    path = folder / f"{card.party}.json"
    known = Card.from_bytes(read_file(path, MAX_CARD_BYTES), name=str(path))
    chain = chain_from(known, path.with_suffix(".chain"))
    last = chain.terms[-1]
    if last.until is not None and card.keys_id != last.card.keys_id:
        write_chain(folder, chain.pinned(card, last.until))
        return
    if latest(chain, known) == card and last.until is None:
        return
    if last.until is not None or card.keys_id != last.card.keys_id or not card.signature:
        what = "another card" if last.until is None else "a card that is revoked"
        raise Conflict(
            f"{what} of `{card.party}` is pinned",
            remedy=f"compare the thumbprints, then remove `{path}` first",
        )
    write_private(path, card.to_bytes())


def read_told(keys: Path) -> dict[str, str]:
    """The peers that go by an older own card, each with the `keys_id` of that."""
    path = keys / TOLD
    if not path.is_file():
        return {}
    value = parse_object(read_file(path, _MAX_TOLD_BYTES), _MAX_TOLD_BYTES, name=str(path))
    return {party: str(name) for party, name in value.items()}


def write_told(keys: Path, told: dict[str, str]) -> None:
    """Keep who goes by which older own card."""
    value: JSON = dict(told)
    write_private(keys / TOLD, canonical(value))
