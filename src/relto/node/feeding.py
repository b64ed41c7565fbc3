"""Feeding a stream without waiting for its peer: each batch is queued and decided on as it leaves in one transaction,
and goes out on a line of its own while those before it are being answered.

Nothing else is new: the rows, the evidence and the transactions are those of `send_on` and `dispatch_pending`, and
whatever does not go smoothly is left to them. A batch that is refused or cannot be taken in, a line that is cut, other
messages that wait for the same peer: what is on its way is heard to the end, and the rest is sent in rounds, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from time import monotonic
from typing import Final

from relto.core.errors import PeerUnreachable, ReltoError
from relto.node.acknowledge import read_reply
from relto.node.deciding import ActRefused
from relto.node.dispatch import dispatch_pending
from relto.node.heads import ask_if_due
from relto.node.hearing import Position
from relto.node.lines import MAX_LINE_MESSAGE, Line, line_to
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.records import compare_if_due, compare_if_noted
from relto.node.round import MEET_AGAIN, settled_by
from relto.node.rows import OutboxRow
from relto.node.sending import Delivery, Marked, delivery_in, keep_error, mark_now
from relto.node.streams import Stream, beyond, next_of, queue_next, reached, send_on
from relto.node.together import together

WINDOW: Final = 2
"""How many batches are on their way at once: one at the peer while the next is made. More would only wait there.
Through an ally it is one."""

_LONGEST_TURN: Final = 0.05
"""Seconds after which others of this node have their turn to send to the same peer."""


class Feeding:
    """Feeds one stream, from one thread. Close it: what is on its way then is heard to the end."""

    def __init__(self, node: Node, stream: Stream) -> None:
        self._node, self._stream = node, stream
        # through an ally the consent to a batch may have to go before it, and needs the turn that a line keeps
        self._window = 1 if stream.via else WINDOW
        self._peer = ""
        self._line: Line | None = None
        self._turn, self._since = ExitStack(), 0.0
        self._flight: deque[OutboxRow] = deque()
        self._own: set[int] = set()
        self._told: list[Delivery] = []
        self._before: Position | None = None
        self._clear = self._stuck = False
        self._met = -MEET_AGAIN

    def __enter__(self) -> Feeding:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        try:
            if failed is None:
                self._hear_all()
        finally:
            self._flight.clear()
            self._rest()
            self._drop_line()

    @property
    def under_way(self) -> int:
        """How many batches are on their way."""
        return len(self._flight)

    @property
    def ready(self) -> bool:
        """Whether the next batch would leave at once: till then, what comes is better gathered for it."""
        return len(self._flight) < self._window

    @property
    def waiting(self) -> int:
        """How many batches of those that were sent here are not settled."""
        return len(self._own)

    def send(self, messages: Sequence[bytes]) -> OutboxRow:
        """Send the next messages of the stream as one batch, durable before it leaves; with as many on their way as may
        be, once one of them is answered. `settled` tells what became of it.

        Raises as `send_on` does. A peer that does not answer leaves it queued.
        """
        while not self.ready:
            self._hear(1.0)
        if self._flight and monotonic() - self._since > _LONGEST_TURN:
            self._hear_all()
        if not self._has_line():
            return self._in_rounds(messages)
        before, self._before = self._before or reached(self._node, self._stream), None
        self._meet()
        return self._on_the_line(before, messages)

    def settled(self, wait: float = 0.0) -> list[Delivery]:
        """What has become of batches since this was last asked, in order; where nothing has, wait so many seconds for
        the first that is on its way."""
        while self._flight and self._hear(0.0 if self._told else wait):
            pass
        told, self._told = self._told, []
        return told

    def finish(self) -> list[Delivery]:
        """Hear what is on its way to the end, and try once more what is still queued; what has become of all that was
        not told yet."""
        self._hear_all()
        if self._own:
            self._catch_up()
        return self.settled()

    def _in_rounds(self, messages: Sequence[bytes]) -> OutboxRow:
        """Send a batch with all that is queued for the peer; once all of that is settled, the next go on a line."""
        row = send_on(self._node, self._stream, messages)
        self._own.add(row.number)
        self._peer = row.peer
        self._catch_up()
        return row

    def _has_line(self) -> bool:
        """Whether a batch can go on the line: where no other of these waits, and the peer answers."""
        if self._clear and self._line is None:
            with suppress(ReltoError):
                self._line = line_to(self._node.link, self._peer)
        return self._clear and self._line is not None

    def _catch_up(self) -> None:
        """Send in rounds what is queued for the peer, nothing being on its way."""
        self._rest()
        self._before = None
        dispatch_pending(self._node, self._peer)
        with self._node.store.read() as reading:
            rows = [row for number in sorted(self._own) if (row := reading.outbox_row(number)) is not None]
            settled = [delivery_in(reading, row) for row in rows]  # by others of this node too
        self._tell([one for one in settled if one.state != "queued"])
        self._clear = not self._own

    def _on_the_line(self, before: Position, messages: Sequence[bytes]) -> OutboxRow:
        node, one, after = self._node, next_of(self._node, self._stream, before, messages), None
        self._take_turn()
        try:
            with node.store.write() as tx:
                waiting = [one.number for one in tx.queued(self._peer, WINDOW + 1)]
                alone = waiting == [one.number for one in self._flight]
                row = queue_next(node, tx, one)
                if isinstance(row, OutboxRow):
                    after = beyond(tx, one, row)
                    marked = mark_now(node, tx, row) if alone and len(row.message) <= MAX_LINE_MESSAGE else None
        except BaseException:
            self._rest()
            raise
        self._before = after  # only now that it is durable
        if isinstance(row, ActRefused):
            self._rest()
            raise row
        self._own.add(row.number)
        self._leave(row, marked)
        return row

    def _leave(self, row: OutboxRow, marked: Marked | None) -> None:
        """Let a batch leave, if what was decided on it still holds now that it is durable; else it goes in rounds."""
        if marked is not None and not marked.goes and marked.delivery.state != "queued":
            self._tell([marked.delivery])
            self._rest()
            return
        if marked is None or not marked.goes or self._node.clock.interval()[1].ns >= marked.until:
            self._hear_all()
            self._catch_up()
            return
        assert self._line is not None
        try:
            self._line.send(row.kind, row.message)
        except PeerUnreachable:
            self._lost()
        else:
            self._flight.append(row)

    def _hear(self, wait: float) -> bool:
        """Settle by the next answer; False where none came within `wait` seconds."""
        assert self._line is not None
        try:
            answer = self._line.answer(wait)
        except PeerUnreachable:
            self._lost()
            return True
        if answer is None:
            return False
        row = self._flight.popleft()
        try:
            error = self._settle(row, answer)
            if error is not None:
                self._stuck = True
                together(self._node, [partial(_keep, row.number, error)])
        finally:
            self._rest()
        if self._stuck and not self._flight:
            self._stuck = False
            self._catch_up()
        return True

    def _settle(self, row: OutboxRow, answer: bytes | ReltoError) -> ReltoError | None:
        """Settle a batch by the answer to it; why that cannot be done."""
        if isinstance(answer, ReltoError):
            return answer
        try:
            reply = read_reply(self._node, row.peer, answer)
            with self._node.store.write() as tx:
                delivery = settled_by(self._node, row, reply, tx)
        except ReltoError as error:
            return error
        self._tell([delivery])
        return None

    def _hear_all(self) -> None:
        while self._flight:
            self._hear(1.0)

    def _lost(self) -> None:
        """The line is cut: what was on its way may have arrived, and goes again."""
        self._flight.clear()
        self._stuck = False
        self._drop_line()
        self._catch_up()

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _take_turn(self) -> None:
        """The turn to send to the peer, which is kept while something is on its way."""
        if not self._since:
            self._turn.enter_context(self._node.store.turn([self._peer]))
            self._since = monotonic()

    def _rest(self) -> None:
        """Give others of this node their turn to send to the peer, where nothing is on its way."""
        if not self._flight:
            self._turn.close()
            self._since = 0.0

    def _tell(self, deliveries: Sequence[Delivery]) -> None:
        """Keep what has become of own batches, to be told."""
        for one in deliveries:
            if one.row.number in self._own:
                self._own.discard(one.row.number)
                self._told.append(one)

    def _meet(self) -> None:
        """See to it, each second, that the peer and this node know of each other's records, as rounds do; and those
        beyond it whose records differed, as `send_on` does."""
        now = monotonic()
        if now - self._met >= MEET_AGAIN:
            self._met = now
            ask_if_due(self._node, self._peer)
            compare_if_due(self._node, self._peer)
            compare_if_noted(self._node, sorted({self._stream.to, *self._stream.via} - {self._peer}))


def _keep(number: int, error: ReltoError, tx: Transaction) -> Delivery:
    return keep_error(tx, number, error)
