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


def history_of(table: Table, agreement: str, sender: str, other: str) -> History:
    """The history of an agreement between a sender and another, as the table's reading (else the sender's) has it."""
    window = table.window
    return table.dossier.history(
        agreement, reading=window.reading or sender, known_by=window.known_by, between=(sender, other)
    )


def moments(table: Table, sender: str, others: Iterable[str], start: Instant, end: Instant) -> tuple[Instant, ...]:
    """`start`, and every instant before `end` at which what is cited may change though the answers do not.

    Those are the phases of all agreements that allow direct release between `sender` and `others`: an answer may be the
    same under `unsigned` and `signed`, or under one governing text and another, and yet rest on another article.
    """
    found = {start}
    for name, versions in table.dossier.agreements.items():
        first = versions[0]
        if first.mediates or sender not in first.parties:
            continue
        for other in others:
            if other != sender and other in first.parties:
                history = history_of(table, name, sender, other)
                found.update(phase.start for phase in history.phases if start < phase.start < end)
    return tuple(sorted(found))


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
]
