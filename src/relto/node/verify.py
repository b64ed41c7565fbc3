"""Verifying a node from its own files alone: the ledger, every signature, and every table against the evidence.

Nothing the tables say is believed: each row must be what the signed statements make it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from relto.core.canon import digest
from relto.core.envelope import KeyRing, keys_of, last_used_on
from relto.core.errors import ReltoError, VerificationFailed
from relto.core.evidence import Evidence, check_receipt, signed_by, verify_evidence
from relto.core.ledger import Checkpoint, Tree, leaf_hash, verify_checkpoint, verify_inclusion
from relto.node.heads import cosignatures
from relto.node.log import origin_of, subject_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.quorum import Covered, covered
from relto.node.rows import Leaf
from relto.node.verify_tables import check_tables


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: how much was verified, and what does not hold, each problem one line that names what it is about.

    `evidence` counts pieces by kind; `receipts` those that were held against their submissions; `proofs` the inclusion
    proofs that verified; `checkpoint` is the ledger's signed head. `witnessed` leaves are under heads that as many
    peers have cosigned as their texts ask for; the others are `waiting`, as the newest are until the peers are asked.
    """

    party: str
    leaves: int
    evidence: Mapping[str, int]
    receipts: int
    proofs: int
    holdings: int
    checkpoint: str
    problems: tuple[str, ...]
    witnessed: int = 0
    waiting: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything verified."""
        return not self.problems


Progress: TypeAlias = Callable[[str, int, int], None]
"""What is being looked at, how many leaves are done, and how many there are."""
PHASES: Final = ("hashes", "signatures", "proofs", "tables")
"""What is looked at, in order."""
_TELL_EVERY: Final = 10_000


@dataclass
class Findings:
    """Problems as they are found; `told` of how far that is."""

    told: Progress
    problems: list[str] = field(default_factory=list)

    def add(self, about: str, what: str) -> None:
        """Note a problem."""
        self.problems.append(f"{about}: {what}")

    def passing(self, what: str, leaves: Sequence[Leaf]) -> Iterator[tuple[int, Leaf]]:
        """The leaves, numbered, while it is told how far they are."""
        for place, leaf in enumerate(leaves):
            if place % _TELL_EVERY == 0 and place:
                self.told(what, place, len(leaves))
            yield place, leaf


def verify(node: Node, told: Progress = lambda _what, _done, _total: None) -> Verification:
    """Verify all of a node. Problems come back as values; only a store that cannot be opened at all raises.

    `told` learns, every 10,000 leaves, what is being looked at, and how many are done of how many.
    """
    with node.store.read() as reading:
        found = Findings(told)
        leaves = _read_leaves(reading, found)
        tree = _check_leaves(leaves, found)
        evidence = _check_signatures(leaves, node.all_keys(), found)
        used = {leaf.evidence.partition(".")[0] for leaf in leaves if leaf.id in evidence and leaf.signer == node.party}
        checkpoint = _check_head(node, reading, tree, {signed_by(header) for header in used}, found)
        proofs = _check_inclusion(leaves, tree, checkpoint, found)
        told("tables", 0, len(leaves))
        receipts = sum(_check_receipt(one, evidence, found) for one in evidence.values())
        check_tables(node, reading, evidence, tree, found.add)
        witnesses = _witnesses(node, reading, leaves, evidence)
        return Verification(
            party=node.party,
            leaves=len(leaves),
            evidence=dict(sorted(Counter(one.kind for one in evidence.values()).items())),
            receipts=receipts,
            proofs=proofs,
            holdings=sum(one.kind == "receipt" and one.party == node.party for one in evidence.values()),
            checkpoint=reading.checkpoint(),
            problems=tuple(found.problems),
            witnessed=witnesses.leaves,
            waiting=witnesses.waiting,
        )


def _read_leaves(reading: Reading, found: Findings) -> list[Leaf]:
    try:
        return list(reading.leaves())
    except ReltoError as error:
        found.add("ledger", str(error))
        return []


def _check_leaves(leaves: list[Leaf], found: Findings) -> Tree:
    """Every leaf at its place, under its own digest and hash; the tree over them, made anew."""
    tree, hashes = Tree(), list[bytes]()
    for place, leaf in found.passing("hashes", leaves):
        data = leaf.evidence.encode("utf-8")
        hashes.append(leaf_hash(data))
        if leaf.position != place:
            found.add(f"leaf {leaf.position}", f"stands where leaf {place} should")
        if leaf.id != digest(data):
            found.add(f"leaf {leaf.position}", "its evidence is not the one it was entered with")
        if leaf.hash != hashes[place]:
            found.add(f"leaf {leaf.position}", "its hash is not that of its evidence")
    tree.extend_hashes(hashes)
    return tree


def _check_signatures(leaves: list[Leaf], keys: KeyRing, found: Findings) -> dict[str, Evidence]:
    """All evidence that is signed by a pinned key, by its digest, in the order of the leaves."""
    evidence: dict[str, Evidence] = {}
    for _, leaf in found.passing("signatures", leaves):
        try:
            one = verify_evidence(leaf.evidence, keys)
        except ReltoError as error:
            found.add(f"leaf {leaf.position}", str(error))
            continue
        if (leaf.kind, leaf.signer, leaf.subject) != (one.kind, one.party, subject_of(one)):
            found.add(f"leaf {leaf.position}", "its kind, signer or subject is not that of its evidence")
        evidence[leaf.id] = one
    return evidence


def _check_head(node: Node, reading: Reading, tree: Tree, used: Collection[str], found: Findings) -> Checkpoint | None:
    """The signed head is over exactly these leaves, by the last of the own keys that they `used` or a later one, and
    the right edge is theirs."""
    note = reading.checkpoint()
    if not note and not tree.size:
        return None
    try:
        keys = last_used_on(keys_of(node.all_keys(), node.party), used)
        checkpoint = verify_checkpoint(note, origin=origin_of(node.party), key=keys)
    except ReltoError as error:
        found.add("checkpoint", str(error))
        return None
    if checkpoint.head != tree.head():
        found.add("checkpoint", f"is over {checkpoint.head.size} leaves with another root than the {tree.size} here")
    try:
        frontier = reading.frontier()
    except ReltoError as error:
        found.add("frontier", str(error))
    else:
        if frontier != tree.frontier():
            found.add("frontier", "is not the right edge of the tree")
    return checkpoint


def _check_inclusion(leaves: list[Leaf], tree: Tree, checkpoint: Checkpoint | None, found: Findings) -> int:
    """Prove each leaf under the signed head; how many are."""
    if checkpoint is None or checkpoint.head.size > tree.size:
        return 0
    proved = 0
    for _, leaf in found.passing("proofs", leaves[: checkpoint.head.size]):
        prove = partial(tree.inclusion_proof, leaf.position, checkpoint.head.size)
        try:
            verify_inclusion(leaf.evidence.encode("utf-8"), leaf.position, prove(), checkpoint.head)
        except ReltoError as error:
            found.add(f"leaf {leaf.position}", str(error))
        else:
            proved += 1
    return proved


def _witnesses(node: Node, reading: Reading, leaves: list[Leaf], evidence: Mapping[str, Evidence]) -> Covered:
    """Which leaves peers have cosigned as their texts ask; none where what is kept of that does not hold, which is a
    problem already."""
    try:
        sizes = {peer: head.size for peer, (head, _, _) in cosignatures(node, reading).items()}
        dossier = node.dossier(reading)
    except ReltoError:
        return Covered(0, ())
    told = [(leaf.position, evidence[leaf.id]) for leaf in leaves if leaf.id in evidence]
    return covered(dossier, node.party, told, sizes)


def _check_receipt(receipt: Evidence, evidence: Mapping[str, Evidence], found: Findings) -> bool:
    """Hold a receipt against the submission or relay it answers; whether it is a receipt that holds."""
    if receipt.kind != "receipt":
        return False
    answered = evidence.get(receipt.digests.get("evidence", ""))
    try:
        if answered is None:
            raise VerificationFailed("the submission it answers is not in the ledger")
        check_receipt(receipt, answered)
    except ReltoError as error:
        found.add(f"receipt of {receipt.transmittal}", str(error))
        return False
    return True
