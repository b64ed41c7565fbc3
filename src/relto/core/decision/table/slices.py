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

from relto.core.decision.table.lane import Edge, Lane
from relto.core.timeline import Instant

Ints = NDArray[np.int64]

_MOST_STEPS: Final = 1 << 14


@dataclass(frozen=True)
class Slices:
    """`base`, `start`, `end` (nanoseconds), `following` (the next agreement of the same lane and time, or -1).

    Slices are numbered lane by lane and in order of time; those of a lane's second and later agreements come last.
    """

    base: Ints
    start: Ints
    end: Ints
    lane: Ints
    following: Ints
    in_force: NDArray[np.bool_]
    edges: tuple[Edge | None, ...]
    cuts: Ints
    at_cut: Ints
    shift: int
    first: Ints
    depth: int

    def of(self, lane: Ints, at: Ints) -> Ints:
        """The slice of each row, int64 as `lane` and `at` (nanoseconds, within the window)."""
        step = np.subtract(at, self.cuts[0])
        np.right_shift(step, self.shift, out=step)
        cut = self.first.take(step, mode="clip")
        following = np.empty_like(cut)
        for _ in range(self.depth):
            self.cuts[1:].take(cut, out=following, mode="clip")
            cut += at >= following
        np.multiply(lane, len(self.cuts) - 1, out=step)
        cut += step
        found: Ints = self.at_cut.take(cut, mode="clip")
        return found


def slices_of(lanes: Iterable[Lane], none: int, end: Instant) -> Slices:
    """Number the slices of `lanes`. `none`: where the block begins that stands for no agreement."""
    lanes = tuple(lanes)
    rows: list[tuple[int, int, int, int, Edge | None]] = []  # lane, start, end, following, edge
    later: list[tuple[int, int, int, int, Edge | None]] = []
    total = sum(len(lane.stretches) for lane in lanes)
    for number, lane in enumerate(lanes):
        ends = (*lane.starts[1:], end.ns)
        for stretch, start, stop in zip(lane.stretches, lane.starts, ends, strict=True):
            following = -1
            for edge in stretch.edges[:0:-1]:
                later.append((number, start, stop, following, edge))
                following = total + len(later) - 1
            rows.append((number, start, stop, following, stretch.edges[0] if stretch.edges else None))
    every = rows + later
    cuts = np.array(sorted({start for lane in lanes for start in lane.starts} | {end.ns}), np.int64)
    shift, first, depth = _steps(cuts)
    return Slices(
        base=np.array([none if row[4] is None else row[4].base for row in every], np.int64),
        start=np.array([row[1] for row in every], np.int64),
        end=np.array([row[2] for row in every], np.int64),
        lane=np.array([row[0] for row in every], np.int64),
        following=np.array([row[3] for row in every], np.int64),
        in_force=np.array([row[4] is not None and row[4].in_force for row in every], np.bool_),
        edges=tuple(row[4] for row in every),
        cuts=cuts,
        at_cut=_at_cut(lanes, cuts),
        shift=shift,
        first=first,
        depth=depth,
    )


def _at_cut(lanes: tuple[Lane, ...], cuts: Ints) -> Ints:
    """For each lane and each stretch between two cuts the number of its slice, lane after lane."""
    found, before = [], 0
    for lane in lanes:
        starts = np.array(lane.starts, np.int64)
        found.append(np.searchsorted(starts, cuts[:-1], side="right") - 1 + before)
        before += len(starts)
    return np.concatenate(found)


def _steps(cuts: Ints) -> tuple[int, Ints, int]:
    """How far to shift an instant to get its step, the cut each step begins in, and the most cuts within one."""
    span = int(cuts[-1] - cuts[0])
    shift = max(span.bit_length() - _MOST_STEPS.bit_length() + 1, 0)
    steps = np.arange((span >> shift) + 1, dtype=np.int64)
    first = np.searchsorted(cuts, cuts[0] + (steps << shift), side="right") - 1
    last = np.searchsorted(cuts, np.minimum(cuts[0] + ((steps + 1) << shift) - 1, cuts[-1] - 1), side="right") - 1
    return shift, np.minimum(first, len(cuts) - 2), int(np.max(last - first, initial=0))
