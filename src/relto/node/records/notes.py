"""What this node knows of the records that its peers hold, and what that makes of its own dossier."""

from __future__ import annotations

from collections.abc import Mapping

from relto.core.canon import JSON
from relto.core.dossier import Dossier
from relto.node.difference import Difference, read_note
from relto.node.held_record import held_in, shared, with_held
from relto.node.node import Node
from relto.node.ports import Reading


def digests(node: Node, dossier: Dossier, peer: str) -> dict[str, str]:
    """The digests of what this node holds of each agreement that it shares with `peer`."""
    return {name: record_digest(node, dossier, name) for name in shared(dossier, node.party, peer)}


def record_digest(node: Node, dossier: Dossier, agreement: str) -> str:
    """The digest of what a dossier of this node holds of an agreement; worked out once for each dossier."""
    known = node.compared.digests
    if known is None or known[0] is not dossier:
        known = node.compared.digests = dossier, {}
    if agreement not in known[1]:
        known[1][agreement] = held_in(dossier, agreement).digest
    return known[1][agreement]


def noted(node: Node, reading: Reading) -> dict[str, tuple[Difference, ...]]:
    """The differences as they were found, by peer."""
    found = {}
    for peer, text in sorted(reading.notes("record").items()):
        if not text:
            continue
        known = node.compared.read.get(peer)
        if known is None or known[0] != text:
            known = node.compared.read[peer] = text, read_note(peer, text)
        found[peer] = known[1]
    return found


def differences(node: Node, reading: Reading) -> list[Difference]:
    """All differences with peers that still stand: not those that an instrument come meanwhile has ended."""
    return [one for some in noted(node, reading).values() for one in _standing(node, node.dossier(reading), some)]


def as_held(node: Node, reading: Reading, dossier: Dossier) -> dict[str, tuple[tuple[Difference, ...], Dossier]]:
    """For each peer with which something differs: what, and this node's dossier with the peer's records in it."""
    found = {}
    for peer, some in noted(node, reading).items():
        standing = _standing(node, dossier, some)
        if not standing:
            continue
        known = node.compared.as_held.get(peer)
        if known is None or known[0] is not dossier or known[1] != standing:
            other = dossier
            for one in standing:
                if one.mine:
                    other = with_held(other, one.agreement, one.held)
            known = node.compared.as_held[peer] = dossier, standing, other
        found[peer] = standing, known[2]
    return found


def statements_named(says: Mapping[str, JSON]) -> list[str]:
    """The evidence by which a peer said what it holds, where a refusal rests on that."""
    record = says.get("record")
    named = record.get("statements") if isinstance(record, dict) else None
    return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []


def _standing(node: Node, dossier: Dossier, some: tuple[Difference, ...]) -> tuple[Difference, ...]:
    here = dossier.agreements
    return tuple(
        one
        for one in some
        if (record_digest(node, dossier, one.agreement) if one.agreement in here else "") != one.theirs
    )
