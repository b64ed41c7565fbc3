"""What a node keeps by name, held against the signatures in it: heads cosigned on both sides, forks, and its place."""

from __future__ import annotations

from collections.abc import Callable

from relto.core.errors import ReltoError, VerificationFailed
from relto.core.ledger import Tree
from relto.node.behind import behind
from relto.node.clocks import clocks_apart
from relto.node.heads import own_head
from relto.node.mirror import check_mirror, cosigner_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.records.notes import noted
from relto.node.witness import forks, head_of, last_head

Problem = Callable[[str, str], None]


def check_kept(node: Node, reading: Reading, tree: Tree, problem: Problem) -> None:
    """Hold what is kept by name, and the numbers of rows, against what they must be; `tree`: of the own ledger."""
    for party in reading.mirrored_parties():
        if not reading.notes("mirrored").get(party):
            problem(f"mirror of the ledger of {party}", "nothing says how far it goes")
    for says in reading.misplaced():
        table, _, what = says.partition(": ")
        problem(table, what)
    checks: dict[str, Callable[[str, str], None]] = {
        "head": lambda party, text: _check_witnessed(node, reading, party, text),
        "cosigned": lambda party, text: _check_cosigned(node, tree, party, text),
        "fork": lambda party, _: _check_fork(node, reading, party),
        "behind": lambda party, _: _check_behind(node, reading, party),
        "mirrored": lambda party, _: check_mirror(node, reading, party),
        "clock": lambda _party, _text: _read(clocks_apart(node, reading)),
        "record": lambda _party, _text: _read(noted(node, reading)),
    }
    for kind, check in checks.items():
        for party, text in reading.notes(kind).items():  # type: ignore[arg-type]
            try:
                if party not in node.keys.chains or party == node.party:
                    raise VerificationFailed("it is of no pinned party")
                if text or kind in ("head", "cosigned"):  # of these there is always one
                    check(party, text)
            except ReltoError as error:
                problem(f"what is noted of {party} ({kind})", str(error))


def _check_witnessed(node: Node, reading: Reading, party: str, text: str) -> None:
    """The head of a peer's ledger is signed by it, and cosigned here."""
    last_head(node, reading, party)
    cosigner_of(node, party, text, node.party)


def _check_cosigned(node: Node, tree: Tree, peer: str, text: str) -> None:
    """The own head that a peer has cosigned is one of this ledger."""
    head = cosigner_of(node, node.party, text, peer)
    if head.size > tree.size or tree.head(head.size) != head:
        raise VerificationFailed(f"`{peer}` has cosigned {head.size} leaves that are not those of this ledger")


def _check_fork(node: Node, reading: Reading, party: str) -> None:
    fork = forks(reading)[party]
    for text in (fork.known, fork.shown):
        if text:
            head_of(text, party, node.all_keys())


def _check_behind(node: Node, reading: Reading, peer: str) -> None:
    for one in behind(reading):
        if one.peer == peer and one.note:
            own_head(node, one.note)


def _read(_: object) -> None:
    """It could be read."""
