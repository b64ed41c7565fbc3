"""The memory of a table's cells: blocks are appended while it is compiled, and never changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from relto.core.decision.table.word import Words

_FIRST_BLOCKS = 64


class Arena:
    """Blocks of `size` words, each under a key that says all that it depends on."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.words: Words = np.empty(_FIRST_BLOCKS * size, np.uint64)
        self._places: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def place(self, key: Hashable, fill: Callable[[Words], None]) -> int:
        """Where the block of `key` begins, after `fill` has written it where it is new."""
        found = self._places.get(key)
        if found is None:
            found = len(self._places) * self.size
            if found + self.size > len(self.words):
                grown = np.empty(2 * len(self.words), np.uint64)
                grown[:found] = self.words[:found]
                self.words = grown
            fill(self.words[found : found + self.size])
            self._places[key] = found
        return found

    def copy(self) -> Arena:
        """The same blocks in the same places, in memory of its own: who adds to it is not met by who adds to this."""
        found = Arena(self.size)
        found.words, found._places = self.words.copy(), dict(self._places)
        return found
