"""The impact: what becomes of the same traffic in another world, by topic, rank, party and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relto.core.analysis.impact.answers import OUTCOMES, Answer, Answers, Outcome, shared
from relto.core.analysis.impact.traffic import Ints, Movement, Traffic
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.timeline import Day, Instant, first_instant, local_day

DAY: Final = 86_400_000_000_000
_MOST_DAYS: Final = 200_000
Turn = tuple[Outcome, Outcome]
"""What became of a row as recorded, and what becomes of it in the other world."""
Counts = Counter[Turn]


@dataclass(frozen=True, slots=True)
class Change:
    """One movement whose outcome differs, with both answers."""

    movement: Movement
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Impact:
    """Two worlds side by side over one traffic. All counts are of rows, and add up to its length."""

    traffic: Traffic
    before: Answers
    after: Answers
    total: Counts
    topics: dict[str, Counts]
    ranks: dict[str, Counts]
    parties: dict[tuple[str, str], Counts]
    days: dict[Day, Counts]
    articles: Counter[tuple[str, str, str]]
    """Rows that the other world refuses and the recorded one did not, by each failed ground: (check, agreement,
    article)."""

    def changes(self) -> Iterator[Change]:
        """Every row whose outcome differs, in order."""
        before, after = self.before.outcome, self.after.outcome
        for row in np.flatnonzero(before != after).tolist():
            yield Change(self.traffic.movement(row), self.before.row(row), self.after.row(row))

    def rows(self) -> Iterator[Change]:
        """Every row, in order."""
        for row in range(len(self.traffic)):
            yield Change(self.traffic.movement(row), self.before.row(row), self.after.row(row))


def lost(counts: Counts) -> int:
    """What went, and goes no more."""
    return sum(count for (before, after), count in counts.items() if before != "refused" and after == "refused")


def diverted(counts: Counts) -> int:
    """What went straight, and now goes through the ally."""
    return counts["direct", "mediated"]


def impact(
    traffic: Traffic, recorded: Dossier, other: Dossier, *, known_by: Instant | None = None, zone: str = "UTC"
) -> Impact:
    """Decide `traffic` in both worlds and count. `zone`: in which days are counted. Raises InputError for a time of
    more days than can be counted."""
    before, after = shared(traffic, (recorded, other), known_by)
    cases = before.cases
    turns = [(one.outcome, two.outcome) for one, two in zip(before.answers, after.answers, strict=True)]
    counts = cases.count.tolist()
    total: Counts = Counter()
    topics: dict[str, Counts] = {}
    ranks: dict[str, Counts] = {}
    parties: dict[tuple[str, str], Counts] = {}
    articles: Counter[tuple[str, str, str]] = Counter()
    for number, (turn, count) in enumerate(zip(turns, counts, strict=True)):
        one = traffic.movement(int(cases.first[number]))
        total[turn] += count
        topics.setdefault(one.item.topic, Counter())[turn] += count
        ranks.setdefault(_rank(recorded, one.item), Counter())[turn] += count
        parties.setdefault((one.sender, one.recipient), Counter())[turn] += count
        if turn[1] == "refused" != turn[0]:
            for ground in dict.fromkeys(after.answers[number].failed):
                articles[ground] += count
    days = _by_day(traffic.at, before.cases.case, turns, zone)
    return Impact(traffic, before, after, total, topics, ranks, parties, days, articles)


def _rank(dossier: Dossier, item: Item) -> str:
    party = dossier.parties.get(item.originator)
    mark = party.mark(item.mark) if party else None
    return mark.rank if mark else "(no rank)"


def _by_day(at: Ints, case: Ints, turns: list[Turn], zone: str) -> dict[Day, Counts]:
    """Count turns by the day in `zone`: whole days of its clock, whose first instants are looked up."""
    if len(at) == 0:
        return {}
    first, last = local_day(Instant(int(at.min())), zone), local_day(Instant(int(at.max())), zone)
    days, starts = [first], [first_instant(first, zone).ns]
    while days[-1] != last:
        days.append(days[-1].plus(days=1))
        starts.append(first_instant(days[-1], zone).ns)
        if len(days) > _MOST_DAYS:
            raise InputError(f"more than {_MOST_DAYS} days", remedy="compare a shorter time with --from and --to")
    codes = [OUTCOMES.index(one) * len(OUTCOMES) + OUTCOMES.index(two) for one, two in turns]
    width = len(OUTCOMES) ** 2
    number = _day_numbers(at, np.array(starts, np.int64))
    number *= width
    number += np.array(codes, np.int64)[case]
    table = np.bincount(number, minlength=len(days) * width).reshape(len(days), width)
    found: dict[Day, Counts] = {}
    for place, code in zip(*np.nonzero(table), strict=True):
        turn: Turn = (OUTCOMES[int(code) // len(OUTCOMES)], OUTCOMES[int(code) % len(OUTCOMES)])
        found.setdefault(days[int(place)], Counter())[turn] = int(table[place, code])
    return found


def _day_numbers(at: Ints, starts: Ints) -> NDArray[np.int64]:
    """The number of the day of each instant. Where all days are 24 hours long, a division; else each is looked up."""
    if len(starts) == 1 or bool((np.diff(starts) == DAY).all()):
        found: Ints = (at - starts[0]) // DAY
        return found
    return np.searchsorted(starts, at, side="right") - 1
