"""A question about two sides of one agreement: each as the record is, a version or another text in its place, or the
record at a date; settled to two dossiers at two instants, and answered by their difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from relto.core.agreement import Agreement
from relto.core.decision.difference.change import Difference
from relto.core.decision.difference.compare import difference
from relto.core.decision.difference.hypothesis import as_if_in_force, governed_by
from relto.core.decision.table import compile_table
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant


@dataclass(frozen=True)
class Side:
    """One side as it was given: the record as it is, a version or a file in its place, or the record at a date."""

    given: str
    agreement: str
    kind: Literal["record", "version", "file", "date"]
    text: Agreement | None = None
    at: Instant | None = None


@dataclass(frozen=True)
class Question:
    """What is compared: each side with its dossier, text and instant; `as_if`: as if both were in force."""

    sides: tuple[Side, Side]
    dossiers: tuple[Dossier, Dossier]
    texts: tuple[Agreement, Agreement]
    at: tuple[Instant, Instant]
    reading: str | None
    known_by: Instant | None
    as_if: bool = False

    @property
    def agreement(self) -> str:
        """The agreement that is compared."""
        return self.sides[0].agreement

    @property
    def zone(self) -> str:
        """The zone of its clock."""
        return self.texts[0].zone


def settle(
    dossier: Dossier,
    sides: tuple[Side, Side],
    *,
    now: Instant,
    at: Instant | None = None,
    reading: str | None = None,
    known_by: Instant | None = None,
) -> Question:
    """Settle for both sides the text, the instant and the dossier. `at`: when texts are compared; None: `now`, or at
    the date beside one. Raises InputError for what cannot be compared."""
    name = sides[0].agreement
    if name != sides[1].agreement:
        raise InputError(
            f"`{name}` and `{sides[1].agreement}` are two agreements",
            remedy="compare two texts, or two dates, of one",
        )
    dates = [side.at for side in sides if side.at is not None]
    if at is not None and len(dates) == len(sides):
        raise InputError("--at beside two dates", remedy="leave it out: each side says its own")
    if {side.kind for side in sides} == {"record", "version"}:
        first = dossier.versions(name)[0]
        sides = _first_version(sides[0], first), _first_version(sides[1], first)
    moment = at or now

    def settled(side: Side) -> tuple[Dossier, Agreement, Instant]:
        """A text beside a date is compared at that date, unless --at says otherwise."""
        beside = dates[0] if dates and side.text is not None and at is None else moment
        then = side.at or beside
        if side.text is not None:
            return governed_by(dossier, side.text), side.text, then
        history = dossier.history(name, reading=reading, known_by=known_by)
        return dossier, history.phase(then).text, then

    one, two = settled(sides[0]), settled(sides[1])
    asked = Question(sides, (one[0], two[0]), (one[1], two[1]), (one[2], two[2]), reading, known_by)
    return asked if dates or not _lacks_force(asked) else _as_if(asked)


def _first_version(side: Side, first: Agreement) -> Side:
    return side if side.text is not None else replace(side, kind="version", text=first)


def _lacks_force(asked: Question) -> bool:
    """Whether the record brings neither text into force between any two parties then, or was made by other parties."""
    if set(asked.texts[0].parties) != set(asked.texts[1].parties):
        return True
    return not any(
        dossier.history(
            asked.agreement, reading=asked.reading or one, known_by=asked.known_by, between=(one, two)
        ).in_force(at)
        for dossier, text, at in zip(asked.dossiers, asked.texts, asked.at, strict=True)
        for one in text.parties
        for two in text.parties
        if one != two
    )


def _as_if(asked: Question) -> Question:
    one, two = (
        as_if_in_force(governed_by(dossier, text), asked.agreement, at)
        for dossier, text, at in zip(asked.dossiers, asked.texts, asked.at, strict=True)
    )
    return replace(asked, dossiers=(one, two), as_if=True)


def answer(asked: Question) -> Difference:
    """What the second side answers otherwise than the first."""
    one, two = (
        compile_table(dossier, at, at.plus(1), asked.reading, known_by=asked.known_by)
        for dossier, at in zip(asked.dossiers, asked.at, strict=True)
    )
    same_instant = asked.at[0] == asked.at[1]
    texts = asked.texts if any(side.text is not None for side in asked.sides) else None
    return difference(one, two, *asked.at, agreement=None if same_instant else asked.agreement, texts=texts)
