"""Comparing records and the heads of ledgers with the peers while a node serves, mirroring theirs, and telling what
does not go together, and when it does again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from relto.node import Node
from relto.node.behind import stopped
from relto.node.heads import SOON, ask_if_due
from relto.node.mirroring import mirror_if_due
from relto.node.records import compare_if_due, differences
from relto.node.recovery import recover_if_due
from relto.node.witness import forks
from relto.serve.beside import Watch, said
from relto.serve.log import Log

EVERY_SECONDS: Final = 10.0
"""How often a peer is asked that has not answered yet, or holds another record."""
_FAILED: Final = "records not compared"


class RecordWatch(Watch):
    """A thread that meets every peer once, and again where the own record has changed or theirs differed; and a look,
    at every turn of the pump, at what was found, here or by another process of this node."""

    def __init__(self, node: Node, log: Log, peers: Callable[[], Iterable[str]]) -> None:
        """`peers`: those whose cards are pinned now."""
        self._node, self._log, self._peers = node, log, peers
        self._known: dict[tuple[str, str], str] = {}
        self._wrong: set[str] = set()
        self._held: set[str] = set()
        super().__init__("records", EVERY_SECONDS, log, _FAILED)

    def look(self) -> None:
        """Log what has changed since the last look. Raises what reading the store raises."""
        with self._node.store.read() as reading:
            found = {(one.peer, one.agreement): str(one) for one in differences(self._node, reading)}
            wrong, held = set(forks(reading)), {str(one) for one in stopped(reading)}
        for (peer, _), says in sorted(found.items() - self._known.items()):
            self._log("records differ", peer=peer, state=says)
        for peer, agreement in sorted(self._known.keys() - found.keys()):
            self._log("records are the same again", peer=peer, state=f"`{agreement}`")
        self._known = found
        for peer in sorted(wrong - self._wrong):
            self._log("ledger forked", peer=peer, state=f"the ledger of `{peer}` contradicts what it has signed before")
        for one in sorted(held - self._held):
            self._log("read-only", state=one)
        if self._held and not held:
            self._log("no more read-only")
        self._wrong, self._held = wrong, held

    def turn(self) -> None:
        """Meet those who are to be met, and take back from them what this node has lost."""
        for peer in sorted(self._peers()):
            if self.stop.is_set():
                return
            try:
                ask_if_due(self._node, peer, SOON)
                compare_if_due(self._node, peer, again=False)
                mirror_if_due(self._node, peer)  # last: who does not answer is not waited for again
            except Exception as error:  # one peer keeps this node from meeting no other
                self._log(_FAILED, peer=peer, state=said(error))
        recover_if_due(self._node)
