"""One message on its way out: decided again and marked as sent, then settled, in the transactions of `dispatch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from relto.core.decision import Ground
from relto.core.envelope import Sealed, verify_label
from relto.core.errors import NotFound, ReltoError
from relto.core.evidence import Evidence
from relto.core.register import Holding
from relto.node.behind import check_may_sign, may_not_sign
from relto.node.deciding import ask, refusal
from relto.node.labels import item_under
from relto.node.log import Entered, stated
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction
from relto.node.rows import OutboxRow
from relto.node.statements import evidence_of
from relto.node.together import Draft, finished
from relto.node.transmittal import sealed_in, terms_of
from relto.node.verdicts import grounds_of
from relto.node.witness import TRUSTING

_WITHOUT_END: Final = 1 << 80


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


def delivery_in(reading: Reading, row: OutboxRow) -> Delivery:
    """What has become of a message, as its row says."""
    if row.answer is None:
        return Delivery(row)
    return delivery_by(row, evidence_of(reading, row.answer, row.subject))


def delivery_by(row: OutboxRow, answer: Evidence) -> Delivery:
    """What has become of a message that `answer` has settled."""
    return Delivery(row, answer, grounds_of(answer.says) if answer.kind == "refusal" else ())


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of a message just now, and whether it `goes`: the decision that it does was the same at any instant
    before `until` (ns), and rests on this `holding` where the item is another's."""

    delivery: Delivery
    goes: bool = False
    until: int = _WITHOUT_END
    holding: Holding | None = None


Basis: TypeAlias = tuple[int | None, Mapping[str, str], Mapping[str, str], bool, object]
"""What a decision at sending rests on beside the instant and the item: the record, the records that peers are known to
hold, the ledgers that fork, whether this node may sign at all, all keys."""


def basis(node: Node, reading: Reading) -> Basis:
    """What decisions rest on now."""
    notes = reading.notes
    return reading.record_version(), notes("record"), notes("fork"), may_not_sign(reading), node.keys.chains


def still_holds(node: Node, rests: Basis, marked: Sequence[Marked]) -> bool:
    """Whether what was decided when these were marked is what would be decided now, at the late end of the clock."""
    with node.store.read() as reading:
        if basis(node, reading) != rests:
            return False
        if any(one.holding is not None and reading.holding(one.holding.id) != one.holding for one in marked):
            return False
        lived = reading.high_water()
    node.keys.refresh()
    now = node.clock.interval()[1]
    if lived is not None and now < lived:  # the clock was set back: nothing is decided, and nothing goes
        return False
    return rests[-1] is node.keys.chains and all(now.ns < one.until for one in marked)


def mark_sent(node: Node, tx: Transaction, number: int) -> Marked | Draft[Marked]:
    """Take a message to send it now, a transmittal decided again. It does not go where it was settled meanwhile, waits
    for another, or is refused now."""
    row = row_in(tx, number)
    if row.state != "queued":
        return Marked(delivery_in(tx, row))
    if row.kind in TRUSTING and tx.notes("fork").get(row.peer):
        row = replace(row, last_error=f"not sent: the ledger of `{row.peer}` contradicts what it has signed before")
        tx.update_outbox(row)
        return Marked(Delivery(row))
    if _waits(tx, row):
        row = replace(row, last_error=f"waits until `{row.waits_for}` is acknowledged")
        tx.update_outbox(row)
        return Marked(Delivery(row))
    if row.kind != "transmittal":
        return _marked(tx, row)
    check_may_sign(tx)  # also where it was stated already that this goes
    return _decide_again(node, tx, row)


def mark_now(node: Node, tx: Transaction, row: OutboxRow) -> Marked:
    """Decide on a message at its leaving in the transaction that has queued it, and mark it as sent."""
    (marked,) = finished(node, tx, [mark_sent(node, tx, row.number)])
    return marked


def _marked(tx: Transaction, row: OutboxRow, until: int = _WITHOUT_END, holding: Holding | None = None) -> Marked:
    row = replace(row, attempts=row.attempts + 1)
    tx.update_outbox(row)
    return Marked(Delivery(row), True, until, holding)


def keep_error(tx: Transaction, number: int, error: ReltoError) -> Delivery:
    """Keep with a message why it is still queued; what has become of it, where it was settled meanwhile."""
    row = row_in(tx, number)
    if row.state != "queued":
        return delivery_in(tx, row)
    row = replace(row, last_error=str(error)[:500])
    tx.update_outbox(row)
    return Delivery(row, error=error)


def row_now(reading: Reading, row: OutboxRow) -> OutboxRow:
    """A message as it stands now: as it was read before, where it is still queued. Raises NotFound."""
    return row if reading.outbox_state(row.number) == "queued" else row_in(reading, row.number)


def row_in(reading: Reading, number: int) -> OutboxRow:
    """A message of the outbox by its number. Raises NotFound."""
    row = reading.outbox_row(number)
    if row is None:
        raise NotFound(f"no message `{number}` in the outbox", remedy="list the outbox")
    return row


def _waits(tx: Reading, row: OutboxRow) -> bool:
    """Whether something that must be delivered first is not."""
    return bool(row.waits_for) and any(one.state != "done" for one in tx.outbox(subject=row.waits_for))


def _decide_again(node: Node, tx: Transaction, row: OutboxRow) -> Draft[Marked]:
    """Decide at the moment of sending. What is refused now is never sent; what may have arrived already is recalled."""
    evidence, sealed = evidence_of(tx, row.evidence, row.subject), sealed_in(row.message)
    item = item_under(verify_label(sealed, node.all_keys()))
    moment = node.now(tx)
    why = _not_to_be_sent(node, tx, row, sealed, evidence, item.mark)
    if why:
        return _keep_back(node, tx, row, moment, why)
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
        sent = stated(node, sent)

        def consign(_: Entered) -> Marked:
            tx.add_decision(decision.row)
            return _marked(tx, row, decision.until, _passed_on(tx, evidence))

        return Draft(sent, consign)
    left = stated(node, refusal(node, decision, about=row.subject, to=row.peer, answers=row.evidence))

    def refuse(entered: Entered) -> Marked:
        tx.add_decision(decision.row)
        return _refused(tx, row, entered)

    return Draft(left, refuse)


def _refused(tx: Transaction, row: OutboxRow, entered: Entered) -> Marked:
    """Refuse a message by what was entered: it does not go, and what may have arrived is recalled."""
    if row.attempts:
        _recall(tx, row, entered)
    refused = replace(row, state="refused", answer=entered.id, last_error="")
    tx.update_outbox(refused)
    return Marked(delivery_by(refused, entered.evidence))


def _to_a_revoked_key(node: Node, sealed: Sealed) -> bool:
    """Whether an item is sealed to a key that its recipient has revoked: whoever stole that could open it."""
    chain = node.keys.chains.get(sealed.recipient)
    cards = () if chain is None else chain.cards
    return any(one.wrapping.id == sealed.recipient_key and chain.revoked(one) for one in cards if chain is not None)


def _not_to_be_sent(node: Node, tx: Transaction, row: OutboxRow, sealed: Sealed, evidence: Evidence, mark: str) -> str:
    """Why a transmittal is kept back whatever is decided on it now; empty where it is not."""
    if _to_a_revoked_key(node, sealed):
        return f"it is sealed to a key that {row.peer} has revoked; release it again"
    if evidence.kind != "relay":
        return ""
    held = _passed_on(tx, evidence)
    if held is None or not held.original_held or held.purpose_ended is not None:
        return "it is not held any more, or what it was given for is over"
    return "" if held.origin_mark == mark else f"its originator marks it {held.origin_mark} now; ask for it anew"


def _passed_on(tx: Transaction, evidence: Evidence) -> Holding | None:
    """The holding that is passed on; None where the item is the node's own."""
    return tx.holding(str(evidence.says.get("holding"))) if evidence.kind == "relay" else None


def _keep_back(node: Node, tx: Transaction, row: OutboxRow, moment: Moment, why: str) -> Draft[Marked]:
    """Refuse to send what is not to be sent any more, whatever the agreements say."""
    evidence = evidence_of(tx, row.evidence, row.subject)
    left = stated(
        node,
        Evidence(
            kind="refusal",
            party=node.party,
            at=moment.latest,
            to=row.peer,
            transmittal=row.subject,
            item=evidence.item,
            agreement=evidence.agreement,
            digests={"evidence": row.evidence},
            says={"stage": "sending", "says": why},
        ),
    )
    return Draft(left, partial(_refused, tx, row))


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
