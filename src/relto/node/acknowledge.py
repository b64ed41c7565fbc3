"""Acknowledging: what a sender does with the answer to its message.

A row is settled only by evidence that its peer signed, about this very message: a receipt that repeats every digest, an
acknowledgement, or a refusal. Anything else leaves it queued.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from relto.core.canon import digest
from relto.core.errors import NotFound, VerificationFailed
from relto.core.evidence import Evidence, check_receipt, verify_evidence
from relto.core.register import apply
from relto.node.card_chain import KeyChange
from relto.node.clocks import note_time
from relto.node.events import event_in
from relto.node.log import enter
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.rows import OutboxRow, OutboxState
from relto.node.statements import evidence_of


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came, and the evidence in it, signed by the peer it came from."""

    signed: str
    evidence: Evidence


def settle(node: Node, tx: Transaction, number: int, reply: bytes) -> OutboxRow:
    """Settle a message of the outbox by the peer's reply, in the transaction that keeps it; the row as it is now.

    The same reply again changes nothing. Raises VerificationFailed for a reply that is not the peer's answer to it.
    """
    row = tx.outbox_row(number)
    if row is None:
        raise NotFound(f"no message `{number}` in the outbox", remedy="list the outbox")
    return settle_by(node, tx, row, read_reply(node, row.peer, reply))


def read_reply(node: Node, peer: str, reply: bytes) -> Reply:
    """A reply of `peer`, if it is signed by it. Raises VerificationFailed; whether it answers is not looked at here."""
    if not reply.isascii():
        raise VerificationFailed(f"the answer of `{peer}` is not signed evidence")
    signed = reply.decode("ascii")
    return Reply(signed, verify_evidence(signed, node.peer_keys(peer)))


def settle_by(node: Node, tx: Transaction, row: OutboxRow, reply: Reply) -> OutboxRow:
    """Settle a message, as it stands in `tx`, by a reply that its peer signed; the row as it is now. Raises as `settle`
    does, before anything is written."""
    evidence = reply.evidence
    state = _state_by(tx, row, evidence)
    if row.state != "queued":
        return row
    asked_at = None if row.kind == "recall" else row.queued_at  # a recall may be answered by what was said before it
    note_time(node, tx, row.peer, evidence.at, node.now_or_later(tx), asked_at)
    entered = enter(node, tx, evidence, reply.signed)
    row = replace(row, state=state, answer=entered.id, last_error="")
    tx.update_outbox(row)
    _register(node, tx, evidence)
    if row.kind == "key-change" and state == "done":
        node.keys.acknowledged(row.peer, _came_to(node, row.message))
    if row.kind == "recall":
        _settle_recalled(tx, row, evidence)
    return row


def _state_by(tx: Transaction, row: OutboxRow, answer: Evidence) -> OutboxState:
    """What the answer makes of the row. Raises VerificationFailed where it answers something else."""
    if row.kind == "key-change":
        return _state_of_change(row, answer)
    if answer.kind == "refusal":
        if row.kind == "recall" and answer.digests.get("evidence") == _submission(tx, row):
            return "done"  # it had arrived, and had been refused
        _check_answers(row, answer)
        return "done" if row.kind == "recall" else "refused-by-recipient"
    if row.kind in ("transmittal", "recall"):
        submission = _submission(tx, row)
        check_receipt(answer, evidence_of(tx, submission, row.subject))
        if answer.digests.get("evidence") != submission:
            raise VerificationFailed("the receipt is for another submission than this one")
        return "done"
    if answer.kind != row.kind or answer.says.get("step") != "acknowledgement":
        raise VerificationFailed(f"the answer of `{row.peer}` is no acknowledgement")
    _check_answers(row, answer)
    return "done"


def _state_of_change(row: OutboxRow, answer: Evidence) -> OutboxState:
    """A change of keys is answered about itself: what announces it in the own ledger was not sent."""
    if answer.digests.get("message") != digest(row.message):
        raise VerificationFailed(f"the answer of `{row.peer}` is about another message")
    if answer.kind == "refusal":
        return "refused-by-recipient"
    if answer.kind != row.kind or answer.says.get("step") != "acknowledgement":
        raise VerificationFailed(f"the answer of `{row.peer}` is no acknowledgement")
    return "done"


def _check_answers(row: OutboxRow, answer: Evidence) -> None:
    wanted = (row.evidence, digest(row.message))
    if (answer.digests.get("evidence"), answer.digests.get("message")) != wanted:
        raise VerificationFailed(f"the answer of `{row.peer}` is about another message")


def _submission(tx: Transaction, row: OutboxRow) -> str:
    """The evidence of the transmittal that a row carries, or recalls."""
    if row.kind == "transmittal":
        return row.evidence
    return next(one.evidence for one in tx.outbox(subject=row.subject) if one.kind == "transmittal")


def _settle_recalled(tx: Transaction, recall: OutboxRow, answer: Evidence) -> None:
    """A receipt in answer to a recall: the item had arrived, while it was still permitted; its row is done."""
    if answer.kind != "receipt":
        return
    for row in tx.outbox(subject=recall.subject):
        if row.kind == "transmittal" and row.state == "refused":
            tx.update_outbox(replace(row, state="done", answer=recall.answer))


def _came_to(node: Node, message: bytes) -> str:
    """The own card that a change has led to: the new one, or, after a revocation, the one pinned since."""
    change = KeyChange.from_bytes(message)
    return node.keys.own.keys_id if change.card is None else change.card.keys_id


def _register(node: Node, tx: Transaction, evidence: Evidence) -> None:
    """Enter into the register what the answer makes happen to a holding of this node."""
    event = event_in(evidence, node.party, lambda name: evidence_of(tx, name, evidence.transmittal))
    if event is not None:
        holding = tx.holding(event.holding)
        tx.update_holding(apply(holding, event))
