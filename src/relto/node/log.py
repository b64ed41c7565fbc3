"""Entering evidence into the node's ledger: the signed statement itself is the leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar, cast

from relto.core.canon import digest
from relto.core.evidence import Evidence, sign_evidence, sign_together
from relto.core.ledger import Checkpoint, Frontier, leaf_hash, sign_checkpoint
from relto.node.behind import check_may_sign, may_not_sign
from relto.node.contents import instrument_subject
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.rows import LEAVES_AT_ONCE, Leaf, MessageKind
from relto.node.statements import keep

T = TypeVar("T")
S = TypeVar("S")
_WORTH_IT: Final = 2


@dataclass(frozen=True, slots=True)
class Entered:
    """Evidence that stands in the ledger: `signed` as it travels, `id` its digest."""

    id: str
    signed: str
    evidence: Evidence


def origin_of(party: str) -> str:
    """The name of a party's ledger."""
    return f"relto/ledger/{party}"


def subject_of(evidence: Evidence) -> str:
    """What a piece of evidence is filed under: an instrument, a transmittal (and the holding it made), or an item that
    was given another mark."""
    if evidence.kind == "instrument":
        name = evidence.says.get("instrument")
        if isinstance(name, dict):
            name = name.get("id")
        return instrument_subject(evidence.agreement or "", str(name or ""))
    if evidence.kind == "reclassification":
        return evidence.transmittal or evidence.item or ""
    subject = evidence.transmittal or evidence.says.get("about") or evidence.item
    return str(subject or "")


def kind_of_message(evidence: Evidence) -> MessageKind:
    """The kind of message in which a statement travels to the peer whom it concerns."""
    if evidence.kind in ("submission", "relay"):
        return "transmittal"
    if evidence.kind == "refusal":
        return "recall"
    if evidence.kind == "destruction" or (evidence.kind == "compromise" and evidence.says.get("step") != "report"):
        return "custody"
    return cast("MessageKind", evidence.kind)


def sign_and_enter(node: Node, tx: Transaction, evidence: Evidence) -> Entered:
    """Sign the node's own evidence, with who acts, and enter it."""
    evidence = stated(node, evidence)
    return enter(node, tx, evidence, sign_evidence(evidence, node.keys.signing()))


def stated(node: Node, evidence: Evidence) -> Evidence:
    """The node's own evidence with who acts, as it is to be signed."""
    return replace(evidence, says={**evidence.says, "by": node.actor}) if node.actor else evidence


def sign_all(node: Node, evidence: Sequence[Evidence]) -> list[str]:
    """Sign the node's own evidence as it is `stated`: what goes to one party with one signature where it is several."""
    signer = node.keys.signing()
    return by_recipient(evidence, [one.to for one in evidence], lambda some: sign_together(some, signer))


def by_recipient(what: Sequence[T], to: Sequence[str | None], sign: Callable[[list[T]], list[S]]) -> list[S]:
    """What `sign` gives for each, in order, signed together only with what goes `to` the same party: a joint signature
    shows how many share it, and no party is to learn how much went to others, or was refused to them."""
    groups: dict[str | None, list[int]] = {}
    for place, party in enumerate(to):
        groups.setdefault(party, []).append(place)
    signed: dict[int, S] = {}
    for places in groups.values():
        signed |= zip(places, sign([what[place] for place in places]), strict=True)
    return [signed[place] for place in range(len(what))]


def enter(node: Node, tx: Transaction, evidence: Evidence, signed: str) -> Entered:
    """Enter verified evidence as the next leaf; the tree's new head is signed when the transaction ends. What is there
    already stays as it is."""
    data = signed.encode("ascii")
    name = digest(data)
    entered = Entered(name, signed, evidence)
    if may_not_sign(tx) and tx.leaf(name, subject_of(evidence)) is not None:
        return entered
    check_may_sign(tx, recovering=node.recovering)
    frontier = tx.frontier()
    leaf = _leaf(frontier.size, entered)
    if tx.append_leaf(leaf, frontier.extend_hashes([leaf.hash]), partial(_sign_head, node)):
        keep(name, signed, evidence)
    return entered


def enter_all(node: Node, tx: Transaction, stated: Sequence[tuple[Evidence, str]]) -> list[Entered]:
    """Enter verified evidence, each with how it is signed, as the next leaves, as `enter` does, but many at once."""
    found: list[Entered] = []
    for first in range(0, len(stated), LEAVES_AT_ONCE):
        some = stated[first : first + LEAVES_AT_ONCE]
        found += _entered_at_once(node, tx, some) or [enter(node, tx, *one) for one in some]
    return found


def _entered_at_once(node: Node, tx: Transaction, stated: Sequence[tuple[Evidence, str]]) -> list[Entered]:
    """What `enter_all` gives, entered at once; none where that is not so simple, and nothing is entered."""
    if len(stated) < _WORTH_IT or may_not_sign(tx):
        return []
    frontier = tx.frontier()
    found = [Entered(digest(signed.encode("ascii")), signed, evidence) for evidence, signed in stated]
    leaves = [_leaf(place, one) for place, one in enumerate(found, frontier.size)]
    edge = frontier.extend_hashes(one.hash for one in leaves)
    if not tx.append_leaves(leaves, edge, partial(_sign_head, node)):
        return []
    for one in found:
        keep(one.id, one.signed, one.evidence)
    return found


def _leaf(position: int, entered: Entered) -> Leaf:
    one = entered.evidence
    data = entered.signed.encode("ascii")
    return Leaf(position, entered.id, one.kind, one.party, subject_of(one), entered.signed, leaf_hash(data))


def _sign_head(node: Node, frontier: Frontier) -> str:
    return sign_checkpoint(Checkpoint(origin_of(node.party), frontier.head()), node.keys.signing())
