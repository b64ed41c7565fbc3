"""Equivalence of marks: a relation by rank, many-to-many, with holes (article 4 of the 2016 text and its kin)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RankRow:
    """One rank: the marks that each party has for it, and for a party without one, the rank it is treated as."""

    rank: str
    marks: Mapping[str, tuple[str, ...]]
    treat_as: Mapping[str, str] = field(default_factory=dict)
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Levels:
    """The rows of an agreement, high to low. A rank without a row is not releasable under it."""

    article: str
    rows: tuple[RankRow, ...]
    unconfirmed: bool = False

    def row_of_mark(self, party: str, mark: str) -> RankRow | None:
        """The row in whose column for `party` the mark stands."""
        return next((row for row in self.rows if mark in row.marks.get(party, ())), None)

    def row_of_rank(self, rank: str) -> RankRow | None:
        """The row of a rank."""
        return next((row for row in self.rows if row.rank == rank), None)

    def protected_as(self, row: RankRow, party: str) -> RankRow | None:
        """The row by which `party` protects an item of `row`: its own, or the one it treats it as; else none."""
        if row.marks.get(party):
            return row
        target = row.treat_as.get(party)
        found = self.row_of_rank(target) if target is not None else None
        return found if found is not None and found.marks.get(party) else None
