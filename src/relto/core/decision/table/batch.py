"""Decisions by the column: ten million at a time, numpy in, numpy out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.request import ACTS
from relto.core.decision.table.rows import Rows
from relto.core.decision.table.slices import Ints, Slices
from relto.core.decision.table.word import AGAIN, BIT, FAILED, Layout, Words
from relto.core.errors import InputError
from relto.core.timeline import Instant

Columns = dict[str, Any]
Again = Callable[[Mapping[str, Any], list[int]], Iterator[tuple[int, int, int]]]
"""Decides rows of columns one by one: (row, failed checks, slice) of each."""

CHUNK: Final = 1 << 16
"""Rows at a time: what one pass writes the next still finds in the cache."""
ASKED: Final = ("act", "sender", "recipient", "item", "person", "purpose", "at")
"""What was asked, by number: read only where a row is decided by itself."""


@dataclass(frozen=True)
class Decisions:
    """`permit` bool (n,); `hits` uint64 (n,), what stood against each; `slice` int64 (n,), under which it was.

    A slice lies on the lane from who provides the item (for what a holder does with an item, its originator).
    """

    permit: NDArray[np.bool_]
    hits: Words
    slice: Ints
    _layout: Layout
    _agreements: NDArray[np.str_]

    @cached_property
    def failed(self) -> NDArray[np.uint16]:
        """The failed checks, uint16 (n,): bit i is CHECKS[i]. Zero is a permit."""
        return self._layout.failed(self.hits)

    @cached_property
    def agreement(self) -> NDArray[np.str_]:
        """The agreement each was decided under, (n,); empty where none stands between the two."""
        return self._agreements[self.slice // len(ACTS)]


@dataclass(frozen=True)
class Kernel:
    """Whole columns: their rows, in chunks, then those that a row and its mask alone do not decide."""

    rows: Rows
    layout: Layout
    again: Again

    @property
    def slices(self) -> Slices:
        """The slices of the table."""
        return self.rows.slices

    def decide_many(self, columns: Mapping[str, Any]) -> Decisions:
        """Decide a request a row.

        `columns`: `cell` int64, `mask` uint64 and either `slice` int64 or `lane` and `at` int64 (nanoseconds of UTC),
        all (n,), as `Table.columns` gives them. No row knows of another, so that they may be given in chunks of any
        size. `again` bool (n,) spares looking for the rows that a mask does not decide; those need the numbers given
        as well. Raises InputError for columns that are missing or of other lengths, and for instants or slices
        outside the table.
        """
        if not isinstance(columns, Mapping):
            raise InputError("columns come by their names", remedy="let `Table.columns` make them")
        cell, mask = _column(columns, "cell", np.int64), _column(columns, "mask", np.uint64)
        slices, times = self._when(columns)
        if not len(cell) == len(mask) == len(slices):
            raise InputError("columns of different lengths", remedy="give each the same number of rows")
        hits, permit = np.empty(len(cell), np.uint64), np.empty(len(cell), np.bool_)
        for start in range(0, len(cell), CHUNK):
            part = slice(start, start + CHUNK)
            if times is not None:
                self.rows.find(times[0][part], times[1][part], slices[part])
            self.rows.decide(slices[part], cell[part], mask[part], hits[part], permit[part])
        if self._several:
            slices = self._other_agreements(cell, mask, slices, hits, permit)
        self._look_again(columns, slices, hits, permit)
        return Decisions(permit, hits, slices, self.layout, self._agreements)

    @cached_property
    def _several(self) -> bool:
        """Whether several agreements stand between some two at one time."""
        return bool((self.slices.following >= 0).any())

    @cached_property
    def _agreements(self) -> NDArray[np.str_]:
        return np.array([edge.agreement if edge else "" for edge in self.slices.edges], np.str_)

    def _when(self, columns: Mapping[str, Any]) -> tuple[Ints, tuple[Ints, Ints] | None]:
        """The slices given; or room for them, with the lanes and instants to find them by."""
        if "slice" in columns:
            return _column(columns, "slice", np.int64), None
        lane, at = _column(columns, "lane", np.int64), _column(columns, "at", np.int64)
        if len(lane) != len(at):
            raise InputError("columns of different lengths", remedy="give each the same number of rows")
        return np.empty(len(at), np.int64), (lane, at)

    def slices_of(self, columns: Mapping[str, Any]) -> Ints:
        """The slice of each row by its lane and instant."""
        slices, times = self._when({name: columns[name] for name in ("lane", "at") if name in columns})
        assert times is not None
        for start in range(0, len(slices), CHUNK):
            part = slice(start, start + CHUNK)
            self.rows.find(times[0][part], times[1][part], slices[part])
        return slices

    def slice_of(self, lane: int, at: Instant, agreement: str) -> int:
        """The slice of an agreement on a lane (times ACTS, plus act) at an instant.

        That of no agreement, 0, where it has none there.
        """
        found = int(self.slices.of(np.array([lane]), np.array([at.ns]))[0])
        while found >= 0:
            edge = self.slices.edge(found)
            if edge is not None and edge.agreement == agreement:
                return found
            found = int(self.slices.following[found])
        return 0

    def _other_agreements(self, cell: Ints, mask: Words, slices: Ints, hits: Words, permit: NDArray[np.bool_]) -> Ints:
        """Where several agreements stand between the two, take the one that permits, else the closest."""
        chosen = slices.copy()
        rows = np.flatnonzero(self.slices.following.take(slices) >= 0)
        best, at = self._weight(hits[rows], slices[rows]), slices[rows]
        doubt = np.uint64(self.layout.shared)
        seen = hits & doubt
        while len(rows):
            at = self.slices.following.take(at)
            more = at >= 0
            rows, at, best = rows[more], at[more], best[more]
            found = self.rows.words_of(at, cell[rows]) & mask[rows]
            seen[rows] |= found & doubt
            weight = self._weight(found, at)
            better = weight < best
            best = np.where(better, weight, best)
            hits[rows[better]], chosen[rows[better]] = found[better], at[better]
        hits |= seen
        permit[:] = hits == 0
        return chosen

    def _weight(self, hits: Words, slices: Ints) -> Ints:
        """Which verdict stands: a permit first, then one in force, then that with the fewest failed checks."""
        count = np.bitwise_count(self.layout.failed(hits)).astype(np.int64)
        count[~self.slices.in_force.take(slices)] += len(BIT) + 1
        count[hits != 0] += 2 * (len(BIT) + 1)
        return count

    def _look_again(self, columns: Mapping[str, Any], chosen: Ints, hits: Words, permit: NDArray[np.bool_]) -> None:
        """The rows that a mask alone does not decide, one by one."""
        if "again" in columns:
            again = _column(columns, "again", np.bool_)
            if len(again) != len(hits):
                raise InputError("columns of different lengths", remedy="give each the same number of rows")
            rows = np.flatnonzero(again)
        else:
            rows = np.flatnonzero(hits & np.uint64(AGAIN))
        if self.layout.shared:
            rows = np.union1d(rows, np.flatnonzero(hits & np.uint64(self.layout.shared)))
        if not len(rows):
            return
        for name in ASKED:
            if len(_column(columns, name, np.int64)) != len(hits):
                raise InputError("columns of different lengths", remedy="give each the same number of rows")
        for row, failed, number in self.again(columns, rows.tolist()):
            hits[row], permit[row], chosen[row] = failed & FAILED, not failed, number


def _column(columns: Mapping[str, Any], name: str, kind: type[np.generic]) -> NDArray[Any]:
    if name not in columns:
        raise InputError(f"no column `{name}`", remedy="let `Table.columns` make the columns")
    found = np.asarray(columns[name])
    if found.ndim != 1 or found.dtype != kind:
        raise InputError(
            f"the column `{name}` is {found.dtype} of {found.ndim} dimensions",
            remedy=f"give one dimension of {np.dtype(kind)}",
        )
    return found
