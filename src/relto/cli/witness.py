"""What `relto ledger witness` tells people, and proofs under cosigned heads."""

from __future__ import annotations

from relto.cli.output import columns, to_the_second
from relto.core.errors import NotFound, ReltoError
from relto.core.ledger import LogProof, SignedNote, Tree, parse_note
from relto.node.heads import ask_witness, cosignatures
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.witness import witness_of
from relto.node.witnessing import Told


def ask_all(node: Node) -> list[str]:
    """Have every pinned peer cosign the own head; why not, where one does not."""
    failed = []
    for peer in sorted(node.keys.peers):
        try:
            ask_witness(node, peer)
        except ReltoError as error:
            failed.append(str(error))
    return failed


def lines(told: Told) -> list[str]:
    """What there is to tell, for people."""
    rows = [("this ledger", f"{told.size} leaves")]
    for peer, (head, at) in sorted(told.cosigned.items()):
        rows.append((f"cosigned by {peer}", f"{head.size} leaves, {to_the_second(at)}"))
    rows += [(f"ledger of {peer}", f"{head.size} leaves cosigned") for peer, head in sorted(told.theirs.items())]
    rows += [("waits", one) for one in told.waiting]
    return [*columns(rows), *(f"WRONG  {one}" for one in told.wrong)]


def proof_of(node: Node, reading: Reading, identifier: str) -> str:
    """A leaf's C2SP tlog-proof under the head that most peers have cosigned, the largest of those.

    Raises NotFound where there is no such leaf, or no peer has cosigned it yet.
    """
    leaf = reading.leaf(identifier)
    if leaf is None:
        raise NotFound(f"no evidence `{identifier[:80]}` in the ledger", remedy="`relto outbox --json` names it")
    under: dict[str, tuple[int, int, str]] = {}
    for head, _, note in cosignatures(node, reading).values():
        if head.size > leaf.position:
            signed = parse_note(note)
            count, _, whole = under.get(signed.text, (0, head.size, _alone(signed, node.party)))
            under[signed.text] = count + 1, head.size, whole + _cosigned_lines(signed)
    if not under:
        raise NotFound(f"no peer has cosigned leaf {leaf.position} yet", remedy="run `relto ledger witness --ask`")
    _, size, note = max(under.values())
    tree = Tree(one.evidence.encode("utf-8") for one in reading.leaves())
    return str(LogProof(leaf.position, tree.inclusion_proof(leaf.position, size), note))


def _alone(note: SignedNote, party: str) -> str:
    """A checkpoint under its ledger's own signature."""
    own = [one for one in note.signatures if one.name == origin_of(party)]
    return f"{note.text}\n" + "".join(f"{one.line()}\n" for one in own)


def _cosigned_lines(note: SignedNote) -> str:
    return "".join(f"{one.line()}\n" for one in note.signatures if one.name.startswith(witness_of("")))
