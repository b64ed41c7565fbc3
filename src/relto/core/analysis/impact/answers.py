"""Answers to traffic: one reference decision for all rows that ask the same over a stretch in which nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from relto.core.analysis.impact.traffic import Ints, Traffic
from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.route import decide
from relto.core.route.changes import instants_of_change
from relto.core.timeline import Instant

Outcome = Literal["direct", "mediated", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
_MOST_CASES: Final = 1 << 24


class Answer(NamedTuple):
    """What is decided of a case: the outcome, the way it goes, and the failed grounds (check, agreement, article) of
    the direct way."""

    outcome: Outcome
    via: tuple[str, ...]
    failed: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Cases:
    """Which rows ask the same: `case` int64 (n,) numbers of cases, `first` the first row of each, `count` of each."""

    case: Ints
    first: Ints
    count: Ints


@dataclass(frozen=True)
class Answers:
    """The answers to one traffic in one world: one for each case."""

    cases: Cases
    answers: tuple[Answer, ...]

    @property
    def outcome(self) -> NDArray[np.uint8]:
        """The outcome of each row, (n,) places in OUTCOMES."""
        codes = np.array([OUTCOMES.index(one.outcome) for one in self.answers], np.uint8)
        return codes[self.cases.case] if len(codes) else np.empty(0, np.uint8)

    def row(self, row: int) -> Answer:
        """The answer to one row."""
        return self.answers[int(self.cases.case[row])]


def cases_of(traffic: Traffic, dossiers: Sequence[Dossier], known_by: Instant | None) -> Cases:
    """Sort rows into cases: the same label, sender and recipient between two instants of change of any of `dossiers`.

    Raises InputError where there are more combinations than can be counted.
    """
    changes = sorted({one for dossier in dossiers for one in instants_of_change(dossier, known_by)})
    kinds, kind_of = _kinds(traffic.items, dossiers, known_by)
    names, stretches = len(traffic.names), len(changes) + 1
    total = kinds * names * names * stretches
    if total > _MOST_CASES:
        raise InputError(
            f"{kinds} labels between {names} parties over {stretches} stretches", remedy="compare a shorter time"
        )
    low = -(2**63)
    bounds = np.array([min(max(one, low), 2**63 - 1) for one in changes], np.int64)
    key = kind_of[traffic.item]
    key *= names
    key += traffic.sender
    key *= names
    key += traffic.recipient
    key *= stretches
    key += _stretch(bounds, traffic.at)
    count = np.bincount(key, minlength=total)
    present = np.flatnonzero(count)
    number = np.zeros(total, np.int64)
    number[present] = np.arange(len(present))
    case = number[key]
    first = np.zeros(len(present), np.int64)
    first[case[::-1]] = np.arange(len(case) - 1, -1, -1)
    return Cases(case, first, count[present])


def _stretch(bounds: Ints, at: Ints) -> Ints:
    """How many of `bounds` each instant has reached: at a boundary, what comes after it holds."""
    if len(bounds) == 0 or len(at) == 0:
        return np.zeros(len(at), np.int64)
    low, high = int(at.min()), int(at.max())
    inside = bounds[(bounds > low) & (bounds <= high)]
    base = int((bounds <= low).sum())
    if len(inside) <= _FEW:  # a pass over the rows for each costs less than looking each row up
        found = np.full(len(at), base, np.int64)
        for bound in inside:
            found += at >= bound
        return found
    return np.searchsorted(bounds, at, side="right")


_FEW: Final = 24


def _kinds(items: Sequence[Item], dossiers: Sequence[Dossier], known_by: Instant | None) -> tuple[int, Ints]:
    """A number for each label: items alike in all that decides share one; an item that a consent names is itself."""
    named = {one.item for dossier in dossiers for one in dossier.consents(known_by) if one.item}
    found: dict[object, int] = {}
    numbers = [
        found.setdefault(
            (one.originator, one.mark, one.topic, one.purpose, one.caveats, one.id if one.id in named else ""),
            len(found),
        )
        for one in items
    ]
    return len(found), np.array(numbers, np.int64)


def answer_all(
    traffic: Traffic, dossier: Dossier, cases: Cases | None = None, *, known_by: Instant | None = None
) -> Answers:
    """Decide every row in one world, for release, each sender by its own reading."""
    cases = cases or cases_of(traffic, (dossier,), known_by)
    answers = []
    for row in cases.first.tolist():
        one = traffic.movement(row)
        asked = Request("release", one.item, one.sender, one.recipient, one.at, known_by=known_by)
        answers.append(answer_of(decide(dossier, asked)))
    return Answers(cases, tuple(answers))


def answer_of(verdict: Verdict) -> Answer:
    """A verdict as an answer: refused only where no route serves."""
    failed = tuple((one.check, one.agreement, one.article) for one in verdict.failed())
    if verdict.permits:
        return Answer("direct", (), ())
    mediated = next((one for one in verdict.routes if one.kind == "mediated"), None)
    if mediated is not None:
        return Answer("mediated", mediated.via, failed)
    return Answer("refused", (), failed)


def shared(traffic: Traffic, dossiers: Sequence[Dossier], known_by: Instant | None) -> list[Answers]:
    """The answers in several worlds, over the same cases."""
    cases = cases_of(traffic, dossiers, known_by)
    return [replace(answer_all(traffic, one, cases, known_by=known_by)) for one in dossiers]
