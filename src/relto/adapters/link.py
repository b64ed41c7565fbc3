"""The in-process link: nodes of one process hand each other bytes, as a network would, and nothing but bytes."""

from __future__ import annotations

from collections.abc import Callable

from relto.core.errors import Conflict, PeerUnreachable
from relto.node.ports import Link

Handler = Callable[[str, bytes], bytes]
"""What a node does with a message: its kind and bytes in, the reply out."""


class InProcessLink:
    """Knows the nodes of this process by party. A party that is down, or unknown, does not answer."""

    def __init__(self, beyond: Link | None = None) -> None:
        """`beyond`: the link to whoever is not in this process."""
        self._beyond = beyond
        self._handlers: dict[str, Handler] = {}
        self._down: set[str] = set()

    def join(self, party: str, handler: Handler) -> None:
        """Let `party` be reached through `handler`. Raises Conflict if it is there already."""
        if party in self._handlers:
            raise Conflict(f"`{party}` is on this link already", remedy="give each node its own party")
        self._handlers[party] = handler

    def leave(self, party: str) -> None:
        """Take `party` off the link."""
        self._handlers.pop(party, None)

    def set_down(self, party: str, down: bool = True) -> None:
        """Cut `party` off, or connect it again."""
        if down:
            self._down.add(party)
        else:
            self._down.discard(party)

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        """Hand `message` to `peer` and give its reply. Raises PeerUnreachable where it does not answer.

        A ReltoError that the peer's node raises comes through, as it would by its code over a network.
        """
        handler = self._handlers.get(peer)
        if handler is None and self._beyond is not None and peer not in self._down:
            return self._beyond.exchange(peer, kind, message)
        if handler is None or peer in self._down:
            raise PeerUnreachable(f"the node of `{peer}` does not answer", remedy="what is queued is sent once it does")
        return bytes(handler(kind, bytes(message)))

    def close(self) -> None:
        """Let go of the way beyond, where there is one."""
        if self._beyond is not None:
            self._beyond.close()
