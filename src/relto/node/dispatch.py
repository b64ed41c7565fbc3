"""Sending what is queued: each transmittal is decided again at the moment of sending, and is done only when the peer's
signed receipt verifies and repeats what was signed (DESIGN 6).

What goes when is said in `round.py`. A peer that does not answer leaves its messages queued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Final

from relto.node.batches import Batch, batches
from relto.node.node import Node
from relto.node.round import Rounds
from relto.node.rows import OutboxRow
from relto.node.sending import Delivery, delivery_in

__all__ = ["Delivery", "Sending", "delivery_of", "dispatch_pending", "dispatch_row"]

_AT_ONCE: Final = 256
"""How many are looked up in the outbox at once."""


def dispatch_pending(
    node: Node,
    peer: str | None = None,
    *,
    limit: int | None = None,
    told: Callable[[Delivery], None] = lambda _: None,
) -> list[Delivery]:
    """Send what is queued, to `peer` or to all, in order, no more than `limit`; what became of each message tried,
    which `told` learns as soon as it is so.

    A peer that does not answer is not asked again in this round; an instrument that it could not take holds back the
    later ones for it, for they may rest on it. Errors are kept with the row, none is raised.
    """
    tried: list[Delivery] = []

    def noted(delivery: Delivery) -> None:
        tried.append(delivery)
        told(delivery)

    if peer is None:
        with node.store.read() as reading:
            peers = reading.queued_peers()
    else:
        peers = [peer]
    with node.store.turn(peers):
        with node.store.read() as reading:
            waiting = [one for one in reading.queued(peer, limit) if one.peer in peers]
        with Rounds(node, noted) as rounds:
            rounds.run(batches(waiting))
    return sorted(tried, key=lambda one: one.row.number)


class Sending:
    """Sends what is queued for one peer while a node serves, again and again; `told` learns what became of each
    message, of which nothing is kept in memory; `queued` is to be set when more is."""

    def __init__(self, node: Node, peer: str, told: Callable[[Delivery], None], queued: Event) -> None:
        self._node, self._peer, self._told = node, peer, told
        self._rounds = Rounds(node, self._note, queued)
        self.tried = self.settled = 0
        """How many messages were tried so far, and how many of these were settled by that."""
        self.reached = 0
        """The number of the last message that was looked at."""

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *_: object) -> None:
        self._rounds.__exit__()

    @property
    def answers(self) -> bool:
        """Whether the peer answered in the last round."""
        return self._peer not in self._rounds.silent

    def _note(self, delivery: Delivery) -> None:
        self.tried += 1
        self.settled += delivery.state != "queued"
        self._told(delivery)

    def run(self, limit: int, after: int = 0, enough: Callable[[], bool] = lambda: False) -> int | None:
        """Send what is queued, and what is queued meanwhile, as `dispatch_pending` does: no more than `limit` of what
        is numbered beyond `after`, and nothing more once it is `enough`; the number beyond which there may be more,
        None where all was tried."""
        reached, tried = after, False

        def parted() -> Iterator[Batch | None]:
            nonlocal reached, tried
            left = limit
            while left > 0 and not tried and not enough():
                under_way = self._rounds.under_way
                with self._node.store.read() as reading:
                    page = reading.queued(self._peer, min(left, _AT_ONCE), reached)
                if page:
                    left, reached = left - len(page), page[-1].number
                    yield from batches(page)
                elif under_way:
                    yield None
                else:
                    tried = True

        with self._node.store.turn([self._peer]):
            self._rounds.run(parted(), goes_on=after > 0)
        self.reached = reached
        return None if tried else reached


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
