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
from relto.node.behind import behind, stopped
from relto.node.controls import control_event_in
from relto.node.events import event_in
from relto.node.hearing import Heard, Position, is_batch
from relto.node.labels import item_under
from relto.node.log import Entered, enter, kind_of_message, sign_and_enter, subject_of
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.receive import arrived_in, heard_of
from relto.node.reclassify import follow_notice
from relto.node.recovery.giving import ELSEWHERE
from relto.node.recovery.wire import KIND, RECOVERED, Question, Record, read_returned
from relto.node.rows import InboxRow, OutboxRow
from relto.node.statements import evidence_of
from relto.node.transmittal import pack, terms_of

_MOST_PAGES: Final = 20_000
_MOST_WAITING: Final = 10_000
_MOST_BYTES: Final = 256 << 20
_MOST_LEFT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the peers have given back: how many statements were `taken` in, and of what `left` something is missing."""

    taken: int
    left: tuple[str, ...] = ()


def recover_if_due(node: Node) -> None:
    """Take back what the peers have of this node, where it was restored and has not done so. Until then it is
    read-only; where it fails it is tried again at the next contact."""
    with node.store.read() as reading:
        due = any(one.why == "recovering" for one in behind(reading))
        wait = any(one.why != "recovering" for one in stopped(reading))
    if due and not wait:
        with suppress(ReltoError):  # a peer does not answer, or runs a relto that cannot give back
            recover(node)


def recover(node: Node, told: Callable[[int], None] = lambda _taken: None) -> Recovered:
    """Ask every peer for what this node has signed since its backup was made, and take in what it has lost; `told`
    learns how many were, page by page.

    One peer may know of the end of what came from another, so nothing is opened, passed on or received before all have
    given back; what cannot be taken in is tried again after the rest. Raises PeerUnreachable where one does not answer:
    what was taken stays, and the node stays read-only. Raises VerificationFailed where one answers with something else,
    Refused where this node may not sign yet.
    """
    run = _Run(replace(node, recovering=True), told)
    with node.store.read() as reading:
        noted = {one.peer: one for one in behind(reading)}
    for peer in sorted(node.keys.peers):
        one = noted.get(peer)
        if one is None or one.why != "begun again":  # who has not settled that is asked once it has
            run.ask(peer, GENESIS if one is None or one.since is None else one.since)
    run.again()
    with node.store.write() as tx:
        run.follow(tx)
        for one in behind(tx):
            if one.why == "recovering":
                tx.note("behind", one.peer, "")
    return Recovered(run.taken, tuple(run.left))


class _Run:
    """One taking back, from all peers."""

    def __init__(self, node: Node, told: Callable[[int], None]) -> None:
        self._node, self._told = node, told
        self.taken = 0
        self.left: list[str] = []
        self._waiting: list[tuple[str, Record, str]] = []
        self._bytes = 0
        self._notices: list[str] = []

    def ask(self, peer: str, since: Instant) -> None:
        """Take in what a peer gives back, page by page."""
        self._node.card_of(peer)
        after: int | None = None
        for _ in range(_MOST_PAGES):
            records, more = _page(self._node, peer, since, after)
            if more and more <= (after or 0):
                raise VerificationFailed(f"`{peer}` gives the same back again and again")
            self._take(peer, records)
            if more == 0:
                return
            after = more
        raise VerificationFailed(f"`{peer}` gives back without end")

    def again(self) -> None:
        """Try what could not be taken in before what came later, until nothing more can; what is left is named."""
        while self._waiting:
            before, waiting = self.taken, self._waiting
            self._waiting, self._bytes = [], 0
            for peer, record, _ in waiting:
                self._take(peer, [record])
            if self.taken == before:
                break
        self.left += [f"{digest(record.statement.encode('ascii'))}: {why}" for _, record, why in self._waiting][
            :_MOST_LEFT
        ]

    def follow(self, tx: Transaction) -> None:
        """Follow the notices of reclassification again that this node had acknowledged, in the order they were made."""
        notices = [Entered(name, "", evidence_of(tx, name)) for name in self._notices]
        moment = self._node.now_or_later(tx)
        for one in sorted(notices, key=lambda one: one.evidence.at):
            follow_notice(self._node, tx, one, moment)

    def _take(self, peer: str, records: list[Record]) -> None:
        """Take in what is not here, each for itself, and state which leaves came again so."""
        taken: list[JSON] = []
        with self._node.store.write() as tx:
            for record in records:
                name = digest(record.statement.encode("ascii"))
                try:
                    with tx.part():
                        one = _Taking(self._node, tx, peer, record)
                        if one.known():
                            continue
                        one.take()
                except ReltoError as error:
                    self._keep(peer, record, error.message)
                else:
                    taken.append(name)
                    self._notices += one.notices
                    self.left += one.without
            if taken:
                says: dict[str, JSON] = {
                    "about": f"ledger-{self._node.party}",
                    "step": RECOVERED,
                    "of": peer,
                    "evidence": taken,
                }
                at = self._node.now_or_later(tx).latest
                sign_and_enter(self._node, tx, Evidence(kind="ledger", party=self._node.party, at=at, says=says))
        self.taken += len(taken)
        self._told(self.taken)

    def _keep(self, peer: str, record: Record, why: str) -> None:
        self._bytes += record.size
        if len(self._waiting) >= _MOST_WAITING or self._bytes > _MOST_BYTES:
            raise VerificationFailed(f"`{peer}` gives back too much that cannot be taken in: {why}")
        self._waiting.append((peer, record, why))


def _page(node: Node, peer: str, since: Instant, after: int | None) -> tuple[list[Record], int]:
    at = node.clock.interval()[1]
    question = Question(node.party, peer, at, since, after).signed(node.keys.signing())
    answer = node.link.exchange_many(peer, [(KIND, question)])[0]
    if isinstance(answer, ReltoError):
        raise answer
    return read_returned(answer)


class _Taking:
    """Taking in one record. Whatever is not as this party and its peer have signed it raises, and is undone."""

    def __init__(self, node: Node, tx: Transaction, peer: str, record: Record) -> None:
        self._node, self._tx, self._peer, self._record = node, tx, peer, record
        self._own = self._read(record.statement, node.party)
        self._id = digest(record.statement.encode("ascii"))
        self.notices: list[str] = []
        """The notices of reclassification that this party had acknowledged."""
        self.without: list[str] = []
        """What comes back without its item."""

    def known(self) -> bool:
        """Whether it is here, with all that belongs to it."""
        own = self._own
        if self._tx.leaf(self._id, subject_of(own)) is None:
            return False
        sent = own.kind in ("submission", "relay") and bool(self._record.sealed and self._record.answer)
        return not sent or bool(self._tx.outbox(subject=own.transmittal))

    def take(self) -> None:
        """Take it in. Raises VerificationFailed, InputError, or Conflict."""
        own, tx = self._own, self._tx
        if own.kind in ELSEWHERE:
            raise VerificationFailed(f"a statement of the kind {own.kind} does not come back so")
        if own.to is not None and own.to != self._peer:
            raise VerificationFailed(f"what was said to `{own.to}` does not come back from another")
        tx.raise_high_water(own.at)
        theirs = self._answered() if self._record.answers else None
        enter(self._node, tx, own, self._record.statement)
        if own.kind in ("submission", "relay"):
            self._sent()
            return
        self._apply(own, theirs)
        if "message" in own.digests:
            self._remember(theirs)
            if theirs is not None and theirs.kind == "reclassification":
                self.notices.append(own.digests["evidence"])
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
        event = event_in(own, self._node.party, lambda name: evidence_of(self._tx, name, own.transmittal))
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
        if not sealed:  # it was refused, or is not held any more, or is too large: what was said of it is kept
            self._settled()
            self.without.append(f"{self._id}: `{own.transmittal}` comes back without the message that was sent")
            return
        item = Sealed.from_bytes(sealed)
        if digest(sealed) != own.digests["sealed"]:
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
        if answer.digests.get("evidence") != self._id or answer.to != self._node.party:
            raise VerificationFailed(f"what `{self._peer}` gives back as its answer answers something else")
        if self._own.kind in ("submission", "relay"):
            if answer.kind != "refusal":
                check_receipt(answer, self._own)
        elif answer.kind != "refusal" and answer.says.get("step") != "acknowledgement":
            raise VerificationFailed(f"what `{self._peer}` gives back is no answer")
        enter(self._node, self._tx, answer, self._record.answer)
        event = event_in(answer, self._node.party, lambda name: evidence_of(self._tx, name, answer.transmittal))
        if event is not None:
            self._happened(event)
