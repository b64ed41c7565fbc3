"""Verifying a node from its own files alone: the ledger, every signature, and every table against the evidence.

Nothing the tables say is believed: each row must be what the signed statements make it. It is done in shares
(`node/share.py`), all in one process or one in each; what the whole alone can show (the tree, its signed head, and what
is kept of other ledgers) is looked at once they are put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.envelope import keys_of, last_used_on
from relto.core.errors import ReltoError
from relto.core.ledger import Checkpoint, Tree, verify_checkpoint
from relto.node.hearing import check_streams
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.quorum import Covered
from relto.node.share import ALL
from relto.node.verify_kept import check_kept
from relto.node.verify_part import Part, Progress, look


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: how much was verified, and what does not hold, each problem one line that names what it is about.

    `evidence` counts pieces by kind; `receipts` those that were held against their submissions; `proofs` the leaves
    that the tree, made anew of all of them, proves to be under the signed head `checkpoint`. `witnessed` leaves are
    under heads that as many peers have cosigned as their texts ask for; the others are `waiting`, as the newest are
    until the peers are asked.
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


PHASES: Final = ("signatures", "tables", "hashes")
"""What is looked at, in order."""


def verify(node: Node, told: Progress = lambda _what, _done, _total: None) -> Verification:
    """Verify all of a node in this process. Problems come back as values; only a store that cannot be opened at all
    raises.

    `told` learns, every 10,000 leaves, what is being looked at, and how many are done of how many.
    """
    with node.store.read() as reading:
        return whole(node, reading, [look(node, reading, ALL, told)], told)


def whole(node: Node, reading: Reading, parts: Sequence[Part], told: Progress) -> Verification:
    """What the parts come to that all shares of a node gave, each looked at in a view of the same moment as `reading`:
    every leaf in one of them, the tree over all, its head, and what is kept by name."""
    problems = [one for part in parts for one in part.in_leaves]
    tree, placed = _tree_of(parts, problems)
    told("hashes", 0, placed)
    proofs = _check_head(node, reading, tree, {one for part in parts for one in part.used}, problems)
    problems += [one for part in parts for one in part.in_tables]
    try:
        check_kept(node, reading, tree, lambda about, what: problems.append(f"{about}: {what}"))
        batches = [one for _, one in sorted(one for part in parts for one in part.batches)]
        check_streams(reading, batches, lambda about, what: problems.append(f"{about}: {what}"))
    except ReltoError as error:  # a row that cannot even be read
        problems.append(f"state: {error}")
    kinds: Counter[str] = sum((Counter(part.kinds) for part in parts), Counter())
    witnesses = sum((part.covered for part in parts), Covered())
    told("hashes", placed, placed)
    return Verification(
        party=node.party,
        leaves=placed,
        evidence=dict(sorted(kinds.items())),
        receipts=sum(part.receipts for part in parts),
        proofs=proofs,
        holdings=sum(part.holdings for part in parts),
        checkpoint=reading.checkpoint(),
        problems=tuple(problems),
        witnessed=witnesses.leaves,
        waiting=witnesses.said(),
    )


def _tree_of(parts: Sequence[Part], problems: list[str]) -> tuple[Tree, int]:
    """The tree over all leaves, made anew, and how many there are: each must stand at its place, in one share."""
    placed = [one for part in parts for one in zip(part.positions, part.hashes, strict=True)]
    if len(parts) > 1:
        placed.sort()
    for place, (position, _) in enumerate(placed):
        if position != place:
            problems.append(f"leaf {position}: stands where leaf {place} should")
    tree = Tree()
    tree.extend_hashes(one for _, one in placed)
    return tree, len(placed)


def _check_head(node: Node, reading: Reading, tree: Tree, used: Collection[str], problems: list[str]) -> int:
    """The signed head is over exactly these leaves, by the last of the own keys that they `used` or a later one, and
    the right edge is theirs; how many leaves that proves."""
    note = reading.checkpoint()
    if not note and not tree.size:
        return 0
    try:
        keys = last_used_on(keys_of(node.all_keys(), node.party), used)
        checkpoint: Checkpoint = verify_checkpoint(note, origin=origin_of(node.party), key=keys)
    except ReltoError as error:
        problems.append(f"checkpoint: {error}")
        return 0
    size = checkpoint.head.size
    if checkpoint.head != tree.head():
        problems.append(f"checkpoint: is over {size} leaves with another root than the {tree.size} here")
    try:
        if reading.frontier() != tree.frontier():
            problems.append("frontier: is not the right edge of the tree")
    except ReltoError as error:
        problems.append(f"frontier: {error}")
    return size if size <= tree.size and checkpoint.head == tree.head(size) else 0
