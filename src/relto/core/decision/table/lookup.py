"""A decision that was asked before: found again by what was asked, and by when.

This is the meaning; `lookup_c.c` does the same where a compiler built it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from relto.core.decision.request import Act
from relto.core.decision.table.answer import TableVerdict
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.timeline import Instant

Track = tuple[tuple[int, ...], tuple[TableVerdict | None, ...]]
"""Cuts in nanoseconds; what is answered before the first, between, and after the last. None where nothing was asked."""
Key = tuple[Act, str, str, TableItem, TablePerson | None, str | None]
"""Act, sender, recipient, item, person and the purpose asked, None for the item's own."""


class Lookup:
    """The answers found so far, by what was asked. A table stands on it and looks up what was not asked before."""

    _tracks: dict[Key, Track]
    _first: Callable[..., TableVerdict]

    def decide(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None = None,
        system: str | None = None,
    ) -> TableVerdict:
        """May `item` go from `sender` to `recipient` at `at`, for `person` to see?

        `item` and `person` come from `table.item()` and `table.person()`; those of another table are interned anew.
        `purpose` None is the item's own. Raises InputError for an act, sender or recipient that is unknown, for an
        instant outside the table's window, and for whatever is of another type.
        """
        if system is None:
            try:
                starts, answers = self._tracks[act, sender, recipient, item, person, purpose]
                answer = answers[bisect_right(starts, at.ns)]
            except Exception:
                answer = None  # it was not asked yet, or is no request at all, and is told there
            if answer is not None:
                return answer
        return self._first(act, sender, recipient, item, person, at, purpose, system)

    def _track(self, key: Key) -> Track | None:
        """The track of a key."""
        return self._tracks.get(key)

    def _lay(self, key: Key, track: Track) -> None:
        """Lay a track, in the place of another under its key."""
        self._tracks[key] = track

    def _laid(self) -> int:
        """How many tracks there are."""
        return len(self._tracks)

    def _forget_tracks(self) -> None:
        """Forget all tracks."""
        self._tracks = {}
