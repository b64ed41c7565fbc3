"""A table laid open: a row for each agreement between two over a stretch of time, and its cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relto.core.agreement import History, Phase
from relto.core.decision.request import ACTS, HOLDERS_ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE, Edge, Lane, Stretch
from relto.core.decision.table.word import FAILED, Words
from relto.core.label import covers_any
from relto.core.timeline import Instant

Flags = NDArray[np.bool_]

NEW_RELEASE = np.array([act not in HOLDERS_ACTS for act in ACTS], np.bool_)
"""Which acts give somebody what it did not have: release, disclose, forward. Shape (acts,)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One edge of one lane over [start, end)."""

    lane: Lane
    stretch: Stretch
    edge: Edge
    start: Instant
    end: Instant

    @property
    def recipient(self) -> str:
        """The party whose rules the recipient falls under."""
        return self.edge.frame.to.party


def rows_of(table: Table) -> Iterator[Row]:
    """Every edge of every stretch of every lane."""
    for lane, stretch, end in table.stretches():
        for edge in stretch.edges:
            yield Row(lane, stretch, edge, stretch.start, end)


def permitted(table: Table, edge: Edge) -> Flags:
    """Which cells nothing stands against but what item, person and system may bring: bool, `axes.shape`."""
    found: Flags = (table.cells(edge) & np.uint64(FAILED)) == 0
    return found


def needed(table: Table, edge: Edge, originator: int) -> NDArray[np.int64]:
    """What each cell asks of an item of this originator: FREE, CONSENT or CLOSED, int64, `axes.shape`.

    The table holds it twice, as a bit of the word and beside the edge; the weaker of the two counts here.
    """
    words: Words = table.cells(edge)
    bound = (words & np.uint64(table.ground.layout.originator.bit(originator))) != 0
    return np.where(bound, edge.third[originator], FREE)


def phases_of(table: Table, row: Row) -> Iterator[tuple[Instant, Phase]]:
    """The phases of the row's agreement over its stretch, asked anew from the dossier, each with when it begins there.

    More than one where the state or the text changes within the stretch: a property must hold for each.
    """
    history = history_of(table, row.edge.agreement, row.lane.sender, row.recipient)
    yield row.start, history.phase(row.start)
    for phase in history.phases:
        if row.start < phase.start < row.end:
            yield phase.start, phase


def spans_of(table: Table, row: Row) -> Iterator[tuple[Instant, Instant, Phase]]:
    """The phases of the row's agreement over its stretch, each with when it begins and ends there."""
    found = list(phases_of(table, row))
    ends = (*(at for at, _ in found[1:]), row.end)
    yield from ((at, end, phase) for (at, phase), end in zip(found, ends, strict=True))


def history_of(table: Table, agreement: str, sender: str, other: str, third: str | None = None) -> History:
    """The history of an agreement between `sender` (or `third`) and another, as the table's reading, else the
    sender's, has it."""
    window = table.window
    pair = (sender if third is None else third, other)
    return table.dossier.history(agreement, reading=window.reading or sender, known_by=window.known_by, between=pair)


def moments(
    table: Table, sender: str, others: Iterable[str], start: Instant, end: Instant, to: str = ""
) -> tuple[Instant, ...]:
    """`start`, and every instant before `end` at which what is cited may change though the answers do not.

    Those are the phases of all agreements that allow direct release between `sender` and `others`: an answer may be the
    same under `unsigned` and `signed`, or under one governing text and another, and yet rest on another article. And,
    where `to` is a recipient, the phases of these between `to` and `others`: whether a text binds the two together.
    """
    found, others = {start}, tuple(others)
    for name, versions in table.dossier.agreements.items():
        first = versions[0]
        if first.mediates or sender not in first.parties:
            continue
        members = [one for one in others if one in first.parties]
        pairs = [(sender, one) for one in members if one != sender]
        pairs += [(to, one) for one in members if to in first.parties and one not in (to, sender)]
        for pair in pairs:
            history = history_of(table, name, sender, pair[1], pair[0])
            found.update(phase.start for phase in history.phases if start < phase.start < end)
    return tuple(sorted(found))


def stricter(table: Table, row: Row, originator: str) -> Flags:
    """Which cells a stricter rule of `originator`'s own closes for its items where they are passed on: bool,
    `axes.shape`.

    The table's cells hold the sender's rules only; those of an originator come with the request (article 1).
    """
    axes, to = table.ground.axes, row.edge.frame.to
    found = np.zeros(axes.shape, np.bool_)
    if originator in (row.lane.sender, to.party):
        return found
    ranks = [one.rank for one in row.edge.frame.grades]
    for rule in table.dossier.parties[originator].domestic:
        if rule.to and not {to.party, to.id} & set(rule.to):
            continue
        chosen = (
            [not rule.ranks or rank in rule.ranks for rank in ranks],
            [not rule.topics or covers_any(rule.topics, topic) for topic in axes.topics],
            [not rule.purposes or name in rule.purposes for name in axes.purposes for _ in (True, False)],
            [not rule.acts or act in rule.acts for act in ACTS],
        )
        found[np.ix_(*chosen)] = True
    return found


__all__ = [
    "CLOSED",
    "CONSENT",
    "FREE",
    "NEW_RELEASE",
    "Flags",
    "Row",
    "history_of",
    "moments",
    "needed",
    "permitted",
    "phases_of",
    "rows_of",
    "spans_of",
    "stricter",
]
