"""Large messages in pieces: what was handed over before a connection broke need not be handed over again.

    GET  /v1/pieces/NAME             {"have": bytes that are there}
    POST /v1/pieces/NAME/AT          the next piece, whose first byte is number AT: {"have": ...}
    POST /v1/messages/KIND?of=NAME   the message whose pieces are all there, answered as any other

NAME is the digest of the message in hexadecimal. A piece is nothing but bytes: what they say is looked at once all are
there, as if they had come at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from relto.core.canon import digest
from relto.core.errors import InputError

PIECE_BYTES: Final = 1 << 20
"""A message longer than this goes in pieces of this size."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told with each piece: the peer, how many bytes it has now, how many there are."""

_NAME: Final = re.compile(r"[0-9a-f]{64}")


class Arriving(Protocol):
    """What has come of messages that are not there whole yet, by the party that hands them over."""

    def have(self, party: str, name: str) -> int:
        """How many bytes are there."""
        ...

    def add(self, party: str, name: str, at: int, piece: bytes) -> int:
        """Keep the next piece; how many bytes are there now. Raises Conflict where it is not the next, InputError where
        the message becomes too long, PeerUnreachable where it cannot be kept."""
        ...

    def whole(self, party: str, name: str) -> bytes:
        """The message. Raises NotFound where nothing of it is there; Conflict where its bytes are others than its name
        says, which are then forgotten."""
        ...

    def forget(self, party: str, name: str) -> None:
        """Let go of what is there of a message."""
        ...


def name_of(message: bytes) -> str:
    """The name under which a message is handed over in pieces."""
    return digest(message).removeprefix("sha256:")


def check_name(text: str) -> str:
    """Give `text` back if it is a name; else raise InputError. It becomes the name of a file."""
    if not _NAME.fullmatch(text):
        raise InputError("pieces of something without a digest", remedy="name it by 64 lower-case hexadecimal digits")
    return text


def is_quarter(sent: int, total: int) -> bool:
    """Whether another quarter of `total` bytes has been handed over with the piece that ends at `sent`."""
    return 4 * sent // total > 4 * max(0, sent - PIECE_BYTES) // total
