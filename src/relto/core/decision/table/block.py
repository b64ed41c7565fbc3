"""Planes: the dense cells of one act on one edge, by grade, topic and purpose.

The clauses that look at rank, topic, purpose and act alone are evaluated here once for every combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from relto.core.agreement import IN_FORCE, Agreement, Phase
from relto.core.decision.addressee import Addressee
from relto.core.decision.request import ACTS, HOLDERS_ACTS
from relto.core.decision.table.axes import Axes
from relto.core.decision.table.word import AGAIN, ASSURANCE, BIT, CAVEAT, NEED, Layout, Words
from relto.core.dossier import DomesticRule, Dossier
from relto.core.label import RankOrder, RankRow, covers_any


@dataclass(frozen=True, slots=True)
class Grade:
    """At what rank the recipient protects an item of this grade, by which marks, and what that asks of a person.

    `asks`: the requirement that clearance, facility and system must meet, by number. `cleared`: whether the text asks
    for a clearance at this rank.
    """

    rank: str
    marks: tuple[str, ...]
    asks: int
    cleared: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What all blocks of one sender and addressee under one text share."""

    text: Agreement
    order: RankOrder
    sender: str
    to: Addressee
    grades: tuple[Grade, ...]


Requirement = Callable[[RankOrder, str], int]


def frame_of(
    dossier: Dossier, axes: Axes, text: Agreement, sender: str, to: Addressee, requirement: Requirement
) -> Frame:
    """Work out the grades: article 4 of the 2016 text and its kin, from the side of `sender`."""
    order = dossier.rank_order(text)
    own = {mark.mark: mark.rank for mark in dossier.parties[sender].marks} if sender in dossier.parties else {}
    by_rank = [(rank, text.levels.row_of_rank(rank) if text.levels else None) for rank in axes.ranks]
    irregular = axes.irregular.get(sender, ())
    by_mark = [
        (own.get(mark, ""), text.levels.row_of_mark(sender, mark) if text.levels else None) for mark in irregular
    ]
    spare: list[tuple[str, RankRow | None]] = [("", None)] * (axes.slots - len(by_mark))
    grades = []
    for rank, row in [*by_rank, *by_mark, *spare]:
        protected, marks = _protected(text, row, rank, to.party)
        floor = text.persons.clearance_from
        cleared = floor is None or order.at_least(protected, floor)
        grades.append(Grade(protected, marks, requirement(order, protected), cleared))
    return Frame(text, order, sender, to, tuple(grades))


def _protected(text: Agreement, row: RankRow | None, rank: str, recipient: str) -> tuple[str, tuple[str, ...]]:
    """The rank and marks by which `recipient` protects what stands in `row`; no marks where it may not have it."""
    if text.levels is None or row is None:
        return rank, ()
    protected = text.levels.protected_as(row, recipient)
    return (row.rank, ()) if protected is None else (protected.rank, protected.marks[recipient])


def words_of_grades(layout: Layout, frame: Frame, *, expired: bool) -> tuple[int, ...]:
    """What each grade adds to its cells. `expired`: the recipient is a contractor whose approval has ended."""
    return tuple(_grade(layout, frame, grade, expired) for grade in frame.grades)


def words_of_acts(layout: Layout, text: Agreement, phase: Phase, addressee: int, bound: int) -> tuple[int, ...]:
    """What every cell of an edge has besides, by act.

    `addressee`: the recipient's number; `bound`: the originators whose items need more than this edge, as a bit set.
    """
    asked = AGAIN | CAVEAT | layout.addressee.bit(addressee) | layout.originator.bits(bound)
    return tuple(asked | _standing(text, phase, holder=act in HOLDERS_ACTS) for act in ACTS)


def fill_plane(words: Words, axes: Axes, frame: Frame, grades: tuple[int, ...], rules: Iterable[DomesticRule]) -> None:
    """Write a plane into `words`, uint64 (grades, topics, purposes). `rules`: those that meet addressee and act."""
    by_topic = np.array([_scope(frame.text, topic) for topic in axes.topics], np.uint64)
    by_purpose = np.array(
        [_purpose(frame.text, name, own=own) for name in axes.purposes for own in (True, False)], np.uint64
    )
    side = by_topic[:, None] | by_purpose[None, :]
    np.bitwise_or(np.array(grades, np.uint64)[:, None, None], side[None], out=words)
    for rule in rules:
        _forbid(words, axes, frame, rule)


def meets(rule: DomesticRule, to: Addressee, act: str) -> bool:
    """Whether a stricter rule of the sender's own is about this addressee and act."""
    return (not rule.to or bool({to.party, to.id} & set(rule.to))) and (not rule.acts or act in rule.acts)


def _standing(text: Agreement, phase: Phase, *, holder: bool) -> int:
    if phase.state in IN_FORCE:
        return 0
    return 0 if holder and phase.state == "lapsed" and text.survival.lives_on else BIT["standing"]


def _scope(text: Agreement, topic: str) -> int:
    return 0 if topic and covers_any(text.scope.topics, topic) else BIT["scope"]


def _purpose(text: Agreement, name: str, *, own: bool) -> int:
    clause = text.purpose
    if clause is None or clause.rule == "any":
        return 0
    passes = (name != "" and name in clause.only) if clause.rule == "only" else own
    return 0 if passes else BIT["purpose"]


def _grade(layout: Layout, frame: Frame, grade: Grade, expired: bool) -> int:
    persons, firm = frame.text.persons, frame.to.contractor
    word = 0 if grade.marks else BIT["level"]
    if firm is not None and (expired or not frame.order.at_least(firm.ceiling, grade.rank)):
        word |= BIT["contractor"]
    if persons.clearance is not None and grade.cleared:
        word |= layout.clearance.bit(grade.asks)
    if persons.facility is not None:
        word |= layout.facility.bit(grade.asks)
    if persons.need_to_know is not None:
        word |= NEED
    if persons.assurance is not None:
        word |= ASSURANCE
    return word


def _forbid(words: Words, axes: Axes, frame: Frame, rule: DomesticRule) -> None:
    """A stricter rule: the check it tightens fails in every cell that it matches."""
    chosen = (
        [not rule.ranks or grade.rank in rule.ranks for grade in frame.grades],
        [not rule.topics or (bool(topic) and covers_any(rule.topics, topic)) for topic in axes.topics],
        [not rule.purposes or (bool(name) and name in rule.purposes) for name in axes.purposes for _ in range(2)],
    )
    words[np.ix_(*(np.flatnonzero(one) for one in chosen))] |= np.uint64(BIT[rule.check])
