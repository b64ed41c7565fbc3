"""Streams as they are heard, and how far each has gone: noted in the transaction that queues or takes a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from relto.core.canon import canonical, check_digest, count_in, only_keys, parse_object, text_in
from relto.core.dossier import Item, Payload
from relto.core.envelope import signed_label, verify_manifest
from relto.core.errors import InputError
from relto.core.evidence import Evidence
from relto.formats.payload.stream import PREFIX, Place, place_of, read_stream_batch
from relto.node.labels import item_under
from relto.node.node import Node
from relto.node.ports import NoteKind, Reading, Transaction
from relto.node.transmittal import unpack

_KEYS: Final = frozenset({"last", "vouched"})


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream has gone: the number of its last message, and the digest that vouches for the batch of that."""

    last: int = 0
    vouched: str = ""

    def to_text(self) -> str:
        """As it is noted."""
        return canonical({"last": self.last, "vouched": self.vouched}).decode("utf-8")


def position_in(reading: Reading, kind: NoteKind, stream: str) -> Position:
    """How far a stream has gone, `sent` by this node or `heard` by it (then the name begins with its originator)."""
    text = reading.notes(kind).get(stream, "")
    return read_position(text) if text else Position()


def read_position(text: str) -> Position:
    """Read what is noted of a stream. Raises InputError."""
    value = parse_object(text.encode("utf-8"), name="position of a stream")
    only_keys(value, _KEYS)
    return Position(count_in(value, "last"), check_digest(text_in(value, "vouched")))


def is_batch(item: Item) -> bool:
    """Whether an item is a batch of a stream, by its label."""
    return item.payload is not None and item.payload.type.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Heard:
    """A batch that arrived, and where it belongs: `stream` with its originator before it, what vouches for it."""

    stream: str
    place: Place
    before: str
    vouched: str

    def note(self, tx: Transaction) -> None:
        """Note that it was taken."""
        tx.note("heard", self.stream, Position(self.place.last, self.vouched).to_text())


def heard_in(item: Item, payload: bytes, vouched: str) -> Heard:
    """The batch that an item is. Raises InputError where its payload is none, or not the one that its label names."""
    batch = read_stream_batch(payload)
    if batch.place.item != item.id or item.payload != Payload(PREFIX + batch.type):
        raise InputError(f"the batch in `{item.id}` is another than its label names")
    return Heard(f"{item.originator}:{batch.stream}", batch.place, batch.before, vouched)


def why_not_next(tx: Reading, heard: Heard) -> str:
    """Why a batch is refused whatever the agreements say; empty where it is the next of its stream.

    Raises InputError where one before it is still to come: then its sender keeps it.
    """
    known = position_in(tx, "heard", heard.stream)
    if heard.place.first <= known.last:
        return f"messages {heard.place.first} to {heard.place.last} of the stream came already"
    if heard.place.first > known.last + 1:
        raise InputError(
            f"message {heard.place.first} of the stream before message {known.last + 1}", remedy="send that first"
        )
    return "" if heard.before == known.vouched else "the batch before it is another than the one that came"


BatchTold: TypeAlias = tuple[str, NoteKind, str, Position]
"""What evidence, by its digest, tells of a batch: `sent` or `heard`, of which stream, and how far that has gone."""


def check_streams(reading: Reading, batches: Iterable[BatchTold], problem: Callable[[str, str], None]) -> None:
    """Hold what is noted of streams against what the evidence tells of all `batches`, in the order of the ledger: each
    stream has gone as far as the last of its batches."""
    expected: dict[NoteKind, dict[str, Position]] = {"sent": {}, "heard": {}}
    for _, kind, stream, position in batches:
        expected[kind][stream] = position
    for kind, streams in expected.items():
        noted = reading.notes(kind)
        for stream in sorted(streams.keys() | noted.keys()):
            if (noted.get(stream) or "") != (streams[stream].to_text() if stream in streams else ""):
                problem(f"stream {stream}", f"what is noted of it ({kind}) is not what the evidence tells")


def batches_told(node: Node, reading: Reading, evidence: Mapping[str, Evidence]) -> Iterator[BatchTold]:
    """The batches that were sent and heard, in the order of the evidence."""
    for name, one in evidence.items():
        place = place_of(one.item or "")
        if place is None or one.party != node.party or one.kind not in ("submission", "receipt"):
            continue
        item = _item_sent(node, reading, name, one) if one.kind == "submission" else _item_held(node, reading, one)
        if item is not None and is_batch(item):
            position = Position(place.last, one.digests["payload"])
            if one.kind == "submission":
                yield name, "sent", place.stream, position
            else:
                yield name, "heard", f"{item.originator}:{place.stream}", position


def _item_sent(node: Node, reading: Reading, name: str, one: Evidence) -> Item | None:
    for row in reading.outbox(subject=one.transmittal):
        if row.evidence == name and row.kind == "transmittal":
            return _labelled(node, unpack(row.message)[1])
    return None


def _item_held(node: Node, reading: Reading, one: Evidence) -> Item | None:
    sealed = reading.sealed(one.transmittal or "")
    return None if not sealed else _labelled(node, sealed)


def _labelled(node: Node, sealed: bytes) -> Item:
    return item_under(verify_manifest(*signed_label(sealed), node.all_keys()))
