"""Of each peer's ledger, the hashes of its leaves: so that a receipt can be proved to stand in the ledger of who gave
it, under a head that this node has cosigned, whatever that party shows later.

A mirror is kept as far as a head of that ledger whose root it leads to. Others' cosignatures of heads that it contains
are kept with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.core.canon import canonical, object_in, only_keys, parse_object, text_in
from relto.core.envelope import keys_of
from relto.core.errors import VerificationFailed
from relto.core.ledger import Frontier, Tree, TreeHead, cosigned_by, parse_note, signed_by_these_alone
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.witness import head_of, witness_of

_KEYS: Final = frozenset({"head", "others"})
MAX_NOTED_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How far a ledger is mirrored: its `head`, cosigned here; `others`: notes of heads before, each by the peer that
    cosigned it."""

    head: str
    others: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """As it is noted."""
        return canonical({"head": self.head, "others": dict(self.others)}).decode("utf-8")

    def notes(self) -> list[str]:
        """The cosigned notes, the head first."""
        return [self.head, *self.others.values()]


def mirrored(reading: Reading, party: str) -> Mirrored | None:
    """How far the ledger of `party` is mirrored; None where it is not. Raises VerificationFailed, or InputError."""
    text = reading.notes("mirrored").get(party)
    if not text:
        return None
    value = parse_object(text.encode("utf-8"), MAX_NOTED_BYTES, name="mirrored")
    only_keys(value, _KEYS)
    others = object_in(value, "others")
    found = Mirrored(text_in(value, "head"), {peer: text_in(others, peer) for peer in others})
    if found.to_text() != text:
        raise VerificationFailed("it is written in another way")
    return found


def cosigner_of(node: Node, party: str, note: str, peer: str) -> TreeHead:
    """The head of the ledger of `party` in a note, if that and, as its witness, `peer` have signed it, and nobody else.
    Raises VerificationFailed."""
    keys, signed, name = node.all_keys(), parse_note(note), witness_of(peer)
    head = head_of(note, party, keys)
    witness = {name: keys_of(keys, peer)}
    alone = signed_by_these_alone(signed, {origin_of(party): keys_of(keys, party)}, witness)
    if name not in cosigned_by(signed, witness) or not alone:
        raise VerificationFailed("it is not signed by its ledger and its witness, and nobody else")
    return head


def edge_of(node: Node, reading: Reading, party: str) -> Frontier:
    """The right edge of a mirror; what this process has seen of it is not read again. Raises VerificationFailed."""
    size, known = reading.mirrored_size(party), node.compared.mirrors.get(party)
    if known is not None and known.size == size:
        return known
    found, edge = mirrored(reading, party), Frontier().extend_hashes(reading.mirrored(party))
    if edge.size and (found is None or edge.head() != head_of(found.head, party, node.all_keys())):
        raise VerificationFailed(f"the mirror of the ledger of `{party}` was changed", remedy="restore the store")
    return edge


def places_in(reading: Reading, party: str, wanted: Iterable[bytes]) -> tuple[Tree, dict[bytes, int]]:
    """The tree of a ledger as it is mirrored, and where in it these leaf hashes stand; those that do not are left out.
    Raises VerificationFailed."""
    hashes = list(reading.mirrored(party))
    tree, sought = Tree(), set(wanted)
    tree.extend_hashes(hashes)
    return tree, {one: place for place, one in enumerate(hashes) if one in sought}


def check_mirror(node: Node, reading: Reading, party: str) -> None:
    """Return if a mirror holds against the signatures over it. Raises VerificationFailed, or InputError."""
    found = mirrored(reading, party)
    tree, _ = places_in(reading, party, ())
    if found is None or cosigner_of(node, party, found.head, node.party) != tree.head():
        raise VerificationFailed("the mirror does not lead to the head that was cosigned")
    for peer, note in found.others.items():
        head = cosigner_of(node, party, note, peer)
        if head.size > tree.size or tree.head(head.size) != head:
            raise VerificationFailed(f"`{peer}` has cosigned {head.size} leaves that are not those of the mirror")
