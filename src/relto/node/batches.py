"""How what is queued is parted into batches: what goes to a peer in one request, in one transaction at each end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from relto.node.framing import MAX_BATCH_BYTES, message_size
from relto.node.rows import Queued

BATCH_MESSAGES: Final = 128
"""How many go at once: enough that one fsync and one request count for little, few enough that none waits long."""
ALONE: Final = frozenset({"instrument", "key-change"})
"""What goes by itself, for what follows may rest on it."""
_MAX_BYTES: Final = MAX_BATCH_BYTES - 64  # less what stands before the first message


@dataclass(frozen=True, slots=True)
class Batch:
    """The numbers of messages that go to `peer` together. `apart`: what went before it must be settled first."""

    peer: str
    numbers: tuple[int, ...]
    apart: bool = False
    instrument: bool = False


def batches(queued: Iterable[Queued]) -> list[Batch]:
    """Part what is queued into batches, in order: those for one peer keep their order, and none begins before what was
    queued ahead of its first message.

    An instrument, or a change of keys, goes alone, for what follows may rest on it. What waits for another begins a new
    batch. What was tried in vain before goes alone if it is first for its peer, so that a silent one costs one attempt.
    """
    parting = _Parting()
    for one in queued:
        parting.add(one)
    return parting.done()


class _Parting:
    """The batches that are full, and for each peer the one that is not yet."""

    def __init__(self) -> None:
        self._full: list[Batch] = []
        self._begun: dict[str, list[Queued]] = {}
        self._sizes: dict[str, int] = {}

    def add(self, one: Queued) -> None:
        """Put a message into the batch for its peer, or into a new one."""
        first_for_it = one.peer not in self._sizes
        rows = self._begun.get(one.peer, [])
        size = self._sizes.get(one.peer, 0) + message_size(one.size)
        if rows and (one.kind in ALONE or one.waits or len(rows) == BATCH_MESSAGES or size > _MAX_BYTES):
            self._close(one.peer)
        self._begun.setdefault(one.peer, []).append(one)
        self._sizes[one.peer] = self._sizes.get(one.peer, 0) + message_size(one.size)
        if one.kind in ALONE or (first_for_it and one.attempts):
            self._close(one.peer)

    def done(self) -> list[Batch]:
        """All batches, by their first message."""
        for peer in list(self._begun):
            self._close(peer)
        return sorted(self._full, key=lambda batch: batch.numbers[0])

    def _close(self, peer: str) -> None:
        rows, self._sizes[peer] = self._begun.pop(peer), 0
        instrument = rows[0].kind in ALONE
        numbers = tuple([one.number for one in rows])
        self._full.append(Batch(peer, numbers, apart=instrument or rows[0].waits, instrument=instrument))
