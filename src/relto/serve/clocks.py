"""Telling when a peer's clock and the own stop to agree, and when they agree again."""

from __future__ import annotations

from relto.node import Node
from relto.node.clocks import clocks_apart
from relto.serve.log import Log


class ClockWatch:
    """Looks at what was noted of the peers' clocks, and logs what has changed since it last looked."""

    def __init__(self, node: Node, log: Log) -> None:
        self._node = node
        self._log = log
        self._known: set[str] = set()

    def look(self) -> None:
        """Look once. Raises what reading the store raises."""
        with self._node.store.read() as reading:
            apart = {one.peer: one for one in clocks_apart(self._node, reading)}
        for peer, one in apart.items():
            if peer not in self._known:
                self._log("clocks disagree", peer=peer, state=str(one))
        for peer in self._known - apart.keys():
            self._log("clocks agree again", peer=peer)
        self._known = set(apart)
