"""What `relto ledger witness` tells people."""

from __future__ import annotations

from relto.cli.output import columns, to_the_second
from relto.core.errors import ReltoError
from relto.node.heads import ask_witness
from relto.node.mirroring import mirror
from relto.node.node import Node
from relto.node.recovery import recover_if_due
from relto.node.witnessing import Told


def ask_all(node: Node) -> list[str]:
    """Have every pinned peer cosign the own head, and mirror theirs; why not, where one does not."""
    failed = []
    for act in (ask_witness, _recovered, mirror):  # theirs last, once they may have grown by what they were asked
        for peer in sorted(node.keys.peers):
            try:
                act(node, peer)
            except ReltoError as error:
                failed.append(str(error))
    return list(dict.fromkeys(failed))


def _recovered(node: Node, _peer: str) -> None:
    recover_if_due(node)


def lines(told: Told) -> list[str]:
    """What there is to tell, for people."""
    rows = [("this ledger", f"{told.size} leaves")]
    for peer, (head, at) in sorted(told.cosigned.items()):
        rows.append((f"cosigned by {peer}", f"{head.size} leaves, {to_the_second(at)}"))
    rows += [(f"ledger of {peer}", f"{head.size} leaves cosigned") for peer, head in sorted(told.theirs.items())]
    rows += [(f"ledger of {peer}", f"{size} leaves mirrored by their hashes") for peer, size in told.mirrored.items()]
    rows += [("waits", one) for one in told.waiting]
    return [*columns(rows), *(f"WRONG  {one}" for one in told.wrong)]
