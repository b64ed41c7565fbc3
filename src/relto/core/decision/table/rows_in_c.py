"""The same rows decided by C, where it was compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.table import rows_c
from relto.core.decision.table.rows import Rows
from relto.core.decision.table.slices import Flags, Ints, leaves
from relto.core.decision.table.word import Words

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class RowsInC(Rows):
    """As `Rows`; other threads may run meanwhile."""

    def find(self, lane: Ints, at: Ints, out: Ints) -> None:
        """As `Rows.find`."""
        by = self.slices
        wrong = rows_c.slices_of(plain(lane), plain(at), by.cuts, by.first, by.at_cut, by.shift, by.depth, out)
        if wrong is not None:
            raise leaves(wrong)

    def decide(self, slices: Ints, cell: Ints, mask: Words, hits: Words, permit: Flags) -> None:
        """As `Rows.decide`."""
        spread, by = self.spread, self.slices
        words, base, asks = (self.words, by.base, by.asks) if spread is None else (spread, None, None)
        wrong = rows_c.decide_rows(words, self.plane, base, asks, plain(slices), plain(cell), plain(mask), hits, permit)
        if wrong is not None:
            raise leaves(wrong)


def plain(column: NDArray[Number]) -> NDArray[Number]:
    """The column as C reads it, one value after the other: itself, or a copy where it lies otherwise."""
    flags = column.flags
    return column if flags.c_contiguous and flags.aligned else column.copy()
