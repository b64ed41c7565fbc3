"""Watching streams: what was heard, message by message and in order, each batch opened as every holding is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from relto.core.dossier import Person
from relto.core.envelope import signed_label, verify_manifest
from relto.core.register import Received
from relto.core.timeline import Instant
from relto.formats.payload.stream import read_stream_batch
from relto.node.deciding import ActRefused
from relto.node.hearing import is_batch
from relto.node.labels import item_under
from relto.node.node import Node
from relto.node.open_item import open_item

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """One message as it was heard: its stream, number and type, whose it is, through whom it came, under which mark.

    `left`: when its originator queued its batch; `arrived`: when this node took that; `holding`: the batch.
    """

    stream: str
    number: int
    type: str
    originator: str
    sender: str
    mark: str
    left: Instant | None
    arrived: Instant
    holding: str
    content: bytes = field(repr=False)


@dataclass
class Watch:
    """A watch over the batches that a node takes in, from the holding numbered beyond `after` on.

    `stream` and `type`: only that one. Every batch that is shown is opened, which is decided and leaves evidence.
    `refused` is told of a batch that may not be opened any more, by its holding, and the watch goes on after it.
    """

    node: Node
    after: int = 0
    stream: str = ""
    type: str = ""
    person: Person | None = None
    refused: Callable[[str, ActRefused], None] | None = None

    def look(self) -> Iterator[StreamMessage]:
        """What has come since the last look, in the order it came. `after` moves on with each batch.

        Raises ActRefused where a batch may not be opened any more, and nobody is told of it.
        """
        while True:
            with self.node.store.read() as reading:
                found = reading.arrived(self.after, _AT_ONCE)
                labelled = [(number, name, reading.sealed(name) or b"") for number, name in found]
            for number, name, sealed in labelled:
                yield from self._messages(name, sealed)
                self.after = number
            if len(found) < _AT_ONCE:
                return

    def _messages(self, name: str, sealed: bytes) -> Iterator[StreamMessage]:
        if not sealed:
            return  # made here of others
        item = item_under(verify_manifest(*signed_label(sealed), self.node.all_keys()))
        if not is_batch(item) or not self._wanted(item.id, item.payload.type if item.payload else ""):
            return
        with self.node.store.read() as reading:
            held = reading.holding(name)
        if held is None or not held.original_held or held.purpose_ended is not None:
            return  # gone since, or over
        if isinstance(held.received, Received) and held.received.onward:
            return  # only passing through
        try:
            opened = open_item(self.node, name, self.person)
        except ActRefused as refused:
            if self.refused is None:
                raise
            self.refused(name, refused)
            return
        batch = read_stream_batch(opened.payload)
        came = opened.holding.received
        for number, content in enumerate(batch.messages, batch.first):
            yield StreamMessage(
                batch.stream,
                number,
                batch.type,
                item.originator,
                came.sender,
                opened.holding.mark,
                item.at.instant if item.at else None,
                came.at,
                name,
                content,
            )

    def _wanted(self, item: str, kind: str) -> bool:
        stream = item.rpartition(".")[0]
        return self.stream in ("", stream) and self.type in ("", kind.partition("/")[2])
