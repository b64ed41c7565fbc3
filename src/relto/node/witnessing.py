"""The witnessing between a node and its peers, as it is told: cosigned heads, what is wrong, what is waited for."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.canon import JSON
from relto.core.ledger import TreeHead
from relto.core.timeline import Instant
from relto.node.behind import behind
from relto.node.heads import cosignatures
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.witness import forks, last_head


@dataclass(frozen=True, slots=True)
class Told:
    """The witnessing between this node and its peers. `mirrored`: of how many leaves of theirs the hashes are here."""

    size: int
    cosigned: dict[str, tuple[TreeHead, Instant]]
    theirs: dict[str, TreeHead]
    wrong: tuple[str, ...]
    waiting: tuple[str, ...]
    mirrored: dict[str, int]

    def to_json(self) -> dict[str, JSON]:
        """`relto/witness/1`."""
        cosigned: list[JSON] = [
            {"by": peer, "size": head.size, "at": str(at)} for peer, (head, at) in sorted(self.cosigned.items())
        ]
        theirs: list[JSON] = [{"party": peer, "size": head.size} for peer, head in sorted(self.theirs.items())]
        return {
            "schema": "relto/witness/1",
            "size": self.size,
            "cosigned": cosigned,
            "witnessed": theirs,
            "mirrored": [{"party": peer, "size": size} for peer, size in sorted(self.mirrored.items())],
            "wrong": list(self.wrong),
            "waiting": list(self.waiting),
        }


def told_of(node: Node, reading: Reading) -> Told:
    """What there is to tell."""
    heads = {peer: last_head(node, reading, peer) for peer in node.keys.peers}
    held = behind(reading)
    return Told(
        reading.ledger_size(),
        {peer: (head, at) for peer, (head, at, _) in cosignatures(node, reading).items()},
        {peer: head for peer, head in heads.items() if head.size},
        (
            *(f"the ledger of {party} contradicts what it has signed before" for party in sorted(forks(reading))),
            *(str(one) for one in held if one.why in ("rolled back", "rewritten")),
        ),
        tuple(str(one) for one in held if one.why in ("restored", "begun again", "recovering")),
        {peer: reading.mirrored_size(peer) for peer in reading.mirrored_parties()},
    )
