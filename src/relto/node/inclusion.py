"""Proofs that evidence is in this node's ledger: under its own head, and under one that peers have cosigned."""

from __future__ import annotations

from relto.core.errors import NotFound
from relto.core.ledger import LogProof, SignedNote, Tree, TreeHead, parse_note, verify_inclusion
from relto.node.heads import cosignatures, own_head
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.rows import Leaf
from relto.node.witness import witness_of


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
    proof = _tree(reading).inclusion_proof(leaf.position, head.size)
    verify_inclusion(leaf.evidence.encode("utf-8"), leaf.position, proof, head)
    return tuple(proof), head


def proof_of(node: Node, reading: Reading, identifier: str) -> str:
    """A leaf's C2SP tlog-proof under the head that most peers have cosigned, the largest of those.

    Raises NotFound where there is no such leaf, or no peer has cosigned it yet.
    """
    leaf = leaf_in(reading, identifier)
    under: dict[str, tuple[int, int, str]] = {}
    for head, _, note in cosignatures(node, reading).values():
        if head.size > leaf.position:
            signed = parse_note(note)
            count, _, whole = under.get(signed.text, (0, head.size, _alone(signed, node.party)))
            under[signed.text] = count + 1, head.size, whole + _cosigned_lines(signed)
    if not under:
        raise NotFound(f"no peer has cosigned leaf {leaf.position} yet", remedy="run `relto ledger witness --ask`")
    _, size, note = max(under.values())
    return str(LogProof(leaf.position, _tree(reading).inclusion_proof(leaf.position, size), note))


def _alone(note: SignedNote, party: str) -> str:
    """A checkpoint under its ledger's own signature."""
    own = [one for one in note.signatures if one.name == origin_of(party)]
    return f"{note.text}\n" + "".join(f"{one.line()}\n" for one in own)


def _cosigned_lines(note: SignedNote) -> str:
    return "".join(f"{one.line()}\n" for one in note.signatures if one.name.startswith(witness_of("")))


def _tree(reading: Reading) -> Tree:
    tree = Tree()
    tree.extend_hashes(reading.leaf_hashes(0))
    return tree
