"""Batches of a stream: messages of one label, numbered without a gap, under one Merkle root.

    relto/feed/1 LF | header, canonical JSON LF | u32 length, message | ...

The header names the stream, the type and number of its messages, the root over them (RFC 6962), and what came before:
the digest by which the batch before is vouched for. One message can be shown to a third person with its path to the
root, without the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from relto.core.canon import JSON, canonical, check_digest, count_in, only_keys, parse_object, text_in
from relto.core.errors import InputError
from relto.core.merkle import Tree

PREFIX: Final = "feed/"
"""Before the type of the messages, in the type of a batch's payload."""
MAX_MESSAGES: Final = 1024
MAX_BYTES: Final = 4 << 20
MAX_MESSAGE: Final = 65_535  # a leaf of the tree
MAX_NUMBER: Final = 10**12
_MAGIC: Final = b"relto/feed/1\n"
_MAX_HEADER: Final = 2048
_KEYS: Final = frozenset({"stream", "type", "first", "count", "root", "before"})
_STREAM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_ID = re.compile(r"([a-z0-9-]{1,60})\.(\d{1,13})-(\d{1,13})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch stands: messages `first` to `last` of a stream, counted from 1."""

    stream: str
    first: int
    last: int

    @property
    def item(self) -> str:
        """The id of the item that the batch is."""
        return f"{self.stream}.{self.first}-{self.last}"


def check_stream(text: str) -> str:
    """Give `text` back if it can name a stream; else raise InputError."""
    if not _STREAM.fullmatch(text):
        raise InputError(f"`{text[:60]}` cannot name a stream", remedy="use small letters, digits and `-`, at most 60")
    return text


def place_of(item: str) -> Place | None:
    """Where the batch stands that is the item of this id; None where it is no batch's id."""
    match = _ID.fullmatch(item)
    if match is None or not _STREAM.fullmatch(match[1]):
        return None
    place = Place(match[1], int(match[2]), int(match[3]))
    return place if 1 <= place.first <= place.last <= MAX_NUMBER and place.item == item else None


@dataclass(frozen=True)
class StreamBatch:
    """Messages of a stream, from number `first` on, each of `type`. `before`: the digest that vouches for the batch
    before, empty in the first. Raises InputError for what is no batch."""

    stream: str
    type: str
    first: int
    before: str
    messages: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_stream(self.stream)
        if not _TYPE.fullmatch(self.type):
            raise InputError(f"`{self.type[:60]}` is no type of message", remedy="use a slug such as `missile-warning`")
        if not 1 <= len(self.messages) <= MAX_MESSAGES:
            raise InputError(f"a batch of {len(self.messages)} messages", remedy=f"send 1 to {MAX_MESSAGES} at once")
        if not 1 <= self.first <= MAX_NUMBER - MAX_MESSAGES:
            raise InputError(f"message {self.first} of a stream", remedy="begin another stream")
        if (self.first == 1) != (not self.before):
            raise InputError("the first batch of a stream, and one before it", remedy="begin with number 1")
        if self.before:
            check_digest(self.before)
        if max(map(len, self.messages)) > MAX_MESSAGE or sum(map(len, self.messages)) > MAX_BYTES:
            raise InputError(
                f"messages of more than {MAX_MESSAGE} bytes, or more than {MAX_BYTES} together", remedy="send less"
            )

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.stream, self.first, self.first + len(self.messages) - 1)

    @cached_property
    def tree(self) -> Tree:
        """The tree over the messages: its root, and the path of each."""
        return Tree(self.messages)

    def to_bytes(self) -> bytes:
        """The batch as the payload of an item."""
        header: dict[str, JSON] = {
            "stream": self.stream,
            "type": self.type,
            "first": self.first,
            "count": len(self.messages),
            "root": self.tree.head().root.hex(),
            "before": self.before,
        }
        parts = [_MAGIC, canonical(header), b"\n"]
        for one in self.messages:
            parts += [len(one).to_bytes(4, "big"), one]
        return b"".join(parts)


def read_stream_batch(data: bytes) -> StreamBatch:
    """Read what `to_bytes` writes. Raises InputError for anything else, a root that is not that of the messages too."""
    if len(data) > MAX_BYTES + 4 * MAX_MESSAGES + _MAX_HEADER + len(_MAGIC) or not data.startswith(_MAGIC):
        raise InputError("not a batch of a stream, or of a version not known here")
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + _MAX_HEADER)
    if end < 0:
        raise InputError("a batch of a stream without its header")
    text = data[len(_MAGIC) : end]
    header = parse_object(text, _MAX_HEADER, name="header of a batch")
    only_keys(header, _KEYS)
    batch = StreamBatch(
        text_in(header, "stream"),
        text_in(header, "type"),
        count_in(header, "first"),
        text_in(header, "before"),
        tuple(_messages(data, end + 1, count_in(header, "count"))),
    )
    if batch.to_bytes() != data:
        raise InputError("a batch whose root is not that of its messages, or not in its one form")
    return batch


def _messages(data: bytes, at: int, count: int) -> Sequence[bytes]:
    if count > MAX_MESSAGES:
        raise InputError(f"a batch of {count} messages", remedy=f"send at most {MAX_MESSAGES} at once")
    found = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 4 > len(data) or at + 4 + size > len(data):
            raise InputError("a batch that is cut short")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    if at != len(data):
        raise InputError("a batch with something behind it")
    return found
