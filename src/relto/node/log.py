"""Entering evidence into the node's ledger: the signed statement itself is the leaf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.core.canon import base64url, canonical, count_in, digest, from_base64url, only_keys, parse_object
from relto.core.errors import VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.ledger import Checkpoint, Frontier, leaf_hash, sign_checkpoint
from relto.node.contents import instrument_subject
from relto.node.node import Node
from relto.node.ports import Reading, Transaction
from relto.node.rows import Leaf

_MAX_FRONTIER_BYTES: Final = 1 << 13


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
    """What a piece of evidence is filed under: an instrument, or a transmittal (and the holding it made)."""
    if evidence.kind == "instrument":
        name = evidence.says.get("instrument")
        if isinstance(name, dict):
            name = name.get("id")
        return instrument_subject(evidence.agreement or "", str(name or ""))
    subject = evidence.transmittal or evidence.says.get("about") or evidence.item
    return str(subject or "")


def sign_and_enter(node: Node, tx: Transaction, evidence: Evidence) -> Entered:
    """Sign the node's own evidence and enter it."""
    return enter(node, tx, evidence, sign_evidence(evidence, node.keys.signing()))


def enter(node: Node, tx: Transaction, evidence: Evidence, signed: str) -> Entered:
    """Enter verified evidence as the next leaf, and sign the tree's new head; what is there already stays as it is."""
    data = signed.encode("ascii")
    name = digest(data)
    if tx.leaf(name) is not None:
        return Entered(name, signed, evidence)
    frontier = read_frontier(tx)
    leaf = Leaf(
        position=frontier.size,
        id=name,
        kind=evidence.kind,
        signer=evidence.party,
        subject=subject_of(evidence),
        evidence=signed,
        hash=leaf_hash(data),
    )
    frontier = frontier.append(data)
    checkpoint = sign_checkpoint(Checkpoint(origin_of(node.party), frontier.head()), node.keys.signing())
    tx.append_leaf(leaf, frontier=frontier_text(frontier), checkpoint=checkpoint)
    return Entered(name, signed, evidence)


def frontier_text(frontier: Frontier) -> str:
    """The tree's right edge as the store keeps it."""
    return canonical({"size": frontier.size, "peaks": [base64url(one) for one in frontier.peaks]}).decode("ascii")


def read_frontier(reading: Reading) -> Frontier:
    """The tree's right edge; that of the empty tree before the first leaf. Raises VerificationFailed."""
    text = reading.frontier()
    if not text:
        return Frontier()
    value = parse_object(text.encode("utf-8"), _MAX_FRONTIER_BYTES, name="frontier")
    only_keys(value, frozenset({"size", "peaks"}))
    peaks = value["peaks"]
    if not isinstance(peaks, list):
        raise VerificationFailed("the right edge of the ledger was changed", remedy="run `relto ledger verify`")
    return Frontier(count_in(value, "size"), tuple(from_base64url(str(one)) for one in peaks))
