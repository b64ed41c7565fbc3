"""Slices: the edges of all lanes by number, and which of them an instant falls into, without a search.

The window is cut into as many steps of equal length as it takes for each to hold few cuts; a step and a few comparisons
then give the slice of any instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.request import ACTS
from relto.core.decision.table.compiling import Ground
from relto.core.decision.table.lane import Edge, Lane
from relto.core.decision.table.word import AGAIN, BIT, Words
from relto.core.errors import InputError
from relto.core.timeline import Instant

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST: Final = int(np.iinfo(np.int64).min)
MOST: Final = int(np.iinfo(np.int64).max)
"""The first and last instants that a column of nanoseconds holds: 1677-09-21 and 2262-04-11."""
_MOST_STEPS: Final = 1 << 14
_FEW: Final = 6
"""Up to so many cuts, comparing with each of them costs numpy less than a step does."""


@dataclass(frozen=True)
class Slices:
    """A slice is one act under one edge over one stretch; its number is that of edge and stretch times ACTS, plus act.

    `base`, `asks`: where its cells begin, and the bits that all of them have besides. `following`: the next agreement
    of the same lane, time and act, or -1. Those of a lane's second and later agreements come last.
    """

    base: Ints
    asks: Words
    following: Ints
    in_force: NDArray[np.bool_]
    edges: tuple[Edge | None, ...]
    lanes: int
    cuts: Ints
    at_cut: Ints
    shift: int
    first: Ints
    depth: int

    def of(self, lane: Ints, at: Ints) -> Ints:
        """The slice of each row, int64 as `lane` (times ACTS, plus act) and `at` (nanoseconds).

        Raises InputError for an instant outside the window or a lane that is none.
        """
        step = np.subtract(at, self.cuts[0])  # may pass the largest number there is: it is right without its sign
        check_below("at", step, int(self.cuts[-1]) - int(self.cuts[0]))
        check_below("lane", lane, self.lanes * len(ACTS))
        cut = self._few_passed(at) if len(self.cuts) <= _FEW else self._passed(at, step)
        np.multiply(lane, len(self.cuts) - 1, out=step)
        cut += step
        found: Ints = self.at_cut.take(cut, mode="clip")
        return found

    def _few_passed(self, at: Ints) -> Ints:
        """How many of the cuts after the first each instant has reached."""
        cut = np.zeros(len(at), np.int64)
        for start in self.cuts[1:-1].tolist():
            cut += at >= start
        return cut

    def _passed(self, at: Ints, step: Ints) -> Ints:
        """The same by the step, which is how far into the window it is; `step` is written over."""
        unsigned = step.view(np.uint64)
        np.right_shift(unsigned, np.uint64(self.shift), out=unsigned)
        cut = self.first.take(step, mode="clip")
        following = np.empty_like(cut)
        for _ in range(self.depth):
            self.cuts[1:].take(cut, out=following, mode="clip")
            cut += at >= following
        return cut

    def edge(self, number: int) -> Edge | None:
        """The edge of a slice; None where no agreement stands between the two."""
        return self.edges[number // len(ACTS)]


def _held(at: int) -> int:
    """The instant, or the nearest to it that a column holds."""
    return min(max(at, LEAST), MOST)


@dataclass(frozen=True, slots=True)
class _Row:
    following: int
    edge: Edge | None


def slices_of(lanes: Iterable[Lane], ground: Ground, end: Instant) -> Slices:
    """Number the slices of `lanes`, as far as columns hold their instants.

    Raises InputError for a table that lies outside of that altogether.
    """
    lanes = tuple(lanes)
    if all(_held(lane.starts[0]) == _held(end.ns) for lane in lanes):
        raise InputError(
            "no column of nanoseconds holds an instant of this table",
            remedy="ask by the column about 1678 to 2261 only, and with `Table.decide` about all else",
        )
    rows: list[_Row] = []
    later: list[_Row] = []
    total = sum(len(lane.stretches) for lane in lanes)
    for lane in lanes:
        for stretch in lane.stretches:
            following = -1
            for edge in stretch.edges[:0:-1]:
                later.append(_Row(following, edge))
                following = total + len(later) - 1
            rows.append(_Row(following, stretch.edges[0] if stretch.edges else None))
    rows += later
    cuts = np.array(sorted({_held(at) for lane in lanes for at in (*lane.starts, end.ns)}), np.int64)
    base, asks = _cells(rows, ground)
    following_rows = np.array([row.following for row in rows], np.int64)
    following_rows = following_rows[:, None] * len(ACTS) + np.arange(len(ACTS))
    shift, first, depth = _steps(cuts)
    return Slices(
        base=base,
        asks=asks,
        following=np.maximum(following_rows.reshape(-1), -1),
        in_force=np.repeat([row.edge is not None and row.edge.in_force for row in rows], len(ACTS)),
        edges=tuple(row.edge for row in rows),
        lanes=len(lanes),
        cuts=cuts,
        at_cut=_at_cut(lanes, cuts),
        shift=shift,
        first=first,
        depth=depth,
    )


def _cells(rows: list[_Row], ground: Ground) -> tuple[Ints, Words]:
    """Where the cells of each row and act begin, and what they ask besides."""
    none = (ground.no_agreement(),) * len(ACTS)
    refused = (AGAIN | BIT["standing"],) * len(ACTS)
    bases = np.array([none if row.edge is None else row.edge.base for row in rows], np.int64)
    asks = np.array([refused if row.edge is None else row.edge.asks for row in rows], np.uint64)
    return bases.reshape(-1), asks.reshape(-1)


def _at_cut(lanes: tuple[Lane, ...], cuts: Ints) -> Ints:
    """For each lane, each act and each stretch between two cuts the number of its slice, in that order."""
    found, before = [], 0
    for lane in lanes:
        starts = np.array([_held(one) for one in lane.starts], np.int64)
        rows = np.searchsorted(starts, cuts[:-1], side="right") - 1 + before
        found.append((rows * len(ACTS) + np.arange(len(ACTS))[:, None]).reshape(-1))
        before += len(starts)
    return np.concatenate(found)


def check_below(name: str, column: Ints, limit: int) -> None:
    """Raises InputError unless 0 <= column < limit; what is negative is large without its sign."""
    if len(column) and int(column.view(np.uint64).max()) >= limit:
        raise leaves(name)


def leaves(name: str) -> InputError:
    """What is said of a column with a number or an instant outside the table."""
    return InputError(f"the column `{name}` leaves the table", remedy="let `Table.columns` make it")


def _steps(cuts: Ints) -> tuple[int, Ints, int]:
    """How far to shift an instant to get its step, the cut each step begins in, and the most cuts within one."""
    start, span = int(cuts[0]), int(cuts[-1]) - int(cuts[0])
    shift = max(span.bit_length() - _MOST_STEPS.bit_length() + 1, 0)
    steps = [start + (step << shift) for step in range((span >> shift) + 1)]
    last = int(cuts[-1]) - 1
    begins = np.array(steps, np.int64)
    ends = np.array([min(step + (1 << shift) - 1, last) for step in steps], np.int64)
    first = np.searchsorted(cuts, begins, side="right") - 1
    final = np.searchsorted(cuts, ends, side="right") - 1
    return shift, np.minimum(first, len(cuts) - 2), int(np.max(final - first, initial=0))
