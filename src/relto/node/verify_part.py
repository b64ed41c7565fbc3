"""Looking at one share of a node: each of its leaves, and each of its rows against what they state."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from relto.core.canon import digest
from relto.core.errors import ReltoError, VerificationFailed
from relto.core.evidence import Evidence, Signers, check_receipt, signed_by
from relto.core.ledger import leaf_hash
from relto.node.heads import cosignatures
from relto.node.hearing import BatchTold, batches_told
from relto.node.log import subject_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.quorum import Covered, covered
from relto.node.rows import Leaf
from relto.node.share import Share, strays
from relto.node.verify_tables import check_tables

Progress: TypeAlias = Callable[[str, int, int], None]
"""What is being looked at, how many leaves are done, and how many there are."""
_TELL_EVERY: Final = 10_000
_TABLES: Final = 7


@dataclass
class Part:
    """What one share came to, to be put together with the others (`node/verify.py`).

    `positions` and `hashes`, made anew, of its leaves in order; `used`: the ids of the own keys that signed among them;
    `batches` of streams that they tell of, with their positions; `in_leaves` and `in_tables`: the problems.
    """

    positions: array[int] = field(default_factory=lambda: array("q"))
    hashes: list[bytes] = field(default_factory=list)
    kinds: Mapping[str, int] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    receipts: int = 0
    holdings: int = 0
    covered: Covered = field(default_factory=Covered)
    batches: list[tuple[int, BatchTold]] = field(default_factory=list)
    in_leaves: list[str] = field(default_factory=list)
    in_tables: list[str] = field(default_factory=list)


def look(node: Node, reading: Reading, share: Share, told: Progress) -> Part:
    """Look at all that falls to `share`. Problems come back as values."""
    part, total = Part(), reading.ledger_size()
    places: dict[str, int] = {}
    evidence = _look_at_leaves(node, reading, share, part, places, told)
    part.kinds = Counter(one.kind for one in evidence.values())
    part.receipts = sum(_check_receipt(one, evidence, part) for one in evidence.values())
    part.holdings = sum(one.kind == "receipt" and one.party == node.party for one in evidence.values())

    def problem(about: str, what: str) -> None:
        part.in_tables.append(f"{about}: {what}")

    for stray in strays(share, evidence):
        problem(*stray)
    told("tables", 0, total)
    for done, _ in enumerate(check_tables(node, reading, evidence, share, problem), 1):
        told("tables", total * min(done, _TABLES) // _TABLES, total)
    try:
        part.batches = [(places[one[0]], one) for one in batches_told(node, reading, evidence)]
    except ReltoError as error:  # a row that cannot even be read
        problem("streams", str(error))
    part.covered = _covered(node, reading, evidence, places)
    return part


def _look_at_leaves(
    node: Node, reading: Reading, share: Share, part: Part, places: dict[str, int], told: Progress
) -> dict[str, Evidence]:
    """Every leaf under its own digest and hash, and signed by a pinned key: the evidence by its digest, in order, and
    the `places` of each."""
    signers, total, headers = Signers(node.all_keys()), reading.ledger_size(), set[str]()
    evidence: dict[str, Evidence] = {}
    try:
        for leaf in reading.leaves_taken(share.asks):
            if len(part.hashes) % _TELL_EVERY == 0:
                told("signatures", min(leaf.position, total), total)
            one = _look_at(leaf, signers, part)
            if one is not None:
                evidence[leaf.id], places[leaf.id] = one, leaf.position
                if one.party == node.party:
                    headers.add(leaf.evidence.partition(".")[0])
    except ReltoError as error:  # a row that cannot even be read: those after it are not either
        part.in_leaves.append(f"ledger: {error}")
    part.used = frozenset(map(signed_by, headers))
    return evidence


def _look_at(leaf: Leaf, signers: Signers, part: Part) -> Evidence | None:
    """What a leaf states, if it is signed as it must be."""
    about = f"leaf {leaf.position}"
    data = leaf.evidence.encode("utf-8")
    hashed = leaf_hash(data)
    part.positions.append(leaf.position)
    part.hashes.append(hashed)
    if leaf.id != digest(data):
        part.in_leaves.append(f"{about}: its evidence is not the one it was entered with")
    if leaf.hash != hashed:
        part.in_leaves.append(f"{about}: its hash is not that of its evidence")
    try:
        one = signers.verify(leaf.evidence)
    except ReltoError as error:
        part.in_leaves.append(f"{about}: {error}")
        return None
    if (leaf.kind, leaf.signer, leaf.subject) != (one.kind, one.party, subject_of(one)):
        part.in_leaves.append(f"{about}: its kind, signer or subject is not that of its evidence")
    return one


def _covered(node: Node, reading: Reading, evidence: Mapping[str, Evidence], places: Mapping[str, int]) -> Covered:
    """Which leaves peers have cosigned as their texts ask; none where what is kept of that does not hold, which is a
    problem already."""
    try:
        sizes = {peer: head.size for peer, (head, _, _) in cosignatures(node, reading).items()}
        dossier = node.dossier(reading)
    except ReltoError:
        return Covered()
    return covered(dossier, node.party, ((places[name], one) for name, one in evidence.items()), sizes)


def _check_receipt(receipt: Evidence, evidence: Mapping[str, Evidence], part: Part) -> bool:
    """Hold a receipt against the submission or relay it answers; whether it is a receipt that holds."""
    if receipt.kind != "receipt":
        return False
    answered = evidence.get(receipt.digests.get("evidence", ""))
    try:
        if answered is None:
            raise VerificationFailed("the submission it answers is not in the ledger")
        check_receipt(receipt, answered)
    except ReltoError as error:
        part.in_tables.append(f"receipt of {receipt.transmittal}: {error}")
        return False
    return True
