"""Properties that a user writes: what is never permitted, or permitted only so, in the dossier's own terms (DESIGN 5).

The axes are cut finer where a property names a topic or a purpose that no clause does; every point is then looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.proof.proof import Counterexample, Proof
from relto.core.decision.proof.view import FREE, Flags, Row, needed, permitted, rows_of
from relto.core.decision.proof.wording import Spot, counterexample, mark_of, rank_of, unnamed
from relto.core.decision.request import ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER
from relto.core.label import covers_any
from relto.core.timeline import ETERNITY, GENESIS, Instant

Names = tuple[str, ...] | None
"""What a pattern names on one axis; None is all of it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a permit must match, axis by axis. A topic covers all below it; a party covers its firms and authorities.

    `ranks` are those of the items' marks at their originators; `purposes` are those asked; `start` belongs to it, `end`
    does not.
    """

    acts: Names = None
    senders: Names = None
    recipients: Names = None
    agreements: Names = None
    ranks: Names = None
    topics: Names = None
    purposes: Names = None
    originators: Names = None
    start: Instant = GENESIS
    end: Instant = ETERNITY

    def names_edge(self, row: Row) -> bool:
        """Whether sender, recipient and agreement match."""
        return (
            _named(self.senders, row.lane.sender)
            and (_named(self.recipients, row.lane.recipient) or _named(self.recipients, row.recipient))
            and _named(self.agreements, row.edge.agreement)
        )


@dataclass(frozen=True, slots=True)
class Property:
    """`must` None: no permit matches `where`. Else every permit that matches `where` matches `must` as well.

    A permit is one that no consent is needed for: what stands on the texts alone.
    """

    id: str
    says: str
    where: Pattern
    must: Pattern | None = None


@dataclass(frozen=True)
class _Points:
    """The finer axes: topics with the number of each in the table; purposes, each asked as the item's own or not."""

    topics: tuple[str, ...]
    topic: NDArray[np.int64]
    purposes: tuple[tuple[str, bool], ...]
    purpose: NDArray[np.int64]


def prove_property(table: Table, wanted: Property) -> Proof:
    """Look for a permit that contradicts `wanted`, at every point of every row that it is about."""
    points = _points(table, wanted)
    cells = stretches = 0
    found: Counterexample | None = None
    for row in rows_of(table):
        start, end = max(row.start, wanted.where.start), min(row.end, wanted.where.end)
        if start >= end or not wanted.where.names_edge(row):
            continue
        stretches += 1
        cells += len(points.topics) * len(points.purposes) * table.ground.axes.shape[0] * len(ACTS)
        if found is None:
            found = next(_contradictions(table, wanted, points, row, (start, end)), None)
    return Proof(wanted.id, wanted.says, cells, stretches, found)


def _points(table: Table, wanted: Property) -> _Points:
    axes = table.ground.axes
    patterns = [wanted.where, *([wanted.must] if wanted.must else [])]
    topics = dict.fromkeys([*axes.topics, *(one for pattern in patterns for one in pattern.topics or ())])
    names = dict.fromkeys([*axes.purposes, *(one for pattern in patterns for one in pattern.purposes or ())])
    purposes = tuple((name, own) for name in names for own in (True, False))
    return _Points(
        tuple(topics),
        np.array([axes.topic(one) for one in topics], np.int64),
        purposes,
        np.array([axes.purpose(name, own=own) for name, own in purposes], np.int64),
    )


def _contradictions(
    table: Table, wanted: Property, points: _Points, row: Row, span: tuple[Instant, Instant]
) -> Iterator[Counterexample]:
    """The first point at which each originator's items contradict `wanted` on this row, the sender's own first."""
    permits = permitted(table, row.edge)
    for originator in sorted(table.dossier.parties, key=lambda one: (one != row.lane.sender, one)):
        if not _named(wanted.where.originators, originator):
            continue
        number = table.ground.axes.originator(originator)
        free = permits & (needed(table, row.edge, number) == FREE)
        refined = free[:, points.topic][:, :, points.purpose]
        wrong = refined & _matches(table, wanted.where, points, row, originator)
        at = span[0]
        if wanted.must is not None:
            meets = wanted.must.names_edge(row) and _named(wanted.must.originators, originator)
            during = wanted.must.start <= span[0] and span[1] <= wanted.must.end
            if meets and during:
                wrong &= ~_matches(table, wanted.must, points, row, originator)
            elif meets and wanted.must.start <= span[0]:
                at = max(span[0], wanted.must.end)
        if wrong.any():
            yield _shown(table, wanted, points, row, originator, at, wrong)


def _shown(
    table: Table, wanted: Property, points: _Points, row: Row, originator: str, at: Instant, wrong: Flags
) -> Counterexample:
    grade, topic, asked, act = (int(one) for one in np.argwhere(wrong)[0])
    name, own = points.purposes[asked]
    spot = Spot(
        grade,
        points.topics[topic] or unnamed("other-topic", points.topics),
        name or unnamed("other-purpose", tuple(one for one, _ in points.purposes)),
        own,
        act,
    )
    demands = "no permit: " + wanted.says if wanted.must is None else wanted.says
    return counterexample(table, row, spot, originator=originator, at=at, table_says="permit", demands=demands)


def _matches(table: Table, pattern: Pattern, points: _Points, row: Row, originator: str) -> Flags:
    """Which points the pattern matches, of the items of `originator`: bool (grades, topics, purposes, acts).

    Grades for which the originator has no mark match nothing: there is no such item.
    """
    grades = [
        mark_of(table, row.lane.sender, originator, grade) is not None
        and _named(pattern.ranks, rank_of(table, originator, grade))
        for grade in range(table.ground.axes.shape[0])
    ]
    topics = [pattern.topics is None or (one != OTHER and covers_any(pattern.topics, one)) for one in points.topics]
    purposes = [_named(pattern.purposes, name) for name, _ in points.purposes]
    acts = [_named(pattern.acts, act) for act in ACTS]
    flags = [np.array(one, np.bool_) for one in (grades, topics, purposes, acts)]
    found: Flags = flags[0][:, None, None, None] & flags[1][:, None, None] & flags[2][:, None] & flags[3]
    return found


def _named(names: Names, one: str) -> bool:
    return names is None or one in names
