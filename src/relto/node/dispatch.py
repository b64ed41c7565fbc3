"""Sending what is queued: each transmittal is decided again at the moment of sending, and is done only when the peer's
signed receipt verifies and repeats what was signed (DESIGN 6).

Messages for one peer go in batches: one transaction that marks them, one request, one transaction that settles them;
each of them succeeds or fails by itself. No transaction is open while a peer is talked to. A peer that does not answer
leaves its messages queued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from relto.core.errors import PeerUnreachable, ReltoError
from relto.node.acknowledge import Reply, read_reply, settle_by
from relto.node.batches import Batch, batches
from relto.node.heads import ask_if_due
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.records import compare_if_due
from relto.node.rows import OutboxRow
from relto.node.sending import Delivery, Marked, delivery_by, delivery_in, keep_error, mark_sent, row_in
from relto.node.together import Draft, together

__all__ = ["Delivery", "delivery_of", "dispatch_pending", "dispatch_row"]


def dispatch_pending(
    node: Node,
    peer: str | None = None,
    *,
    limit: int | None = None,
    after: int = 0,
    told: Callable[[Delivery], None] = lambda _: None,
) -> list[Delivery]:
    """Send what is queued, to `peer` or to all, in order, no more than `limit` and only what is numbered beyond
    `after`; what became of each message tried, which `told` learns as soon as it is so.

    A peer that does not answer is not asked again in this round; an instrument that it could not take holds back the
    later ones for it, for they may rest on it. Errors are kept with the row, none is raised.
    """
    if peer is None:
        with node.store.read() as reading:
            peers = reading.queued_peers()
    else:
        peers = [peer]
    with node.store.turn(peers):
        with node.store.read() as reading:
            waiting = [one for one in reading.queued(peer, limit, after) if one.peer in peers]
        return _Round(node, told).run(batches(waiting))


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
        return [delivery_in(reading, row) for row in reading.outbox(subject=subject)]


@dataclass(frozen=True, slots=True)
class _Sent:
    """Messages that were handed to the link, and its answers once they are there."""

    batch: Batch
    rows: tuple[OutboxRow, ...]
    answers: Future[list[bytes | ReltoError]]


class _Round:
    """One round of sending. While a peer answers one batch, the one before is settled; the next is not decided on
    before the peer has answered, so that what is decided is what is sent then."""

    def __init__(self, node: Node, told: Callable[[Delivery], None]) -> None:
        self._node, self._told = node, told
        self._silent: set[str] = set()
        self._stuck: set[str] = set()
        self._met: set[str] = set()
        self._tried: list[Delivery] = []

    def run(self, parted: Sequence[Batch]) -> list[Delivery]:
        """Send these batches; what became of their messages, in order."""
        flying: _Sent | None = None
        last = parted[-1] if parted else None
        with ThreadPoolExecutor(1, "relto-link") as pool:
            for batch in parted:
                if flying is not None:
                    self._hear(flying)
                    if batch.apart:
                        self._settle(flying)
                        flying = None
                if batch.peer in self._silent or (batch.instrument and batch.peer in self._stuck):
                    continue
                self._meet(batch)
                sent = self._send(batch, None if batch is last else pool)
                self._settle(flying)
                flying = sent
            if flying is not None:
                self._hear(flying)
                self._settle(flying)
        return sorted(self._tried, key=lambda one: one.row.number)

    def _meet(self, batch: Batch) -> None:
        """See to it that a peer and this node know of each other's records before anything is released to it, and again
        once an instrument has gone before."""
        if batch.instrument:
            self._met.discard(batch.peer)
        elif batch.peer not in self._met:
            self._met.add(batch.peer)
            ask_if_due(self._node, batch.peer)
            compare_if_due(self._node, batch.peer)

    def _send(self, batch: Batch, pool: ThreadPoolExecutor | None) -> _Sent | None:
        """Mark a batch as sent and hand it to the link, in a thread of `pool` if there is one; None where nothing of it
        goes now."""
        marked = together(self._node, [partial(_mark, self._node, number) for number in batch.numbers])
        rows = tuple([one[0].row for one in marked if not isinstance(one, ReltoError) and one[1]])
        self._note([one[0] for one in marked if not isinstance(one, ReltoError) and not one[1]])
        both = zip(batch.numbers, marked, strict=True)
        self._keep_errors(batch, [(number, one) for number, one in both if isinstance(one, ReltoError)])
        if not rows:
            return None
        exchange = partial(_exchange, self._node, batch.peer, rows)
        answers: Future[list[bytes | ReltoError]] = Future()
        if pool is None:
            answers.set_result(exchange())
        else:
            answers = pool.submit(exchange)
        return _Sent(batch, rows, answers)

    def _hear(self, sent: _Sent) -> None:
        """Wait for the peer's answers."""
        if any(isinstance(one, PeerUnreachable) for one in sent.answers.result()):
            self._silent.add(sent.batch.peer)

    def _settle(self, sent: _Sent | None) -> None:
        """Settle what was sent by its answers; what has none, or another's, stays queued."""
        if sent is None:
            return
        steps, failed = [], []
        for row, answer in zip(sent.rows, sent.answers.result(), strict=True):
            try:
                steps.append((row.number, read_reply(self._node, row.peer, _given(answer))))
            except ReltoError as error:
                failed.append((row.number, error))
        settled = together(self._node, [partial(_settle, self._node, number, reply) for number, reply in steps])
        for (number, _), delivery in zip(steps, settled, strict=True):
            if isinstance(delivery, ReltoError):
                failed.append((number, delivery))
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

    def _note(self, deliveries: list[Delivery]) -> None:
        self._tried += deliveries
        for one in deliveries:
            self._told(one)


def _mark(node: Node, number: int, tx: Transaction) -> Marked | Draft[Marked]:
    return mark_sent(node, tx, number)


def _settle(node: Node, number: int, reply: Reply, tx: Transaction) -> Delivery:
    return delivery_by(settle_by(node, tx, row_in(tx, number), reply), reply.evidence)


def _keep(number: int, error: ReltoError, tx: Transaction) -> Delivery:
    return keep_error(tx, number, error)


def _given(answer: bytes | ReltoError) -> bytes:
    if isinstance(answer, ReltoError):
        raise answer
    return answer


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
