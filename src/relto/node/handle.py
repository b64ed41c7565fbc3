"""What a node does with a message from another: the far end of every link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.core.errors import InputError
from relto.node.agree import receive_instrument
from relto.node.compromise import receive_compromise
from relto.node.node import Node
from relto.node.receive import receive_recall, receive_transmittal

_HANDLERS: Final[Mapping[str, Callable[[Node, bytes, str | None], bytes]]] = {
    "transmittal": receive_transmittal,
    "recall": receive_recall,
    "instrument": receive_instrument,
    "compromise": receive_compromise,
}


def handle(node: Node, kind: str, message: bytes, sender: str | None = None) -> bytes:
    """Answer a message with signed evidence. `sender`: the party that the link has shown to speak; what another party
    signed is then not taken from it. Raises InputError for a kind that is none, else as its handler does."""
    handler = _HANDLERS.get(kind)
    if handler is None:
        raise InputError(f"`{kind[:60]}` is no kind of message", remedy=f"send one of {', '.join(_HANDLERS)}")
    return handler(node, message, sender)
