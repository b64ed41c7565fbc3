"""The in-process link: nodes of one process hand each other bytes, as a network would, and nothing but bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from relto.core.errors import Conflict, PeerUnreachable, ReltoError
from relto.node.framing import Message
from relto.node.ports import Link

Handler = Callable[[str, bytes], bytes]
"""What a node does with a message: its kind and bytes in, the reply out."""
ManyHandler = Callable[[Sequence[Message]], list[bytes | ReltoError]]
"""What a node does with a batch: the reply to each message out, or the error in its place."""


class InProcessLink:
    """Knows the nodes of this process by party. A party that is down, or unknown, does not answer."""

    def __init__(self, beyond: Link | None = None) -> None:
        """`beyond`: the link to whoever is not in this process."""
        self._beyond = beyond
        self._handlers: dict[str, tuple[Handler, ManyHandler]] = {}
        self._down: set[str] = set()

    def join(self, party: str, handler: Handler, many: ManyHandler) -> None:
        """Let `party` be reached through `handler`, and with batches through `many`, else with each message by itself.

        Raises Conflict if it is there already."""
        if party in self._handlers:
            raise Conflict(f"`{party}` is on this link already", remedy="give each node its own party")
        self._handlers[party] = handler, many

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
        beyond = self._beyond_for(peer)
        if beyond is not None:
            return beyond.exchange(peer, kind, message)
        return bytes(self._at(peer)[0](kind, bytes(message)))

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        """Hand a batch to `peer`; the reply to each message, or the error in its place. Raises PeerUnreachable."""
        beyond = self._beyond_for(peer)
        if beyond is not None:
            return beyond.exchange_many(peer, messages)
        return self._at(peer)[1]([(kind, bytes(message)) for kind, message in messages])

    def _beyond_for(self, peer: str) -> Link | None:
        return self._beyond if peer not in self._handlers and peer not in self._down else None

    def _at(self, peer: str) -> tuple[Handler, ManyHandler]:
        found = self._handlers.get(peer)
        if found is None or peer in self._down:
            raise PeerUnreachable(f"the node of `{peer}` does not answer", remedy="what is queued is sent once it does")
        return found

    def close(self) -> None:
        """Let go of the way beyond, where there is one."""
        if self._beyond is not None:
            self._beyond.close()
