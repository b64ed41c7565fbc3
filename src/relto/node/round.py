"""Rounds of sending.

Messages for one peer go in batches: one transaction that marks them, one request, one transaction that settles them;
each of them succeeds or fails by itself. No transaction is open while a peer is talked to.

While a peer answers one batch, the next is decided on and marked, so that neither end waits for the other. It is handed
over once the peer has answered, and only if what was decided still holds then to the nanosecond: else it is decided
anew. A peer that has not answered yet has but one batch at a time made ready for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Final

from relto.core.errors import PeerUnreachable, ReltoError
from relto.node.acknowledge import Reply, read_reply, settle_by
from relto.node.batches import Batch
from relto.node.heads import ask_if_due
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.records import compare_if_due
from relto.node.rows import OutboxRow
from relto.node.sending import (
    Basis,
    Delivery,
    Marked,
    basis,
    delivery_by,
    keep_error,
    mark_sent,
    row_now,
    still_holds,
)
from relto.node.together import Draft, together


@dataclass(frozen=True, slots=True)
class _Ready:
    """A batch of which these messages are marked as sent; `basis` is what was decided on."""

    batch: Batch
    marked: tuple[Marked, ...]
    basis: Basis

    @property
    def rows(self) -> tuple[OutboxRow, ...]:
        """The messages that go."""
        return tuple([one.delivery.row for one in self.marked])


@dataclass(frozen=True, slots=True)
class _Sent:
    """Messages that were handed to the link, and its answers once they are there."""

    batch: Batch
    rows: tuple[OutboxRow, ...]
    answers: Future[list[bytes | ReltoError]]


MEET_AGAIN: Final = 1.0
"""Seconds after which a peer is met again before something goes to it."""
_ANEW: Final = 2


class Rounds:
    """Rounds of sending, one after another; `told` learns what became of each message."""

    def __init__(self, node: Node, told: Callable[[Delivery], None], awake: Event | None = None) -> None:
        """`awake` is set by others where more is queued, and here where a peer has answered."""
        self._node, self._told = node, told
        self._awake = Event() if awake is None else awake
        self._answering: set[str] = set()
        self.silent: set[str] = set()
        """The peers that did not answer in the last round."""
        self._flying: _Sent | None = None
        self._stuck: set[str] = set()
        self._met: dict[str, float] = {}

    def __enter__(self) -> Rounds:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_what_was_left()

    def run(self, parted: Iterable[Batch | None], *, goes_on: bool = False) -> None:
        """Send these batches, in order; the next is asked for only when it may be made ready. None stands where there
        is no further one yet: there may be by the time that a peer answers, or more is queued. `goes_on`: they come
        after those of the last time, and what was held back then still is."""
        flying: _Sent | None = None
        self._end_what_was_left()
        self.silent.clear()
        if not goes_on:
            self._stuck.clear()
        for batch in parted:
            if batch is None:
                flying = self._wait(flying)
                continue
            if flying is not None and not self._may_prepare(flying.batch, batch):
                flying = self._hear(flying, settle=batch.apart)
            if batch.peer in self.silent or (batch.instrument and batch.peer in self._stuck):
                continue
            self._meet(batch)
            ready = self._mark(batch)
            if flying is not None:
                self._hear(flying)
            ready = self._again_if_changed(ready)  # it has waited, if only for the disk
            answered = flying
            flying = self._flying = self._hand_over(ready)
            self._settle(answered)
        if flying is not None:
            self._hear(flying, settle=True)

    @property
    def under_way(self) -> bool:
        """Whether something was handed to the link and is not settled."""
        return self._flying is not None

    def _end_what_was_left(self) -> None:
        """Where a round broke off, wait for the answers to what it had handed over: it stays queued, and whatever comes
        after it is decided on when the link is free."""
        if self._flying is not None:
            wait([self._flying.answers])
            self._flying = None

    def _wait(self, flying: _Sent | None) -> _Sent | None:
        """Wait until a peer has answered, and settle what it answered; or until more is queued."""
        if flying is None or flying.answers.done():
            return None if flying is None else self._hear(flying, settle=True)
        self._awake.wait()
        self._awake.clear()
        return flying

    def _may_prepare(self, flying: Batch, batch: Batch) -> bool:
        """Whether a batch may be decided on while its peer answers another: nothing in it rests on that."""
        alone = flying.instrument or batch.instrument or batch.apart
        return flying.peer == batch.peer and not alone and batch.peer in self._answering and batch.peer in self._met

    def _meet(self, batch: Batch) -> None:
        """See to it that a peer and this node know of each other's records before anything is released to it, and again
        once an instrument has gone before, or a second has passed."""
        now = monotonic()
        if batch.instrument:
            self._met.pop(batch.peer, None)
        elif now - self._met.get(batch.peer, -MEET_AGAIN) >= MEET_AGAIN:
            self._met[batch.peer] = now
            ask_if_due(self._node, batch.peer)
            compare_if_due(self._node, batch.peer)

    def _mark(self, batch: Batch) -> _Ready:
        """Decide on a batch and mark as sent what is to go of it."""
        node = self._node
        with node.store.read() as reading:
            rests = basis(node, reading)
        marked = together(node, [partial(_mark, node, number) for number in batch.numbers])
        self._note([one.delivery for one in marked if not isinstance(one, ReltoError) and not one.goes])
        both = zip(batch.numbers, marked, strict=True)
        self._keep_errors(batch, [(number, one) for number, one in both if isinstance(one, ReltoError)])
        return _Ready(batch, tuple([one for one in marked if not isinstance(one, ReltoError) and one.goes]), rests)

    def _again_if_changed(self, ready: _Ready) -> _Ready:
        """Decide again on a batch that has waited, where the clock has reached an instant at which something changes,
        or what was decided on is another; and once again where that is so when this is on the disk. No more than that:
        where records differ a decision holds at its own instant alone, and what is not decided on (a report) goes
        whatever the clock says."""
        peer = ready.batch.peer
        for _ in range(_ANEW):
            if not ready.marked or peer in self.silent or still_holds(self._node, ready.basis, ready.marked):
                break
            ready = self._mark(replace(ready.batch, numbers=tuple([row.number for row in ready.rows])))
        return ready

    def _hand_over(self, ready: _Ready) -> _Sent | None:
        """Hand a batch to the link, in a thread of its own; None where nothing of it goes now. A process that ends does
        not wait for that thread: what is under way stays queued, as in a crash."""
        rows = ready.rows
        if not rows or ready.batch.peer in self.silent:
            return None
        answers = Future[list[bytes | ReltoError]]()
        answers.add_done_callback(lambda _: self._awake.set())
        given = answers, self._node, ready.batch.peer, rows
        Thread(target=_exchange_into, args=given, name="relto-link", daemon=True).start()
        return _Sent(ready.batch, rows, answers)

    def _hear(self, sent: _Sent, *, settle: bool = False) -> _Sent | None:
        """Wait for the peer's answers, and settle by them at once where that is asked; what is still to be settled."""
        if any(isinstance(one, PeerUnreachable) for one in sent.answers.result()):
            self.silent.add(sent.batch.peer)
            self._answering.discard(sent.batch.peer)
        else:
            self._answering.add(sent.batch.peer)
        if not settle:
            return sent
        self._settle(sent)
        self._flying = None
        return None

    def _settle(self, sent: _Sent | None) -> None:
        """Settle what was sent by its answers; what has none, or another's, stays queued."""
        if sent is None:
            return
        steps, failed = [], []
        for row, answer in zip(sent.rows, sent.answers.result(), strict=True):
            try:
                steps.append((row, read_reply(self._node, row.peer, _given(answer))))
            except ReltoError as error:
                failed.append((row.number, error))
        settled = together(self._node, [partial(settled_by, self._node, row, reply) for row, reply in steps])
        for (row, _), delivery in zip(steps, settled, strict=True):
            if isinstance(delivery, ReltoError):
                failed.append((row.number, delivery))
            else:
                self._note([delivery])
        self._keep_errors(sent.batch, failed)

    def _keep_errors(self, batch: Batch, failed: Iterable[tuple[int, ReltoError]]) -> None:
        """Keep with each message why it is still queued."""
        steps = [partial(_keep, number, error) for number, error in failed]
        if steps and batch.instrument:
            self._stuck.add(batch.peer)
        for delivery in together(self._node, steps):
            if isinstance(delivery, ReltoError):
                raise delivery
            self._note([delivery])

    def _note(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            self._told(one)


def _mark(node: Node, number: int, tx: Transaction) -> Marked | Draft[Marked]:
    return mark_sent(node, tx, number)


def settled_by(node: Node, row: OutboxRow, reply: Reply, tx: Transaction) -> Delivery:
    """Settle a message that was sent by the reply to it, and give what became of it. Raises VerificationFailed where it
    does not answer that."""
    return delivery_by(settle_by(node, tx, row_now(tx, row), reply), reply.evidence)


def _keep(number: int, error: ReltoError, tx: Transaction) -> Delivery:
    return keep_error(tx, number, error)


def _given(answer: bytes | ReltoError) -> bytes:
    if isinstance(answer, ReltoError):
        raise answer
    return answer


def _exchange_into(
    answers: Future[list[bytes | ReltoError]], node: Node, peer: str, rows: tuple[OutboxRow, ...]
) -> None:
    """What `_exchange` gives, or raises, as what a thread has come to."""
    try:
        answers.set_result(_exchange(node, peer, rows))
    except BaseException as error:
        answers.set_exception(error)


def _exchange(node: Node, peer: str, rows: tuple[OutboxRow, ...]) -> list[bytes | ReltoError]:
    """Hand messages to a peer, at once where there are several; one by one where it takes no batch."""
    if len(rows) > 1:
        try:
            return node.link.exchange_many(peer, [(row.kind, row.message) for row in rows])
        except PeerUnreachable as error:
            return [error] * len(rows)
        except ReltoError:
            pass
    answers: list[bytes | ReltoError] = []
    for row in rows:
        if answers and isinstance(answers[-1], PeerUnreachable):
            answers.append(answers[-1])
            continue
        try:
            answers.append(node.link.exchange(peer, row.kind, row.message))
        except ReltoError as error:
            answers.append(error)
    return answers
