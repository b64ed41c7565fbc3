"""How far the large message has come that goes to each peer now: told to the log, and to whoever looks."""

from __future__ import annotations

from relto.node.pieces import is_quarter
from relto.serve.log import Log, silent


class Underway:
    """One message at a time goes to a peer, so its peer and its length tell which one."""

    def __init__(self, log: Log = silent) -> None:
        self._log = log
        self._now: dict[str, tuple[int, int]] = {}

    def tell(self, peer: str, sent: int, total: int) -> None:
        """So many bytes of `total` are at the peer."""
        self._now[peer] = sent, total
        if is_quarter(sent, total):
            self._log("sending", peer=peer, bytes=sent, of=total)

    def sent(self, peer: str, total: int) -> int:
        """How many bytes of a message of `total` bytes are at the peer; 0 where it is not on its way."""
        sent, known = self._now.get(peer, (0, 0))
        return sent if known == total else 0
