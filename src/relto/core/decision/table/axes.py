"""The axes of a table: every rank, topic, purpose, originator and addressee that can make a difference, numbered.

A topic or purpose that no clause names decides as any other that none names, so one number stands for all of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from relto.core.agreement import Agreement
from relto.core.decision.request import ACTS
from relto.core.dossier import Dossier
from relto.core.label import STANDARD_RANKS

OTHER = ""
"""What stands on an axis for all that no clause names."""


@dataclass(frozen=True)
class Axes:
    """Ranks come first on the axis of grades, then one slot for each irregular mark of the lane's sender.

    `irregular`: a party's marks that some text puts in another row than their rank would, or in none. A purpose has two
    places: asked as the item's own, and asked in its place.
    """

    ranks: tuple[str, ...]
    irregular: Mapping[str, tuple[str, ...]]
    topics: tuple[str, ...]
    purposes: tuple[str, ...]
    originators: tuple[str, ...]

    @cached_property
    def slots(self) -> int:
        """How many grades are kept for irregular marks."""
        return max((len(marks) for marks in self.irregular.values()), default=0)

    @cached_property
    def shape(self) -> tuple[int, int, int, int]:
        """(grades, topics, purposes, acts) of the cells of one edge."""
        return len(self.ranks) + self.slots, len(self.topics), 2 * len(self.purposes), len(ACTS)

    @cached_property
    def size(self) -> int:
        """Cells of one edge."""
        return self.plane * self.shape[3]

    @cached_property
    def plane(self) -> int:
        """Cells of one edge for one act."""
        grades, topics, purposes, _ = self.shape
        return grades * topics * purposes

    @cached_property
    def _codes(self) -> tuple[dict[str, int], ...]:
        axes = (self.ranks, self.topics, self.purposes, self.originators)
        return tuple({name: number for number, name in enumerate(axis)} for axis in axes)

    def rank(self, rank: str) -> int:
        """The grade of a rank."""
        return self._codes[0][rank]

    def slot(self, party: str, mark: str) -> int | None:
        """The grade of an irregular mark where its own party sends it; None where the mark is regular."""
        marks = self.irregular.get(party, ())
        return len(self.ranks) + marks.index(mark) if mark in marks else None

    def topic(self, topic: str) -> int:
        """The place of a topic: that of the nearest topic above it that a clause names."""
        codes, name = self._codes[1], topic
        while name and name not in codes:
            name = name.rpartition("/")[0]
        return codes[name]

    def purpose(self, asked: str, *, own: bool) -> int:
        """The place of a purpose asked, as the item's own or instead of it."""
        codes = self._codes[2]
        return 2 * codes.get(asked, codes[OTHER]) + (0 if own else 1)

    def originator(self, party: str) -> int:
        """The number of an originator."""
        codes = self._codes[3]
        return codes.get(party, codes[OTHER])


def axes_of(dossier: Dossier) -> Axes:
    """The axes that the texts and parties of a dossier need, whatever its records say."""
    texts = [text for versions in dossier.agreements.values() for text in versions]
    members = {party for text in texts for party in text.parties} | set(dossier.parties)
    return Axes(
        ranks=_ranks(dossier, texts),
        irregular={party: marks for party in sorted(members) if (marks := _irregular(dossier, party))},
        topics=_with_other(_topics(dossier, texts)),
        purposes=_with_other(_purposes(dossier, texts)),
        originators=_with_other(members),
    )


def _with_other(names: Iterable[str]) -> tuple[str, ...]:
    return (*sorted(set(names) - {OTHER}), OTHER)


def _ranks(dossier: Dossier, texts: Iterable[Agreement]) -> tuple[str, ...]:
    """High to low as far as the dossier orders them: the rows of the texts, the parties' marks, the rank of no mark."""
    named = [row.rank for text in texts if text.levels for row in text.levels.rows]
    named += [rank for party in dossier.parties.values() for rank in party.ranks()]
    standard = [rank for rank in STANDARD_RANKS if rank in named]
    return (*dict.fromkeys([*standard, *named]), OTHER)


def _topics(dossier: Dossier, texts: Iterable[Agreement]) -> Iterator[str]:
    for text in texts:
        yield from text.scope.topics
    for party in dossier.parties.values():
        for rule in party.domestic:
            yield from rule.topics


def _purposes(dossier: Dossier, texts: Iterable[Agreement]) -> Iterator[str]:
    for text in texts:
        if text.purpose is not None:
            yield from text.purpose.only
    for party in dossier.parties.values():
        for rule in party.domestic:
            yield from rule.purposes


def _irregular(dossier: Dossier, party: str) -> tuple[str, ...]:
    """The marks of `party` that stand in another row than their rank's, in some text of an agreement it is a party to.

    An amended text that leaves it out has no column for it, and so no row for any of its marks.
    """
    described = dossier.parties.get(party)
    own = {mark.mark: mark.rank for mark in described.marks} if described is not None else {}
    found: dict[str, None] = {}
    mine = [versions for versions in dossier.agreements.values() if any(party in text.parties for text in versions)]
    for text in (text for versions in mine for text in versions):
        if text.levels is None:
            continue
        columns = (mark for row in text.levels.rows for mark in row.marks.get(party, ()))
        for mark in dict.fromkeys((*own, *columns)):
            if text.levels.row_of_mark(party, mark) is not text.levels.row_of_rank(own.get(mark, OTHER)):
                found[mark] = None
    return tuple(found)
