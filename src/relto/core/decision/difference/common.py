"""Common axes: what either table tells apart, and where that stands in each of them.

Exact, because a topic or purpose that a table's clauses do not name decides there as the nearest one above it, or as
any other; and a mark that is not irregular there decides as its rank. Ranks are those that some party's mark stands
for: no other can an item bear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.difference.change import Asked, Scale
from relto.core.decision.request import ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER, Axes
from relto.core.decision.table.lane import Edge
from relto.core.decision.table.word import BIT, FAILED
from relto.core.dossier import Party

Failed = NDArray[np.uint64]
"""The failed checks of each combination, as bit sets: uint64 (bearings, topics, purposes, acts)."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """What an item bears: a rank, or a mark of the sender's own that stands by itself."""

    rank: str
    mark: str = ""


@dataclass(frozen=True)
class Common:
    """The axes of both tables together."""

    parties: Mapping[str, Party]
    scale: Scale
    irregular: Mapping[str, tuple[str, ...]]

    @property
    def purposes(self) -> tuple[Asked, ...]:
        """The axis of purposes: each as the item's own, then asked instead of it."""
        return tuple((name, own) for name in self.scale.purposes for own in (True, False))

    def bearings(self, sender: str) -> tuple[Bearing, ...]:
        """What the items that `sender` can send may bear."""
        alone = self.irregular.get(sender, ())
        borne = {
            mark.rank
            for party in self.parties.values()
            for mark in party.marks
            if party.id != sender or mark.mark not in alone
        }
        own = {mark.mark: mark.rank for mark in self.parties[sender].marks}
        ranks = [Bearing(rank) for rank in self.scale.ranks if rank in borne]
        return (*ranks, *(Bearing(own.get(mark, OTHER), mark) for mark in alone))

    def failed(self, table: Table, edge: Edge | None, sender: str) -> Failed:
        """The failed checks of every combination on an edge; without one nothing but `standing` fails."""
        bearings = self.bearings(sender)
        if edge is None:
            shape = (len(bearings), len(self.scale.topics), len(self.purposes), len(ACTS))
            return np.full(shape, BIT["standing"], np.uint64)
        axes = table.ground.axes
        grades = [_grade(axes, sender, one) for one in bearings]
        topics = [axes.topic(topic) for topic in self.scale.topics]
        purposes = [axes.purpose(name, own=own) for name, own in self.purposes]
        cells = table.cells(edge)[np.ix_(grades, topics, purposes, range(len(ACTS)))]
        return cells & np.uint64(FAILED)


def _grade(axes: Axes, sender: str, bearing: Bearing) -> int:
    slot = axes.slot(sender, bearing.mark) if bearing.mark else None
    return axes.rank(bearing.rank) if slot is None else slot


def common_axes(before: Table, after: Table) -> Common:
    """The axes of two tables of the same parties."""
    one, other = before.ground.axes, after.ground.axes
    parties = before.dossier.parties
    borne = {mark.rank for party in parties.values() for mark in party.marks}
    ranks = tuple(rank for rank in dict.fromkeys((*one.ranks, *other.ranks)) if rank in borne)
    irregular = {
        party: tuple(dict.fromkeys((*one.irregular.get(party, ()), *other.irregular.get(party, ()))))
        for party in parties
    }
    return Common(
        parties,
        Scale(ranks, _joined(one.topics, other.topics), _joined(one.purposes, other.purposes)),
        irregular,
    )


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return (*sorted({*one, *other} - {OTHER}), OTHER)
