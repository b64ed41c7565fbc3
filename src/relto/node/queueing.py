"""Queueing a transmittal: decided, sealed, signed, queued and logged, within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from relto.core.decision import resolve
from relto.core.dossier import Item
from relto.core.envelope import Sealed, Unsigned, read_manifest, sign_manifests
from relto.core.evidence import Evidence
from relto.node.deciding import ActRefused, Decision, ask, refusal
from relto.node.log import Entered, by_recipient, stated
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.records import compare_if_noted
from relto.node.rows import OutboxRow
from relto.node.together import Draft, finished
from relto.node.transmittal import Terms, digests_of, pack


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be queued: an item on its terms. `close` seals it to a peer, all but the originator's
    signature where it is the node's own; `holding` is where it was passed on."""

    item: Item
    terms: Terms
    transmittal: str
    close: Callable[[str], Sealed | Unsigned]
    holding: str = ""


def queue(node: Node, asked: Asked) -> OutboxRow:
    """Queue it in a transaction of its own. Raises ActRefused, its evidence kept, where it is refused."""
    compare_if_noted(node, (asked.terms.recipient, asked.terms.onward, *asked.terms.via))
    with node.store.write() as tx:
        (found,) = queue_all(node, tx, [asked])
    if isinstance(found, ActRefused):
        raise found
    return found


def queue_all(node: Node, tx: Transaction, asked: Sequence[Asked]) -> list[OutboxRow | ActRefused]:
    """Decide on each, then seal, sign, queue and log it; or log its refusal. The labels of what goes to one party share
    one signature, and what is stated of it another."""
    decided = [_decide(node, tx, one) for one in asked]
    unsigned = [closed for _, closed in decided if isinstance(closed, Unsigned)]
    signer, manifests = node.keys.signing(), [one.manifest for one in unsigned]
    signatures = by_recipient(manifests, [one.recipient for one in unsigned], lambda some: sign_manifests(some, signer))
    labels = iter(signatures)
    begun: list[Draft[OutboxRow | ActRefused]] = []
    for one, (decision, closed) in zip(asked, decided, strict=True):
        sealed = closed.signed(next(labels)) if isinstance(closed, Unsigned) else closed
        begun.append(_refuse(node, tx, one, decision) if sealed is None else _enqueue(node, tx, one, decision, sealed))
    return finished(node, tx, begun)


def _decide(node: Node, tx: Transaction, asked: Asked) -> tuple[Decision, Sealed | Unsigned | None]:
    """The decision, and the item closed to its peer where it permits."""
    moment = node.now(tx)
    decision = ask(node, tx, asked.item, asked.terms, moment, "queueing", asked.transmittal)
    if not decision.permits:
        return decision, None
    peer = resolve(node.dossier(tx), asked.terms.recipient, moment.latest, None).party
    return decision, asked.close(peer)


def _refuse(node: Node, tx: Transaction, asked: Asked, decision: Decision) -> Draft[OutboxRow | ActRefused]:
    left = stated(node, refusal(node, decision, about=asked.transmittal, to=None))

    def refuse(entered: Entered) -> ActRefused:
        tx.add_decision(decision.row)
        return ActRefused(decision.verdict, entered.id)

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

    def enqueue(entered: Entered) -> OutboxRow:
        tx.add_decision(decision.row)
        row = OutboxRow(
            kind="transmittal",
            subject=asked.transmittal,
            peer=sealed.recipient,
            message=pack(entered.signed, sealed),
            evidence=entered.id,
            queued_at=evidence.at,
            waits_for=asked.terms.consent,
        )
        return replace(row, number=tx.enqueue(row))

    return Draft(evidence, enqueue)
