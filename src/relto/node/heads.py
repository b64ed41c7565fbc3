"""Having the own ledger witnessed by the peers, and finding out that it was rolled back.

A peer that has cosigned a later head of this ledger than there is here, or another one, has it with this node's own
signature: then this node's store is an old one, or was rewritten. It stays read-only and signs nothing more, for what
it signed would be a fork.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from relto.core.canon import JSON
from relto.core.envelope import keys_of
from relto.core.errors import Conflict, NotFound, Refused, ReltoError, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.ledger import (
    AddCheckpoint,
    Checkpoint,
    Frontier,
    Tree,
    TreeHead,
    cosigned_by,
    parse_note,
    sign_checkpoint,
    verify_checkpoint,
    with_cosignatures,
)
from relto.core.timeline import Instant
from relto.node.behind import Behind, Why, behind, stopped
from relto.node.log import origin_of, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.witness import KIND, own_lines, witness_of

AGAIN_AFTER: Final = 60 * 10**9
"""Nanoseconds after which a head that has grown is shown to a peer again by who sends to it, who waits for that."""
SOON: Final = 9 * 10**9
"""The same where nobody waits; and after which a peer's hashes are asked for again. A node that serves looks every ten
seconds: within them a receipt has its proof and its cosignature."""
_ROUNDS: Final = 4


def ask_witness(node: Node, peer: str) -> int:
    """Have `peer` cosign the head of the own ledger; its size.

    Raises PeerUnreachable where it does not answer, VerificationFailed where it answers something else than a witness
    says, and Refused where it shows that the ledger here is an old one or was rewritten: that is kept, and until it is
    mended nothing is signed any more.
    """
    node.card_of(peer)
    old = 0
    for turn in range(_ROUNDS):
        with node.store.read() as reading:
            tree, note = own_tree(node, reading), reading.checkpoint() or _empty(node)
            old = _cosigned_size(node, reading, peer) if turn == 0 else old
        size = tree.size
        proof = tree.consistency_proof(old, size) if old <= size else ()
        answer = node.link.exchange(peer, KIND, AddCheckpoint(min(old, size), proof, note).to_bytes())
        text = answer.decode("utf-8", "replace")
        if text.startswith("—"):
            _keep(node, peer, note, text)
            return size
        old = _told(node, peer, text, tree)
    raise Conflict(f"`{peer}` and this node could not agree how far its ledger was cosigned", remedy="try again")


def ask_if_due(node: Node, peer: str, after: int = AGAIN_AFTER) -> None:
    """Have `peer` cosign the own head where this process has not asked it yet, or so many nanoseconds ago and it has
    grown since, or nothing is signed before it has. It never stops what is being done: what is known then decides."""
    at, met = node.clock.interval()[1], node.compared.shown.get(peer)
    with node.store.read() as reading:
        head = reading.checkpoint()
        waits = any(one.peer == peer and one.why != "recovering" for one in behind(reading))
    if met is not None and not waits and (head == met[0] or at.ns - met[1].ns <= after):
        return
    node.compared.shown[peer] = head, at
    try:
        ask_witness(node, peer)
    except ReltoError:  # kept where it matters; a peer of an older version has no witness
        return


def mark_restored(node: Node) -> None:
    """Let this node sign nothing before each pinned peer has said how far it has cosigned the own ledger."""
    with node.store.write() as tx:
        for peer in sorted(node.keys.peers):
            tx.note("behind", peer, Behind(peer, "restored", since=tx.high_water()).to_text())


def cosignatures(node: Node, reading: Reading) -> dict[str, tuple[TreeHead, Instant, str]]:
    """The head of the own ledger that each peer has last cosigned, when by its own clock, and the cosigned note."""
    found = {}
    for peer, note in sorted(reading.notes("cosigned").items()):
        seconds = cosigned_by(parse_note(note), {witness_of(peer): keys_of(node.all_keys(), peer)}) if note else {}
        if seconds:
            found[peer] = own_head(node, note), Instant(seconds[witness_of(peer)] * 10**9), note
    return found


def _told(node: Node, peer: str, text: str, tree: Tree) -> int:
    """The size that a peer has cosigned last, where it goes together with the ledger here; else that is kept."""
    first, _, known = text.partition("\n")
    status, _, size = first.partition(" ")
    if status not in ("409", "422") or not size.isdecimal() or len(size) > 19:
        raise VerificationFailed(f"`{peer}` does not cosign the head of this ledger: it answers {first[:60]!r}")
    if not known:
        if int(size):
            raise VerificationFailed(f"`{peer}` says it has cosigned {size} leaves, and shows nothing of it")
        return 0
    head = own_head(node, known)  # a peer's word alone proves nothing: it shows what this node has signed
    with node.store.read() as reading:
        tree = own_tree(node, reading)  # another process of this node may have gone on meanwhile
    if head.size <= tree.size and tree.head(head.size) == head:
        return head.size
    why: Why = "rolled back" if head.size > tree.size else "rewritten"
    with node.store.write() as tx:
        noted = next((one for one in behind(tx) if one.peer == peer), None)
        found = Behind(peer, why, known, tx.high_water() if noted is None else noted.since)
        if noted is not None and noted.why == "begun again":
            if noted.note == known and head.size <= tree.size:
                return head.size  # it contradicts, and is to be seen to
            raise Conflict(str(noted), remedy=f"let the security officer of {peer} run `relto ledger settle` there")
        tx.note("behind", peer, found.to_text())
    raise Refused(str(found), remedy="restore the newest backup; nothing is signed until then")


def begin_again(node: Node) -> list[Behind]:
    """Go on signing though peers have cosigned a head of this ledger that is not here: an act of its operator, where no
    newer backup is left. It is entered, with those heads, and each peer has to settle it. Raises NotFound where nothing
    stops this node, Refused while a peer has not been asked."""
    with node.store.write() as tx:
        found = [one for one in stopped(tx) if one.why != "recovering"]
        if not found:
            raise NotFound("nothing keeps this node from signing", remedy="look at `relto ledger witness`")
        waiting = [one.peer for one in found if one.why == "restored"]
        if waiting:
            raise Refused(f"{', '.join(waiting)} has not been asked yet", remedy="run `relto ledger witness --ask`")
        for one in found:
            tx.note("behind", one.peer, replace(one, why="begun again").to_text())
        says: dict[str, JSON] = {
            "about": f"ledger-{node.party}",
            "step": "begun-again",
            "heads": {one.peer: own_lines(one.note, node.party) for one in found},  # less what others put below
        }
        at = node.now_or_later(tx).latest
        begun = Evidence(kind="ledger", party=node.party, at=at, says=says)
        sign_and_enter(replace(node, recovering=True), tx, begun)  # the others may still give back what they have
    return found


def own_head(node: Node, note: str) -> TreeHead:
    """The head in a checkpoint that this node has signed. Raises VerificationFailed."""
    keys = keys_of(node.all_keys(), node.party)
    return verify_checkpoint(note, origin=origin_of(node.party), key=keys).head


def _keep(node: Node, peer: str, note: str, lines: str) -> None:
    """Keep a peer's cosignature. Raises VerificationFailed for one that is not its own."""
    name = witness_of(peer)
    whole = with_cosignatures(note, lines)
    if name not in cosigned_by(parse_note(whole), {name: keys_of(node.head_keys(), peer)}):
        raise VerificationFailed(f"`{peer}` answers with no cosignature of its own")
    with node.store.write() as tx:
        tx.note("cosigned", peer, whole)
        noted = next((one for one in behind(tx) if one.peer == peer), None)
        if noted is not None:
            tx.note("behind", peer, replace(noted, why="recovering", note="").to_text())


def _cosigned_size(node: Node, reading: Reading, peer: str) -> int:
    note = reading.notes("cosigned").get(peer, "")
    return own_head(node, note).size if note else 0


def _empty(node: Node) -> str:
    return sign_checkpoint(Checkpoint(origin_of(node.party), Frontier().head()), node.keys.signing())


def own_tree(node: Node, reading: Reading) -> Tree:
    """The tree of the own ledger as it stands in `reading`; hashes that this process has seen are not read again."""
    with node.compared.growing:
        tree = node.compared.tree
        if tree is None or tree.size > reading.frontier().size:
            tree = node.compared.tree = Tree()
        tree.extend_hashes(reading.leaf_hashes(tree.size))
        return tree
