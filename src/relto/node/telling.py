"""What a holder tells those whose item it holds: a destruction, a return, findings, a duty that fell overdue.

One message, `custody`: the holder's signed statement; the answer is an acknowledgement. Whoever made an item, and the
ally it came through, learns of it; a statement never held back by the standing of an agreement.
"""

from __future__ import annotations

from functools import partial
from typing import Final, cast

from relto.core.canon import JSON, digest
from relto.core.errors import Refused, VerificationFailed
from relto.core.evidence import Evidence, EvidenceKind, verify_evidence
from relto.core.register import (
    Destroyed,
    Event,
    FellOverdue,
    Holding,
    Investigated,
    Received,
    Returned,
    WrittenOff,
    apply,
    event_to_json,
)
from relto.node.log import Entered, enter, sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction
from relto.node.rows import InboxRow, MessageKind, OutboxRow
from relto.node.statements import statement
from relto.node.together import Answering
from relto.node.transmittal import ID_BYTES, terms_of

KIND: Final = "custody"
ORIGINATOR: Final = "originator"
_TOLD: Final = (Destroyed, Returned, WrittenOff, Investigated)
"""What those whose item it is always learn; a duty overdue only where its text says that it is owed to them."""
_KINDS: Final[frozenset[str]] = frozenset({"custody", "destruction", "compromise"})
_STEP: Final = "statement"


def enter_event(node: Node, tx: Transaction, held: Holding | None, event: Event, moment: Moment) -> Holding:
    """Enter an event of a holding: signed, in the ledger, in the register; and told to whoever it concerns.

    Raises as `apply` does, before anything is written.
    """
    now = apply(held, event)
    came = now.received
    about = f"c-{node.entropy(ID_BYTES).hex()}"
    says: dict[str, JSON] = {
        "about": about,
        "step": _STEP,
        "originators": list(now.originators),
        "sender": came.sender,
        "event": event_to_json(event),
    }
    evidence = Evidence(
        kind=_kind(event),
        party=node.party,
        at=moment.latest,
        transmittal=now.id,
        item=came.item,
        agreement=came.agreement,
        says=says,
    )
    entered = sign_and_enter(node, tx, evidence)
    if held is None:
        tx.add_holding(now, b"")
    else:
        tx.update_holding(now)
    if _concerns_others(now, event):
        _queue(tx, entered, about, concerned(node, now))
    return now


def _kind(event: Event) -> EvidenceKind:
    if isinstance(event, Destroyed):
        return "destruction"
    return "compromise" if isinstance(event, Investigated) else "custody"


def _concerns_others(held: Holding, event: Event) -> bool:
    if isinstance(event, FellOverdue):
        return held.duties[event.number].to == ORIGINATOR
    return isinstance(event, _TOLD)


def check_given(reading: Reading, held: Holding) -> None:
    """Return if it was given, not only shown: of what was disclosed nothing is copied, and nothing made. Raises
    Refused."""
    for leaf in reading.leaves(held.id):
        if leaf.kind in ("submission", "relay") and terms_of(statement(leaf.evidence)).act == "disclose":
            raise Refused(
                f"`{held.id}` was disclosed, not released: it is shown here, and nothing is kept of it",
                remedy=f"ask {held.received.originator} to release it",
            )


def concerned(node: Node, held: Holding) -> list[str]:
    """Whose item it is, and the ally it came through: who learns what becomes of it."""
    came = held.received
    gave = (came.sender,) if isinstance(came, Received) else ()
    return [one for one in dict.fromkeys((*held.originators, *gave)) if one != node.party]


def _queue(tx: Transaction, entered: Entered, about: str, peers: list[str]) -> None:
    for peer in peers:
        tx.enqueue(OutboxRow(KIND, about, peer, entered.signed.encode("ascii"), entered.id, entered.evidence.at))


def receive_custody(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify a holder's statement about an item of this party, or one that passed through it; what is left is to keep
    and acknowledge it. The same statement gives the same answer.

    Raises VerificationFailed, or InputError, for what no pinned peer signed, or is not for this party.
    """
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    signed = message.decode("ascii")
    evidence = verify_evidence(signed, node.peer_keys(sender))
    originators = evidence.says.get("originators")
    if evidence.kind not in _KINDS or evidence.says.get("step") != _STEP or not isinstance(originators, list):
        raise VerificationFailed("what came as a holder's statement is something else")
    if node.party not in (*originators, evidence.says.get("sender")):
        raise VerificationFailed(f"the statement is not for `{node.party}`")
    return partial(_acknowledge, node, evidence, signed, digest(message))


def _acknowledge(node: Node, evidence: Evidence, signed: str, name: str, tx: Transaction) -> bytes:
    known = tx.answered(KIND, name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    theirs = enter(node, tx, evidence, signed)
    return acknowledged(node, tx, KIND, theirs, name, moment)


def acknowledged(
    node: Node, tx: Transaction, kind: MessageKind, theirs: Entered, name: str, moment: Moment, **more: JSON
) -> bytes:
    """The acknowledgement of a statement that came as a message of this kind and name (its digest): signed, entered,
    and kept, so that the same statement has the same answer."""
    evidence = theirs.evidence
    says: dict[str, JSON] = {"about": str(evidence.says.get("about"))[:100], "step": "acknowledgement", **more}
    answer = Evidence(
        kind=cast("EvidenceKind", kind),
        party=node.party,
        at=moment.latest,
        to=evidence.party,
        transmittal=evidence.transmittal,
        item=evidence.item,
        agreement=evidence.agreement,
        digests={"evidence": theirs.id, "message": name},
        says=says,
    )
    reply = sign_and_enter(node, tx, answer).signed.encode("ascii")
    tx.remember(InboxRow(kind, name, evidence.party, name, reply, True, moment.latest))
    return reply
