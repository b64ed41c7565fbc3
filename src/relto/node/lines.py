"""Lines: a way to one peer on which messages go out one after another, while those before are being answered.

A line carries the same messages as the link, and brings the same answers, in the order of what was sent. What it loses
when it is cut is still queued, and goes again.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol, runtime_checkable

from relto.core.errors import PeerUnreachable, ReltoError
from relto.node.pieces import PIECE_BYTES
from relto.node.ports import Link

MAX_LINE_MESSAGE = PIECE_BYTES
"""The longest message for a line: what is longer goes by the link, in pieces."""


class Line(Protocol):
    """A way to one peer that is kept."""

    def send(self, kind: str, message: bytes) -> None:
        """Send a message. Raises PeerUnreachable where the line is cut: then it may have arrived, or not."""
        ...

    def answer(self, wait: float) -> bytes | ReltoError | None:
        """The answer to the first message that has none yet, or the error that the peer told in its place; None where
        it has not come within `wait` seconds. Raises PeerUnreachable where the line is cut, or nothing comes for too
        long."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@runtime_checkable
class Lines(Protocol):
    """A link that keeps lines."""

    def line(self, peer: str) -> Line:
        """A new line to `peer`. Raises PeerUnreachable where it does not answer."""
        ...


def line_to(link: Link, peer: str) -> Line:
    """A line to `peer`; over a link that keeps none, each message is exchanged as it is sent."""
    return link.line(peer) if isinstance(link, Lines) else _Exchanging(link, peer)


class _Exchanging:
    def __init__(self, link: Link, peer: str) -> None:
        self._link, self._peer = link, peer
        self._answers: deque[bytes | ReltoError] = deque()

    def send(self, kind: str, message: bytes) -> None:
        """Exchange it, and keep the answer."""
        try:
            self._answers.append(self._link.exchange(self._peer, kind, message))
        except PeerUnreachable:
            raise
        except ReltoError as error:
            self._answers.append(error)

    def answer(self, wait: float) -> bytes | ReltoError | None:
        """What was answered."""
        return self._answers.popleft() if self._answers else None

    def close(self) -> None:
        """Nothing is held."""
