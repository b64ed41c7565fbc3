"""The ledgers in a bundle as their witnesses saw them: the own one, and those of whoever has signed something in it, as
far as they are mirrored here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from relto.core.ledger import Tree
from relto.node.bundle.ledgers import CosignedHead, Placed, SeenLedger
from relto.node.heads import cosignatures
from relto.node.mirror import cosigner_of, mirrored, places_in
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.rows import Leaf
from relto.node.witness import own_lines


def shown_ledgers(
    node: Node, reading: Reading, tree: Tree, leaves: Iterable[Leaf], witnesses: Collection[str]
) -> tuple[SeenLedger, ...]:
    """What is known of the ledgers of who signed these leaves. Of `witnesses` alone: nobody learns from a bundle which
    other peers there are. Raises VerificationFailed where what is kept of them was changed."""
    cosigned = tuple(
        CosignedHead(note, tree.consistency_proof(head.size))
        for peer, (head, _, note) in cosignatures(node, reading).items()
        if peer in witnesses and head.size <= tree.size
    )
    found = [SeenLedger(node.party, reading.checkpoint(), cosigned)] if cosigned else []
    signed: Mapping[str, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        signed[leaf.signer].append(leaf)
    for party in sorted(signed.keys() & {*reading.mirrored_parties()}):
        theirs = _theirs(node, reading, party, signed[party], witnesses)
        found += [theirs] if theirs is not None else []
    return tuple(found)


def _theirs(
    node: Node, reading: Reading, party: str, leaves: list[Leaf], witnesses: Collection[str]
) -> SeenLedger | None:
    """The ledger of a peer, with the places of these leaves of it; None where it has none of them."""
    known = mirrored(reading, party)
    tree, places = places_in(reading, party, [leaf.hash for leaf in leaves])
    if known is None or not places:
        return None
    notes = {node.party: known.head, **{peer: note for peer, note in known.others.items() if peer in witnesses}}
    return SeenLedger(
        party,
        own_lines(known.head, party),
        tuple(
            CosignedHead(note, tree.consistency_proof(cosigner_of(node, party, note, peer).size))
            for peer, note in notes.items()
        ),
        tuple(
            Placed(leaf.id, places[leaf.hash], tree.inclusion_proof(places[leaf.hash]))
            for leaf in leaves
            if leaf.hash in places
        ),
    )
