"""The memory of a table's cells: blocks are appended, never changed, so an older table's readers are left alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final

import numpy as np

from relto.core.decision.table.word import Words

_FIRST_BLOCKS = 64
_PLACING: Final = Lock()
"""One block is placed at a time, of whichever arena: tables that are renewed at once may share one."""


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
        return found if found is not None else self._place(key, fill)

    def _place(self, key: Hashable, fill: Callable[[Words], None]) -> int:
        with _PLACING:
            found = self._places.get(key)
            if found is not None:
                return found
            found = len(self._places) * self.size
            if found + self.size > len(self.words):
                grown = np.empty(2 * len(self.words), np.uint64)
                grown[:found] = self.words[:found]
                self.words = grown
            fill(self.words[found : found + self.size])
            self._places[key] = found
        return found
