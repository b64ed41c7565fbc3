"""Proofs that evidence is in this node's ledger: under its own head, and under one that peers have cosigned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.core.errors import NotFound, Refused
from relto.core.ledger import LogProof, SignedNote, TreeHead, parse_note, verify_inclusion
from relto.node.heads import cosignatures, own_head, own_tree
from relto.node.log import origin_of
from relto.node.mirror import mirrored, places_in
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.quorum import quorum_of
from relto.node.rows import Leaf
from relto.node.statements import statement
from relto.node.witness import witness_of

_ASK: Final = "`relto ledger witness --ask` has every peer cosign the head"


def leaf_in(reading: Reading, identifier: str) -> Leaf:
    """The leaf of a piece of evidence; NotFound where it is none of this ledger."""
    leaf = reading.leaf(identifier)
    if leaf is None:
        raise NotFound(f"no evidence `{identifier[:80]}` in the ledger", remedy="`relto outbox --json` names it")
    return leaf


def inclusion(node: Node, reading: Reading, leaf: Leaf) -> tuple[tuple[bytes, ...], TreeHead]:
    """A leaf's proof under the head that this node has signed, verified from the evidence up (RFC 6962, 2.1.1).

    Raises VerificationFailed where the ledger is not as it was signed, or the leaf not in it.
    """
    head = own_head(node, reading.checkpoint())
    proof = own_tree(node, reading).inclusion_proof(leaf.position, head.size)
    verify_inclusion(leaf.evidence.encode("utf-8"), leaf.position, proof, head)
    return tuple(proof), head


def proof_of(node: Node, reading: Reading, identifier: str) -> str:
    """A leaf's C2SP tlog-proof under the head that most peers have cosigned, the largest of those; where the text that
    it is about asks for witnesses, under one that so many of its parties have.

    Raises NotFound where there is no such leaf, or no peer has cosigned it yet; Refused where too few have.
    """
    leaf = leaf_in(reading, identifier)
    asked = quorum_of(node.dossier(reading), statement(leaf.evidence), node.party)
    heads = _heads_over(node, reading, leaf)
    if not heads:
        raise NotFound(f"no peer has cosigned leaf {leaf.position} yet", remedy=_ASK)
    if asked is not None:
        best = max(len(asked.of & one.by) for one in heads)
        heads = [one for one in heads if asked.met_by(one.by)]
        if not heads:
            raise Refused(
                f"leaf {leaf.position} waits for cosignatures of {asked} under one head: there are {best}", remedy=_ASK
            )
    best_of_all = max(heads, key=lambda one: (len(one.by), one.size))
    proof = own_tree(node, reading).inclusion_proof(leaf.position, best_of_all.size)
    return str(LogProof(leaf.position, proof, best_of_all.note))


def proof_at_signer(node: Node, reading: Reading, identifier: str) -> str:
    """A leaf's C2SP tlog-proof in the ledger of the party that signed it, as that is mirrored here, under a head that
    party has signed and this node cosigned: so a receipt is proved where it was given.

    Raises NotFound where there is no such leaf, or that ledger is not mirrored as far as it.
    """
    leaf = leaf_in(reading, identifier)
    if leaf.signer == node.party:
        return proof_of(node, reading, identifier)
    known = mirrored(reading, leaf.signer)
    tree, places = places_in(reading, leaf.signer, [leaf.hash])
    if known is None or leaf.hash not in places:
        raise NotFound(f"the ledger of `{leaf.signer}` is not mirrored as far as that evidence", remedy=_ASK)
    place = places[leaf.hash]
    return str(LogProof(place, tree.inclusion_proof(place), known.head))


@dataclass(frozen=True, slots=True)
class _Head:
    """One head of the own ledger, and which peers have cosigned it."""

    size: int
    by: frozenset[str]
    note: str


def _heads_over(node: Node, reading: Reading, leaf: Leaf) -> list[_Head]:
    """The heads over a leaf that peers have cosigned, each once with all its cosignatures."""
    under: dict[str, _Head] = {}
    for peer, (head, _, note) in cosignatures(node, reading).items():
        if head.size > leaf.position:
            signed = parse_note(note)
            known = under.get(signed.text) or _Head(head.size, frozenset(), _alone(signed, node.party))
            under[signed.text] = _Head(head.size, known.by | {peer}, known.note + _cosigned_lines(signed))
    return list(under.values())


def _alone(note: SignedNote, party: str) -> str:
    """A checkpoint under its ledger's own signature."""
    own = [one for one in note.signatures if one.name == origin_of(party)]
    return f"{note.text}\n" + "".join(f"{one.line()}\n" for one in own)


def _cosigned_lines(note: SignedNote) -> str:
    return "".join(f"{one.line()}\n" for one in note.signatures if one.name.startswith(witness_of("")))
