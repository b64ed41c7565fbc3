"""Properties that a user writes: what is never permitted, or permitted only so, in the dossier's own terms (DESIGN 5).

The axes are cut finer where a property names a topic or a purpose that no clause does; every point is then looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.proof.proof import Counterexample, Proof
from relto.core.decision.proof.view import FREE, Flags, Row, needed, permitted, rows_of, stricter
from relto.core.decision.proof.wording import Spot, counterexample, mark_of, rank_of, unnamed
from relto.core.decision.request import ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER
from relto.core.errors import InputError, Position
from relto.core.label import ancestry
from relto.core.timeline import ETERNITY, GENESIS, Instant

Names = tuple[str, ...] | None
"""What a pattern names on one axis; None is all of it."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a permit must match, axis by axis. A topic covers all below it; a party covers its firms and authorities.

    `ranks` are those of the items' marks at their originators; `purposes` are those asked; `start` belongs to it, `end`
    does not. `place`: where it is written.
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
    place: Position | None = field(default=None, compare=False)

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

    A permit is one that no consent is needed for: what stands on the texts alone, and on the stricter rules of sender
    and originator.
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

    def named(self, pattern: Pattern) -> Flags:
        """Which topics, purposes and acts the pattern names: bool (topics, purposes, acts)."""
        broad = None if pattern.topics is None else frozenset(pattern.topics)
        topics = [broad is None or not broad.isdisjoint(ancestry(one)) for one in self.topics]
        purposes = [_named(pattern.purposes, name) for name, _ in self.purposes]
        acts = [_named(pattern.acts, act) for act in ACTS]
        flags = [np.array(one, np.bool_) for one in (topics, purposes, acts)]
        found: Flags = flags[0][:, None, None] & flags[1][:, None] & flags[2]
        return found


class _Matching:
    """A pattern held against rows. `met`: since some row there was a cell that it names, permitted or not."""

    def __init__(self, table: Table, pattern: Pattern, points: _Points) -> None:
        self.pattern = pattern
        self._table = table
        self._named = points.named(pattern)
        self.on_a_row = self.in_time = self.met = False

    def look(self, row: Row, start: Instant, end: Instant) -> None:
        """Note whether it names a cell of the row, and one within [start, end)."""
        if self.met or not self.pattern.names_edge(row):
            return
        self.on_a_row = True
        if start < end:
            self.in_time = True
            self.met = any(self._ranks(row, one, of_no_rank=False).any() for one in self._originators())

    def points(self, row: Row, originator: str) -> Flags:
        """Which points it names of the items of `originator`: bool (grades, topics, purposes, acts)."""
        found: Flags = self._ranks(row, originator)[:, None, None, None] & self._named
        return found

    def _originators(self) -> Iterator[str]:
        return (one for one in self._table.dossier.parties if _named(self.pattern.originators, one))

    def _ranks(self, row: Row, originator: str, *, of_no_rank: bool = True) -> NDArray[np.bool_]:
        """Grades for which the originator has no mark match nothing: there is no such item."""
        ranks = [rank_of(self._table, originator, grade) for grade in range(self._table.ground.axes.shape[0])]
        found = [
            (of_no_rank or rank != OTHER)
            and _named(self.pattern.ranks, rank)
            and mark_of(self._table, row.lane.sender, originator, grade) is not None
            for grade, rank in enumerate(ranks)
        ]
        return np.array(found, np.bool_)

    def check_met(self, identifier: str) -> None:
        """Raise InputError, at the place of the pattern, where no cell of the table is named by it."""
        if self.met:
            return
        window = self._table.window
        why, remedy = "no item of these originators has a mark of these ranks", "correct `originator` or `rank`"
        if not self.on_a_row:
            why = "no agreement it names permits direct release between the parties it names"
            remedy = "correct `from`, `to` or `agreement`"
        elif not self.in_time:
            why = f"its `during` and the table, from {window.start} until {window.end}, do not meet"
            remedy = "correct `during`, or give --from and --to"
        raise InputError(f"`{identifier}` speaks of no cell: {why}", where=self.pattern.place, remedy=remedy)


def prove_property(table: Table, wanted: Property) -> Proof:
    """Look for a permit that contradicts `wanted`, at every point of every row that it is about.

    Raises InputError, with the place of the pattern, where `where` or `must` names no cell of the table at all: such a
    property would hold of anything.
    """
    points = _points(table, wanted)
    where = _Matching(table, wanted.where, points)
    must = _Matching(table, wanted.must, points) if wanted.must is not None else None
    cells = stretches = 0
    found: Counterexample | None = None
    for row in rows_of(table):
        if row.lane.sender not in table.dossier.parties:
            continue  # only a text names it: nobody can ask as that party
        start, end = max(row.start, wanted.where.start), min(row.end, wanted.where.end)
        where.look(row, start, end)
        if must is not None:
            must.look(row, row.start, row.end)
        if start >= end or not wanted.where.names_edge(row):
            continue
        stretches += 1
        cells += len(points.topics) * len(points.purposes) * table.ground.axes.shape[0] * len(ACTS)
        if found is None:
            found = next(_contradictions(table, wanted, (where, must), points, row, (start, end)), None)
    where.check_met(wanted.id)
    if must is not None:
        must.check_met(wanted.id)
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
    table: Table,
    wanted: Property,
    matching: tuple[_Matching, _Matching | None],
    points: _Points,
    row: Row,
    span: tuple[Instant, Instant],
) -> Iterator[Counterexample]:
    """The first point at which each originator's items contradict `wanted` on this row, the sender's own first."""
    permits, (where, must) = permitted(table, row.edge), matching
    for originator in sorted(table.dossier.parties, key=lambda one: (one != row.lane.sender, one)):
        if not _named(wanted.where.originators, originator):
            continue
        number = table.ground.axes.originator(originator)
        free = permits & (needed(table, row.edge, number) == FREE) & ~stricter(table, row, originator)
        refined = free[:, points.topic][:, :, points.purpose]
        wrong = refined & where.points(row, originator)
        if must is None or not must.pattern.names_edge(row) or not _named(must.pattern.originators, originator):
            parts = [(span, wrong)]
        else:
            parts = list(_in_time(span, must.pattern, wrong, wrong & ~must.points(row, originator)))
        for part, flags in parts:
            if flags.any():
                yield _shown(table, wanted, points, row, originator, part, flags)


def _in_time(
    span: tuple[Instant, Instant], must: Pattern, before_or_after: Flags, during: Flags
) -> Iterator[tuple[tuple[Instant, Instant], Flags]]:
    """The span cut where `must` begins and ends, with what contradicts it in each part."""
    start, end = max(span[0], must.start), min(span[1], must.end)
    if start >= end:
        yield span, before_or_after
        return
    if span[0] < start:
        yield (span[0], start), before_or_after
    yield (start, end), during
    if end < span[1]:
        yield (end, span[1]), before_or_after


def _shown(
    table: Table,
    wanted: Property,
    points: _Points,
    row: Row,
    originator: str,
    span: tuple[Instant, Instant],
    wrong: Flags,
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
    return counterexample(table, row, spot, originator=originator, span=span, table_says="permit", demands=demands)


def _named(names: Names, one: str) -> bool:
    return names is None or one in names
