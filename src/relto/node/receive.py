"""Receiving: verify who sent it, whose label it bears and that nothing was changed; decide again under the node's own
reading and clock; mark it, enter it in the register, and answer with a signed receipt. All in one transaction.

Idempotent: the same transmittal a thousand times is one holding and the same receipt, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from relto.core.canon import digest
from relto.core.decision import Request, resolve
from relto.core.dossier import Item
from relto.core.envelope import MAX_SEALED_BYTES, Opened, Sealed, open_sealed
from relto.core.errors import Conflict, InputError, VerificationFailed
from relto.core.evidence import MAX_JWS_BYTES, Evidence, verify_evidence
from relto.core.register import Received, apply, event_to_json
from relto.node.clocks import note_time
from relto.node.contractors import why_not_to
from relto.node.controls import rank_in
from relto.node.deciding import Decision, decide_now, refusal
from relto.node.hearing import Heard, heard_in, is_batch, why_not_next
from relto.node.labels import item_under
from relto.node.log import Entered, enter, sign_and_enter, stated
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.rows import InboxRow
from relto.node.together import Answering, Draft
from relto.node.transmittal import Terms, digests_of, terms_of, unpack

MAX_MESSAGE_BYTES: Final = MAX_JWS_BYTES + 1 + MAX_SEALED_BYTES
"""The longest message that a node takes: a transmittal with the longest item."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A transmittal whose label, digests and terms all held."""

    sealed: Sealed
    opened: Opened
    item: Item
    terms: Terms


def receive_transmittal(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify a transmittal; what is left is to take it in and give the signed receipt, or the signed refusal.

    Raises VerificationFailed, or InputError, for what no pinned peer sent to this party. Answering raises Conflict for
    another transmittal by the same id, Refused where this node's clock is behind: then nothing is kept.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise InputError(f"a transmittal of {len(message)} bytes", remedy=f"send at most {MAX_MESSAGE_BYTES} at once")
    signed, data = unpack(message)
    evidence = verify_evidence(signed, node.peer_keys(sender))
    if evidence.kind not in ("submission", "relay") or evidence.to != node.party:
        raise VerificationFailed(f"what came is no transmittal to `{node.party}`")
    try:
        arrived: Arrived | str = arrived_in(node, evidence, data)
    except (VerificationFailed, InputError) as error:
        arrived = str(error)
    return partial(_take_in, node, evidence, signed, arrived, digest(message))


def _take_in(
    node: Node, evidence: Evidence, signed: str, arrived: Arrived | str, name: str, tx: Transaction
) -> bytes | Draft[bytes]:
    """Answer a transmittal as it was answered before; else decide, and receive or refuse."""
    known = tx.answered("transmittal", _id(evidence))
    if known is not None:
        return _again(known, evidence.party, name)
    moment = node.now(tx)
    note_time(node, tx, evidence.party, evidence.at, moment)
    theirs = Entered(digest(signed.encode("ascii")), signed, evidence)
    own, also = _answer(node, tx, moment, theirs, arrived, name)
    own = stated(node, own)

    def answer(ours: Entered) -> bytes:
        also()
        reply, accepted = ours.signed.encode("ascii"), own.kind == "receipt"
        tx.remember(InboxRow("transmittal", _id(evidence), evidence.party, name, reply, accepted, own.at))
        return reply

    return Draft(own, answer, heard=((evidence, signed),))


def receive_recall(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify the question of a sender what became of a transmittal it may no longer send; what is left is to answer:
    with the receipt or refusal that was given, else with a signed refusal, after which that transmittal is not accepted
    any more.

    Raises VerificationFailed, or InputError, for what no pinned peer signed for this party.
    """
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    signed = message.decode("ascii")
    evidence = verify_evidence(signed, node.peer_keys(sender))
    if evidence.kind != "refusal" or evidence.to != node.party or evidence.transmittal is None:
        raise VerificationFailed(f"what came is no recall to `{node.party}`")
    return partial(_answer_recall, node, evidence, signed, digest(message))


def _answer_recall(node: Node, evidence: Evidence, signed: str, name: str, tx: Transaction) -> bytes:
    known = tx.answered("transmittal", _id(evidence))
    if known is not None:
        if known.sender != evidence.party:
            raise Conflict(f"the transmittal `{_id(evidence)}` is another party's")
        return known.reply
    moment = node.now_or_later(tx)
    theirs = enter(node, tx, evidence, signed)
    answer = sign_and_enter(node, tx, _reject(node, moment, theirs, name, "recalled by its sender before it came"))
    reply = answer.signed.encode("ascii")
    tx.remember(InboxRow("transmittal", _id(evidence), evidence.party, name, reply, False, answer.evidence.at))
    return reply


def _id(evidence: Evidence) -> str:
    return evidence.transmittal or ""


def _again(known: InboxRow, sender: str, name: str) -> bytes:
    """The answer given before; Conflict where another message bears the same id. A recalled one stays refused."""
    if known.sender != sender or (known.digest != name and known.accepted):
        raise Conflict(
            f"another transmittal `{known.subject}` was received already", remedy="give each transmittal its own id"
        )
    return known.reply


def _answer(
    node: Node, tx: Transaction, moment: Moment, theirs: Entered, arrived: Arrived | str, message: str
) -> tuple[Evidence, Callable[[], None]]:
    """Decide, and receive or refuse: the answer, and what is to be written beside it. `arrived` says why, where it did
    not verify."""
    evidence = theirs.evidence
    if isinstance(arrived, str):
        return _reject(node, moment, theirs, message, arrived), _nothing
    try:
        if resolve(node.dossier(tx), arrived.terms.recipient, moment.latest, None).party != node.party:
            raise InputError(f"it is for `{arrived.terms.recipient[:60]}`, which is not of {node.party}")
        request = arrived.terms.request(arrived.item, evidence.party, moment.latest, node.party)
        decision = decide_now(node, tx, request, moment, "receipt", _id(evidence))
    except (VerificationFailed, InputError) as error:
        return _reject(node, moment, theirs, message, str(error)), _nothing
    if decision.permits:
        heard = heard_of(arrived, evidence)
        why = heard if isinstance(heard, str) else why_not_next(tx, heard) if heard is not None else ""
        why = why or _why_not_to_contractor(node, tx, decision, request, moment)
        if why:
            return _reject(node, moment, theirs, message, why), _nothing
        own, keep = _receive(node, tx, moment, theirs, arrived, decision, message)
        return own, keep if not isinstance(heard, Heard) else partial(_keep_heard, tx, keep, heard)
    answer = refusal(node, decision, about=_id(evidence), to=evidence.party, answers=theirs.id, message=message)
    return answer, partial(tx.add_decision, decision.row)


def _why_not_to_contractor(node: Node, tx: Transaction, decision: Decision, request: Request, moment: Moment) -> str:
    """Why it may not come to the own contractor for which it is (article 16); empty where it may, or is for none."""
    dossier, item = node.dossier(tx), request.item
    rank, agreement = rank_in(dossier, item.originator, item.mark), decision.verdict.agreement
    return str(why_not_to(tx, dossier, node.party, request.recipient, agreement, rank, moment.latest) or "")


def heard_of(arrived: Arrived, evidence: Evidence) -> Heard | str | None:
    """The batch of a stream that came, or why it is none; None where it does not claim to be one."""
    if not is_batch(arrived.item):
        return None
    try:
        return heard_in(arrived.item, arrived.opened.payload, evidence.digests["payload"])
    except InputError as error:
        return str(error)


def _keep_heard(tx: Transaction, keep: Callable[[], None], heard: Heard) -> None:
    keep()
    heard.note(tx)


def _nothing() -> None:
    """What is to be written beside an answer for which nothing was decided."""


def arrived_in(node: Node, evidence: Evidence, data: bytes) -> Arrived:
    """The item, opened: its label its originator's, its bytes those that the sender signed for."""
    sealed = Sealed.from_bytes(data)
    opened = open_sealed(sealed, recipient=node.party, key=node.keys.unwraps(), originators=node.fresh_keys())
    expected = digests_of(sealed, opened.manifest, evidence.digests.get("decision", ""))
    for what in ("payload", "label", "sealed"):
        if evidence.digests.get(what) != expected[what]:
            raise VerificationFailed(f"the {what} is not the one that `{evidence.party}` signed for")
    item = item_under(opened.manifest)
    if item.id != evidence.item:
        raise VerificationFailed(f"the label is of `{item.id}`, the sender signed for `{evidence.item}`")
    first_hand = item.originator == evidence.party
    if first_hand != (evidence.kind == "submission"):
        raise VerificationFailed(f"a {evidence.kind} by `{evidence.party}` of an item of `{item.originator}`")
    return Arrived(sealed, opened, item, terms_of(evidence))


def _receive(
    node: Node, tx: Transaction, moment: Moment, theirs: Entered, arrived: Arrived, decision: Decision, message: str
) -> tuple[Evidence, Callable[[], None]]:
    evidence, item, verdict = theirs.evidence, arrived.item, decision.verdict
    event = Received(
        holding=_id(evidence),
        at=moment.latest,
        item=item.id,
        title=item.title,
        originator=item.originator,
        sender=evidence.party,
        agreement=verdict.agreement,
        zone=node.dossier(tx).versions(verdict.agreement)[0].zone,
        mark=verdict.marks[0],
        origin_mark=item.mark,
        topic=item.topic,
        purpose=arrived.terms.purpose or item.purpose,
        duties=verdict.duties,
        onward=arrived.terms.onward,
    )
    receipt = Evidence(
        kind="receipt",
        party=node.party,
        at=moment.latest,
        to=evidence.party,
        transmittal=evidence.transmittal,
        item=evidence.item,
        agreement=evidence.agreement,
        digests={**evidence.digests, "evidence": theirs.id, "message": message},
        says={"event": event_to_json(event), "decision": decision.row.digest},
    )

    def keep() -> None:
        tx.add_decision(decision.row)
        tx.add_holding(apply(None, event), arrived.sealed.to_bytes())

    return receipt, keep


def _reject(node: Node, moment: Moment, theirs: Entered, message: str, says: str) -> Evidence:
    """The refusal of what could not even be decided on."""
    return Evidence(
        kind="refusal",
        party=node.party,
        at=moment.latest,
        to=theirs.evidence.party,
        transmittal=theirs.evidence.transmittal,
        item=theirs.evidence.item,
        agreement=theirs.evidence.agreement,
        digests={"evidence": theirs.id, "message": message},
        says={"stage": "receipt", "says": says[:2000]},
    )
