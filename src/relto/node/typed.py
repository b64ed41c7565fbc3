"""What an item says where it is of a type that others must understand: checked before it is released, never after."""

from __future__ import annotations

from typing import Final

from relto.core.dossier import Item
from relto.formats.payload.stream import PREFIX, StreamBatch, read_stream_batch

CHECKED: Final = frozenset({"missile-warning", "encounter-report"})
"""The types of `payload.type` whose content must read; a document is for people and may be anything."""


def check_typed(item: Item, content: bytes) -> None:
    """Raise InputError where the content of a typed item is none of its type; of a batch, each of its messages."""
    if item.payload is None:
        return
    kind = item.payload.type
    if kind.startswith(PREFIX):
        check_messages(kind.removeprefix(PREFIX), read_stream_batch(content))
    else:
        _check(kind, content, f"payload of {item.id}")


def check_messages(kind: str, batch: StreamBatch) -> None:
    """Raise InputError where a message of a batch is none of the type."""
    for number, message in enumerate(batch.messages, batch.first):
        _check(kind, message, f"message {number} of {batch.stream}")


def _check(kind: str, content: bytes, name: str) -> None:
    if kind in CHECKED:
        from relto.formats.payload.codec import read_payload  # its models take time to load; documents do not need them

        read_payload(kind, content, name=name)
