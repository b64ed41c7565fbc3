"""Sending what is queued: each transmittal is decided again at the moment of sending, and is done only when the peer's
signed receipt verifies and repeats what was signed (DESIGN 6).

No transaction is open while a peer is talked to. A peer that does not answer leaves its messages queued.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from relto.core.decision import Ground
from relto.core.envelope import Sealed, verify_label
from relto.core.errors import PeerUnreachable, ReltoError
from relto.core.evidence import Evidence
from relto.node.acknowledge import settle
from relto.node.deciding import ask, refusal
from relto.node.labels import item_of
from relto.node.log import Entered, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Reading, Transaction
from relto.node.rows import OutboxRow
from relto.node.statements import evidence_of
from relto.node.transmittal import terms_of, unpack
from relto.node.verdicts import grounds_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: its row now, the evidence that settled it, the grounds where it was refused.

    `error`: why it is still queued after being tried just now (PeerUnreachable and others); None otherwise.
    """

    row: OutboxRow
    answer: Evidence | None = None
    grounds: tuple[Ground, ...] = ()
    error: ReltoError | None = None

    @property
    def state(self) -> str:
        """`queued`, `done`, `refused` or `refused-by-recipient`."""
        return self.row.state


def dispatch_pending(node: Node, peer: str | None = None) -> list[Delivery]:
    """Send what is queued, to `peer` or to all, in order; what became of each message that was tried.

    A peer that does not answer is not asked again in this round; an instrument that it could not take holds back the
    later ones for it, for they may rest on it. Errors are kept with the row, none is raised.
    """
    with node.store.read() as reading:
        peers = [one for one in reading.queued_peers() if peer in (None, one)]
    with node.store.turn(peers):
        return _send_all(node, peers)


def _send_all(node: Node, peers: Collection[str]) -> list[Delivery]:
    with node.store.read() as reading:
        waiting = [row for row in reading.outbox("queued") if row.peer in peers]
    silent: set[str] = set()
    stuck: set[str] = set()
    tried: list[Delivery] = []
    for row in waiting:
        if row.peer in silent or (row.kind == "instrument" and row.peer in stuck):
            continue
        try:
            delivery = _send(node, row.number)
        except PeerUnreachable as error:
            silent.add(row.peer)
            delivery = _keep_error(node, row.number, error)
        except ReltoError as error:
            if row.kind == "instrument":
                stuck.add(row.peer)
            delivery = _keep_error(node, row.number, error)
        tried.append(delivery)
    return tried


def dispatch_row(node: Node, row: OutboxRow) -> Delivery:
    """Send what is queued for a row's peer, in order; what became of this row, or why its turn did not come."""
    tried = dispatch_pending(node, row.peer)
    found = next((one for one in tried if one.row.number == row.number), None)
    if found is None:
        found = next(one for one in delivery_of(node, row.subject) if one.row.number == row.number)
    if found.state == "queued" and found.error is None:
        found = replace(found, error=next((one.error for one in tried if one.error is not None), None))
    return found


def delivery_of(node: Node, subject: str) -> list[Delivery]:
    """What has become of the messages about `subject`: a transmittal, an instrument (`AGREEMENT/ID`), a report."""
    with node.store.read() as reading:
        return [_delivery(reading, row) for row in reading.outbox(subject=subject)]


def _send(node: Node, number: int) -> Delivery:
    """One attempt at one message."""
    with node.store.write() as tx:
        row = tx.outbox_row(number)
        assert row is not None
        if row.state != "queued":
            return _delivery(tx, row)
        if _waits(tx, row):
            row = replace(row, last_error=f"waits until `{row.waits_for}` is acknowledged")
            tx.update_outbox(row)
            return _delivery(tx, row)
        if row.kind == "transmittal":
            row = _decide_again(node, tx, row)
        tx.update_outbox(replace(row, attempts=row.attempts + 1) if row.state == "queued" else row)
        if row.state != "queued":
            return _delivery(tx, row)
    reply = node.link.exchange(row.peer, row.kind, row.message)
    with node.store.write() as tx:
        return _delivery(tx, settle(node, tx, number, reply))


def _waits(tx: Reading, row: OutboxRow) -> bool:
    """Whether something that must be delivered first is not."""
    return bool(row.waits_for) and any(one.state != "done" for one in tx.outbox(subject=row.waits_for))


def _decide_again(node: Node, tx: Transaction, row: OutboxRow) -> OutboxRow:
    """Decide at the moment of sending. What is refused now is never sent; what may have arrived already is recalled."""
    _, data = unpack(row.message)
    evidence = evidence_of(tx, row.evidence)
    item = item_of(verify_label(Sealed.from_bytes(data), node.all_keys()).label)
    moment = node.now(tx)
    decision = ask(node, tx, item, terms_of(evidence), moment, "sending", row.subject)
    if decision.permits:
        sent = Evidence(
            kind="consignment",
            party=node.party,
            at=moment.latest,
            to=row.peer,
            transmittal=row.subject,
            item=evidence.item,
            agreement=decision.verdict.agreement,
            digests={"evidence": row.evidence, "decision": decision.row.digest},
        )
        sign_and_enter(node, tx, sent)
        return row
    left = refusal(node, tx, decision, about=row.subject, to=row.peer, answers=row.evidence)
    if row.attempts:
        _recall(tx, row, left)
    return replace(row, state="refused", answer=left.id, last_error="")


def _recall(tx: Transaction, row: OutboxRow, left: Entered) -> None:
    """An earlier attempt may have arrived, and only its receipt been lost: ask for it, without sending the item."""
    tx.enqueue(
        OutboxRow(
            kind="recall",
            subject=row.subject,
            peer=row.peer,
            message=left.signed.encode("ascii"),
            evidence=left.id,
            queued_at=left.evidence.at,
        )
    )


def _keep_error(node: Node, number: int, error: ReltoError) -> Delivery:
    with node.store.write() as tx:
        row = tx.outbox_row(number)
        assert row is not None
        if row.state == "queued":
            row = replace(row, last_error=str(error)[:500])
            tx.update_outbox(row)
            return Delivery(row, error=error)
        return _delivery(tx, row)


def _delivery(reading: Reading, row: OutboxRow) -> Delivery:
    if row.answer is None:
        return Delivery(row)
    answer = evidence_of(reading, row.answer)
    return Delivery(row, answer, grounds_of(answer.says) if answer.kind == "refusal" else ())
