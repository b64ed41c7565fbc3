"""The level table of an agreement in one direction, row by row (article 4 of the 2016 text and its kin)."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.agreement import Agreement
from relto.core.dossier import Dossier
from relto.core.label import Levels, RankRow
from relto.formats.cedar.syntax import among, both, either, one_of


@dataclass(frozen=True, slots=True)
class Passage:
    """Items of one row in one direction, and the rank and marks under which the recipient protects them.

    `marks`: the sender's own in this row. `source`: the row's rank, which counts for an item of somebody else.
    """

    source: str
    marks: tuple[str, ...]
    by_rank: bool
    rank: str
    there: tuple[str, ...]

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """What selects it: the sender's marks, and the rank of others' items."""
        own = {("mark", mark) for mark in self.marks}
        return frozenset(own | ({("rank", self.source)} if self.by_rank else set()))


def passages(text: Agreement, sender: str, recipient: str) -> list[Passage]:
    """The rows that the recipient can protect; a mark or rank that stands twice belongs to its first row."""
    if text.levels is None:
        return []
    found = []
    seen: set[tuple[str, str]] = set()
    for row in text.levels.rows:
        marks = tuple(mark for mark in row.marks.get(sender, ()) if ("mark", mark) not in seen)
        by_rank = ("rank", row.rank) not in seen
        seen |= {("mark", mark) for mark in marks} | {("rank", row.rank)}
        kept = _protecting_row(text.levels, row, recipient)
        if kept is not None and (marks or by_rank):
            found.append(Passage(row.rank, marks, by_rank, kept.rank, kept.marks[recipient]))
    return found


def _protecting_row(levels: Levels, row: RankRow, recipient: str) -> RankRow | None:
    """The row itself where the recipient has a mark there, else the one it `treat_as`; None: not releasable."""
    if row.marks.get(recipient):
        return row
    treated = row.treat_as.get(recipient)
    other = next((one for one in levels.rows if one.rank == treated), None)
    return other if other is not None and other.marks.get(recipient) else None


def selects(keys: frozenset[tuple[str, str]]) -> str:
    """That the item is one of `keys`: the provider's own by its mark, anybody else's by its rank."""
    marks = [name for kind, name in keys if kind == "mark"]
    ranks = [name for kind, name in keys if kind == "rank"]
    own = both("resource.originator == context.provider", among("resource.mark", marks)) if marks else ""
    other = (
        both("resource.originator != context.provider", "resource has rank", one_of("resource.rank", "Rank", ranks))
        if ranks
        else ""
    )
    return either(one for one in (own, other) if one)


def at_least(dossier: Dossier, text: Agreement, rank: str) -> list[str]:
    """The ranks that are as high as `rank` or higher as this text orders them; what it cannot compare is not."""
    order = dossier.rank_order(text)
    known = dict.fromkeys([rank, *(one for ranks in order.lists for one in ranks)])
    return [one for one in known if order.at_least(one, rank)]
