"""Streams: messages of one label, in order, in batches; each batch is an item, released as every other.

So each batch is decided when it is queued, as it leaves and as it arrives, sealed under a key of its own, under its
originator's signed label, durable before it leaves, and done when its receipt is stored. All messages of a batch have
its label, leave with it and arrive with it: its decisions are those of each of them.

What is added here: numbers without a gap. A sender notes how far a stream has gone in the transaction that queues a
batch; a recipient takes a batch only where the one before is the last it took, and notes that with it. A batch that
comes too early stays with its sender; one that came already is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relto.core.dossier import Item, Payload
from relto.core.errors import Conflict
from relto.core.timeline import Stamp
from relto.formats.payload.stream import PREFIX, StreamBatch, check_stream
from relto.node.deciding import ActRefused
from relto.node.hearing import Position, position_in
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.queueing import Asked, queue_all
from relto.node.reclassify import check_marked
from relto.node.records import compare_if_noted
from relto.node.release import asked_of
from relto.node.rows import OutboxRow
from relto.node.statements import evidence_of
from relto.node.typed import check_messages


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of this node: its name, to whom it goes and by which allies, and an item whose label all of it bears."""

    name: str
    label: Item
    type: str
    to: str
    via: tuple[str, ...] = ()
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """The next messages of a stream, ready to be queued: `before` is how far it had gone."""

    stream: Stream
    item: Item
    before: Position
    last: int
    asked: Asked


def next_of(node: Node, stream: Stream, before: Position, messages: Sequence[bytes]) -> Next:
    """Make the next batch of a stream that has gone as far as `before`. Raises InputError for messages that are none of
    its type, and as `release` does."""
    batch = StreamBatch(stream.name, stream.type, before.last + 1, before.vouched, tuple(messages))
    item = replace(
        stream.label,
        id=batch.place.item,
        payload=Payload(PREFIX + stream.type),
        at=Stamp(node.clock.interval()[1], "instant", "UTC"),
        title=f"{stream.label.title}: messages {batch.first} to {batch.place.last}",
    )
    check_messages(stream.type, batch)
    payload = batch.to_bytes()
    asked = asked_of(node, item, stream.to, "release", stream.purpose, via=stream.via, payload=payload, checked=True)
    return Next(stream, item, before, batch.place.last, asked)


def queue_next(node: Node, tx: Transaction, one: Next) -> OutboxRow | ActRefused:
    """Queue the next batch of a stream, and note how far that has gone; or leave the evidence of its refusal. Raises
    Conflict where another has fed the stream meanwhile."""
    name = one.stream.name
    if position_in(tx, "sent", name) != one.before:
        raise Conflict(f"another has fed the stream `{name}` meanwhile", remedy="let one feed a stream")
    check_marked(node, tx, [replace(one.item, id=one.stream.label.id)])
    (queued,) = queue_all(node, tx, [one.asked])
    if isinstance(queued, OutboxRow):
        tx.note("sent", name, beyond(tx, one, queued).to_text())
    return queued


def beyond(tx: Transaction, one: Next, queued: OutboxRow) -> Position:
    """How far a stream has gone with a batch that was queued."""
    return Position(one.last, evidence_of(tx, queued.evidence, queued.subject).digests["payload"])


def reached(node: Node, stream: Stream) -> Position:
    """How far a stream of this node has gone. Raises InputError for what cannot name one."""
    check_stream(stream.name)
    with node.store.read() as reading:
        return position_in(reading, "sent", stream.name)


def send_on(node: Node, stream: Stream, messages: Sequence[bytes]) -> OutboxRow:
    """Queue the next messages of a stream as one batch, durable when this returns.

    Raises ActRefused, its evidence kept and the stream where it was, where it is refused; InputError for messages that
    are none of its type, Conflict where another has fed the stream meanwhile, and as `release` does.
    """
    one = next_of(node, stream, reached(node, stream), messages)
    terms = one.asked.terms
    compare_if_noted(node, (terms.recipient, terms.onward, *stream.via))
    with node.store.write() as tx:
        queued = queue_next(node, tx, one)
    if isinstance(queued, ActRefused):
        raise queued
    return queued
