"""Queueing a transmittal: decided, sealed, signed, queued and logged, within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from relto.core.decision import resolve
from relto.core.dossier import Item
from relto.core.envelope import Sealed, read_manifest
from relto.core.evidence import Evidence
from relto.node.deciding import ActRefused, Decision, ask, refusal
from relto.node.log import enter, stated
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.rows import OutboxRow
from relto.node.together import Draft, finished
from relto.node.transmittal import Terms, digests_of, pack


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be queued: an item on its terms. `close` seals it to a peer; `holding` is where it was passed on."""

    item: Item
    terms: Terms
    transmittal: str
    close: Callable[[str], Sealed]
    holding: str = ""


def queue(node: Node, asked: Asked) -> OutboxRow:
    """Queue it in a transaction of its own. Raises ActRefused, its evidence kept, where it is refused."""
    with node.store.write() as tx:
        (found,) = queue_all(node, tx, [asked])
    if isinstance(found, ActRefused):
        raise found
    return found


def queue_all(node: Node, tx: Transaction, asked: Sequence[Asked]) -> list[OutboxRow | ActRefused]:
    """Decide on each, then seal, sign, queue and log it; or log its refusal. They share one signature."""
    return finished(node, [_begin(node, tx, one) for one in asked])


def _begin(node: Node, tx: Transaction, asked: Asked) -> Draft[OutboxRow | ActRefused]:
    moment = node.now(tx)
    decision = ask(node, tx, asked.item, asked.terms, moment, "queueing", asked.transmittal)
    if decision.permits:
        peer = resolve(node.dossier(tx), asked.terms.recipient, moment.latest, None).party
        return _enqueue(node, tx, asked, decision, asked.close(peer))
    left = stated(node, refusal(node, decision, about=asked.transmittal, to=None))

    def refuse(signed: str) -> ActRefused:
        tx.add_decision(decision.row)
        return ActRefused(decision.verdict, enter(node, tx, left, signed).id)

    return Draft(left, refuse)


def _enqueue(
    node: Node, tx: Transaction, asked: Asked, decision: Decision, sealed: Sealed
) -> Draft[OutboxRow | ActRefused]:
    manifest = read_manifest(sealed.manifest)  # `close` has just made it, or verified it
    evidence = Evidence(
        kind="relay" if asked.holding else "submission",
        party=node.party,
        at=decision.verdict.at,
        to=sealed.recipient,
        transmittal=asked.transmittal,
        item=asked.item.id,
        agreement=decision.verdict.agreement,
        digests=digests_of(sealed, manifest, decision.row.digest),
        says={"terms": asked.terms.to_json(), "holding": asked.holding},
    )
    evidence = stated(node, evidence)

    def enqueue(signed: str) -> OutboxRow:
        tx.add_decision(decision.row)
        row = OutboxRow(
            kind="transmittal",
            subject=asked.transmittal,
            peer=sealed.recipient,
            message=pack(signed, sealed),
            evidence=enter(node, tx, evidence, signed).id,
            queued_at=evidence.at,
            waits_for=asked.terms.consent,
        )
        return replace(row, number=tx.enqueue(row))

    return Draft(evidence, enqueue)
