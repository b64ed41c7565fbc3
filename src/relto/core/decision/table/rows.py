"""Rows of columns decided against the words of a table, by numpy.

This is the meaning; `rows_c.c` does the same on the same arrays where a compiler built it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from relto.core.decision.table.slices import Flags, Ints, Slices, check_below
from relto.core.decision.table.word import Words

_SPREAD: Final = 1 << 22


@dataclass(frozen=True)
class Rows:
    """What a row stands for: `words[base[slice] + cell] & mask`, and nothing left is a permit.

    `plane`: how many cells there are of one act under one edge.
    """

    words: Words
    slices: Slices
    plane: int

    @cached_property
    def spread(self) -> Words | None:
        """Every cell of every slice in one array, where that is small; the blocks that slices share are spread out."""
        if len(self.slices.base) * self.plane > _SPREAD:
            return None
        cells = self.words[self.slices.base[:, None] + np.arange(self.plane)]
        found: Words = (cells | self.slices.asks[:, None]).reshape(-1)
        return found

    def find(self, lane: Ints, at: Ints, out: Ints) -> None:
        """Write the slice of each row to `out`, all int64 (n,). Raises InputError as `Slices.of` does."""
        out[:] = self.slices.of(lane, at)

    def decide(self, slices: Ints, cell: Ints, mask: Words, hits: Words, permit: Flags) -> None:
        """Write what stands against each row to `hits`, and whether nothing does to `permit`, all (n,).

        Raises InputError for a slice or cell outside the table.
        """
        found = self.words_of(slices, cell, hits)
        np.bitwise_and(found, mask, out=found)
        np.equal(found, 0, out=permit)

    def words_of(self, slices: Ints, cell: Ints, out: Words | None = None) -> Words:
        """The word of each row's cell. Raises InputError for a slice or cell outside the table."""
        check_below("slice", slices, len(self.slices.base))
        check_below("cell", cell, self.plane)
        if self.spread is not None:
            words, place = self.spread, slices * self.plane
        else:
            words, place = self.words, self.slices.base.take(slices, mode="clip")
        place += cell
        found: Words = words.take(place, out=out, mode="clip")
        if self.spread is None:
            found |= self.slices.asks.take(slices, mode="clip")
        return found
