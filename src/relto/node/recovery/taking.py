"""Taking back from the peers what this node had acknowledged, or had acknowledged to it, and has lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from relto.core.canon import JSON, digest
from relto.core.envelope import KeyRing, Sealed, keys_of, label_only, verify_label
from relto.core.errors import Conflict, InputError, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, check_receipt, verify_evidence
from relto.core.register import Derived, Event, Gone, Received, apply, apply_control, control_of
from relto.core.timeline import GENESIS, Instant
from relto.formats.payload.stream import place_of
from relto.node.acknowledge import Reply, settle_by
from relto.node.behind import behind, read_behind
from relto.node.controls import control_event_in
from relto.node.events import event_in
from relto.node.hearing import Heard, Position, is_batch
from relto.node.labels import item_under
from relto.node.log import enter, kind_of_message, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.receive import arrived_in, heard_of
from relto.node.recovery.giving import ELSEWHERE
from relto.node.recovery.wire import KIND, Question, Record, read_returned
from relto.node.rows import InboxRow, OutboxRow
from relto.node.statements import evidence_of
from relto.node.transmittal import pack, terms_of

RECOVERED: Final = "recovered"
"""The step of the statement that says which leaves came into the ledger again, later than they were signed."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a peer has given back: how many statements were `taken` in, and why each of the others was not."""

    peer: str
    taken: int
    left: tuple[str, ...] = ()


def recover_if_due(node: Node, peer: str) -> None:
    """Take back what `peer` has of this node, where it was restored and has not done so. It stops nothing else;
    where it fails it is tried again at the next contact."""
    with node.store.read() as reading:
        due = any(one.peer == peer and one.why == "recovering" for one in behind(reading))
    if due:
        with suppress(ReltoError):  # the peer does not answer, or runs a relto that cannot give back
            recover(node, peer)


def recover(node: Node, peer: str, told: Callable[[int], None] = lambda _taken: None) -> Recovered:
    """Ask `peer` for what this node has signed since its backup was made, and take in what it has lost; `told` learns
    how many were, page by page.

    Raises PeerUnreachable where it does not answer, VerificationFailed where it answers with something else, Refused
    where this node may not sign yet.
    """
    node.card_of(peer)
    with node.store.read() as reading:
        since = _since(node, reading.notes("behind").get(peer, ""))
    taken, left, after = 0, list[str](), None
    while after != 0:
        records, more = _page(node, peer, since, after)
        if after is not None and 0 < more <= after:
            raise VerificationFailed(f"`{peer}` gives the same back again and again")
        with node.store.write() as tx:
            found = _take_page(node, tx, peer, records)
        taken += len(found.taken)
        left += found.left
        told(taken)
        after = more
    with node.store.write() as tx:
        if any(one.peer == peer and one.why == "recovering" for one in behind(tx)):
            tx.note("behind", peer, "")
    return Recovered(peer, taken, tuple(left))


def _since(node: Node, noted: str) -> Instant:
    """From when on what was signed may be lost: what was noted when the node was restored; else from the first on."""
    return GENESIS if not noted else read_behind("", noted).since or GENESIS


def _page(node: Node, peer: str, since: Instant, after: int | None) -> tuple[list[Record], int]:
    at = node.clock.interval()[1]
    question = Question(node.party, peer, at, since, after).signed(node.keys.signing())
    answer = node.link.exchange_many(peer, [(KIND, question)])[0]
    if isinstance(answer, ReltoError):
        raise answer
    return read_returned(answer)


@dataclass
class _Taken:
    taken: list[str]
    left: list[str]


def _take_page(node: Node, tx: Transaction, peer: str, records: list[Record]) -> _Taken:
    """Take in what is not here, each for itself, and state which leaves came again so."""
    found = _Taken([], [])
    for record in records:
        name = digest(record.statement.encode("ascii"))
        if tx.leaf(name) is not None:
            continue
        try:
            with tx.part():
                _Taking(node, tx, peer, record).take()
        except ReltoError as error:
            found.left.append(f"{name}: {error.message}")
        else:
            found.taken.append(name)
    if found.taken:
        again: list[JSON] = [*found.taken]
        says: dict[str, JSON] = {"about": f"ledger-{node.party}", "step": RECOVERED, "of": peer, "evidence": again}
        at = node.now_or_later(tx).latest
        sign_and_enter(node, tx, Evidence(kind="ledger", party=node.party, at=at, says=says))
    return found


class _Taking:
    """Taking in one record. Whatever is not as this party and its peer have signed it raises, and is undone."""

    def __init__(self, node: Node, tx: Transaction, peer: str, record: Record) -> None:
        self._node, self._tx, self._peer, self._record = node, tx, peer, record
        self._own = self._read(record.statement, node.party)
        self._id = digest(record.statement.encode("ascii"))

    def take(self) -> None:
        """Take it in. Raises VerificationFailed, InputError, or Conflict."""
        own, tx = self._own, self._tx
        if own.kind in ELSEWHERE:
            raise VerificationFailed(f"a statement of the kind {own.kind} does not come back so")
        tx.raise_high_water(own.at)
        theirs = self._answered() if self._record.answers else None
        enter(self._node, tx, own, self._record.statement)
        if own.kind in ("submission", "relay"):
            self._sent()
            return
        self._apply(own, theirs)
        if "message" in own.digests:
            self._remember(theirs)
        if self._record.answer:
            self._settled()

    def _read(self, signed: str, party: str) -> Evidence:
        keys: KeyRing = {party: keys_of(self._node.all_keys(), party)}
        return verify_evidence(signed, keys)

    def _answered(self) -> Evidence:
        """The peer's statement that the own one answers, entered before it."""
        signed = self._record.answers
        theirs = self._read(signed, self._peer)
        if digest(signed.encode("ascii")) != self._own.digests.get("evidence"):
            raise VerificationFailed(f"what `{self._peer}` gives back is not what was answered")
        enter(self._node, self._tx, theirs, signed)
        return theirs

    def _apply(self, own: Evidence, theirs: Evidence | None) -> None:
        """What the own statement makes happen in the register."""
        for one in (own, theirs if own.says.get("step") == "acknowledgement" else None):
            control = None if one is None else control_event_in(one)
            if control is not None:  # of a visit, by either side
                self._tx.put_control(apply_control(self._tx.control(*control_of(control)), control))
        event = event_in(own, self._node.party, lambda name: evidence_of(self._tx, name))
        if isinstance(event, Received):
            self._received(event, theirs)
        elif isinstance(event, Derived):
            self._tx.add_holding(apply(None, event), b"")
        elif event is not None:
            self._happened(event)

    def _received(self, event: Received, theirs: Evidence | None) -> None:
        """The holding, with its item as it came: what the receipt vouches for."""
        sealed, own = self._record.sealed, self._own
        if theirs is None:
            raise VerificationFailed("a receipt comes back without what was received")
        check_receipt(own, theirs)
        if not sealed:
            raise InputError(
                f"the item of `{own.transmittal}` is not given back", remedy="ask for it to be released again"
            )
        if digest(pack(self._record.answers, Sealed.from_bytes(sealed))) != own.digests.get("message"):
            raise VerificationFailed("the item is not the one that came")
        arrived = arrived_in(self._node, theirs, sealed)
        heard = heard_of(arrived, theirs)
        self._tx.add_holding(apply(None, event), sealed)
        if isinstance(heard, Heard):
            heard.note(self._tx)

    def _happened(self, event: Event) -> None:
        held = self._tx.holding(event.holding)
        if held is None:
            raise InputError(f"there is no holding `{event.holding[:60]}` to which it happened")
        self._tx.update_holding(apply(held, event))
        sealed = self._tx.sealed(event.holding) if isinstance(event, Gone) and event.number == 0 else None
        if sealed:
            self._tx.erase(event.holding, label_only(Sealed.from_bytes(sealed)))

    def _remember(self, theirs: Evidence | None) -> None:
        """That the peer's message was answered, so that it has the same answer again."""
        own = self._own
        if theirs is None:
            raise VerificationFailed("an answer comes back without what it answered")
        message = own.digests["message"]
        kind = "transmittal" if theirs.kind in ("submission", "relay", "refusal") else kind_of_message(theirs)
        subject = own.transmittal or "" if kind == "transmittal" else message
        if self._tx.answered(kind, subject) is not None:
            raise Conflict(f"`{subject}` was answered otherwise since")
        reply = self._record.statement.encode("ascii")
        self._tx.remember(InboxRow(kind, subject, self._peer, message, reply, own.kind != "refusal", own.at))

    def _sent(self) -> None:
        """What was sent, as far as the peer still has it, and its answer."""
        own, sealed, tx = self._own, self._record.sealed, self._tx
        if not self._record.answer:
            raise VerificationFailed("what was sent comes back without its answer")
        if not sealed:  # it was refused, or is not held any more: what was said of it is kept
            self._settled()
            return
        item = Sealed.from_bytes(sealed)
        if digest(sealed) != own.digests["sealed"] or own.to != self._peer:
            raise VerificationFailed("the item is not the one that was sent")
        row = OutboxRow(
            kind="transmittal",
            subject=own.transmittal or "",
            peer=self._peer,
            message=pack(self._record.statement, item),
            evidence=self._id,
            queued_at=own.at,
            waits_for=terms_of(own).consent,
        )
        row = replace(row, number=tx.enqueue(row))
        self._noted(item)
        settle_by(self._node, tx, row, Reply(self._record.answer, self._read(self._record.answer, self._peer)))

    def _noted(self, sealed: Sealed) -> None:
        """How far a stream was sent, where the item is a batch of one."""
        place = place_of(self._own.item or "")
        if place is not None and is_batch(item_under(verify_label(sealed, self._node.all_keys()))):
            self._tx.note("sent", place.stream, Position(place.last, self._own.digests["payload"]).to_text())

    def _settled(self) -> None:
        """The peer's answer to the own statement, entered, and what it makes happen."""
        answer = self._read(self._record.answer, self._peer)
        if answer.digests.get("evidence") != self._id:
            raise VerificationFailed(f"what `{self._peer}` gives back as its answer answers something else")
        enter(self._node, self._tx, answer, self._record.answer)
        event = event_in(answer, self._node.party, lambda name: evidence_of(self._tx, name))
        if event is not None:
            self._happened(event)
