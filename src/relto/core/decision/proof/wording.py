"""A cell in the dossier's own words: a request that falls into it, and what the reference evaluator says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

from relto.core.decision.proof.proof import Counterexample
from relto.core.decision.proof.view import Row
from relto.core.decision.reference import evaluate
from relto.core.decision.request import ACTS, Request
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER
from relto.core.decision.verdict import Verdict
from relto.core.dossier import Item
from relto.core.errors import ReltoError
from relto.core.timeline import Instant

ITEM_ID = "any-item"
_BASIS = ("standing", "scope", "level", "third-party", "purpose")
"""The checks of a permit that are told: what persons, labels and systems bring is not asked about."""
Cell = tuple[int, int, int, int]
"""Grade, topic, purpose, act: a place in `axes.shape`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell in words. `topic` and `purpose` may be finer than the axes; `own`: asked as the item's own purpose."""

    grade: int
    topic: str
    purpose: str
    own: bool
    act: int


def spot_of(table: Table, cell: Cell) -> Spot:
    """The spot that stands for a cell: a topic and a purpose that no clause names where the cell is for those."""
    axes = table.ground.axes
    grade, topic, purpose, act = cell
    name = axes.purposes[purpose // 2] or unnamed("other-purpose", axes.purposes)
    return Spot(grade, axes.topics[topic] or unnamed("other-topic", axes.topics), name, purpose % 2 == 0, act)


def unnamed(name: str, taken: tuple[str, ...]) -> str:
    """A word like `name` that is not among `taken`."""
    while name in taken:
        name += "-x"
    return name


def mark_of(table: Table, sender: str, originator: str, grade: int) -> str | None:
    """A mark of `originator` whose items fall into `grade` when `sender` gives them; None where it has none."""
    axes, party = table.ground.axes, table.dossier.parties.get(originator)
    irregular = axes.irregular.get(originator, ()) if originator == sender else ()
    if grade >= len(axes.ranks):
        slot = grade - len(axes.ranks)
        return irregular[slot] if slot < len(irregular) else None
    if axes.ranks[grade] == OTHER:
        known = tuple(mark.mark for mark in party.marks) if party else ()
        return unnamed("no-such-mark", (*known, *irregular))
    marks = party.marks if party else ()
    return next((one.mark for one in marks if one.rank == axes.ranks[grade] and one.mark not in irregular), None)


def owner_of(table: Table, row: Row, grade: int) -> str | None:
    """Whose item may stand for a grade: the sender's, the recipient's (it comes home), else any that has the mark."""
    candidates = (row.lane.sender, row.recipient, *table.dossier.parties)
    return next((one for one in candidates if mark_of(table, row.lane.sender, one, grade) is not None), None)


def rank_of(table: Table, originator: str, grade: int) -> str:
    """The rank that stands for a grade: that of an irregular mark is its originator's own."""
    axes = table.ground.axes
    if grade < len(axes.ranks):
        return axes.ranks[grade]
    irregular, party = axes.irregular.get(originator, ()), table.dossier.parties.get(originator)
    slot = grade - len(axes.ranks)
    mark = party.mark(irregular[slot]) if party and slot < len(irregular) else None
    return mark.rank if mark else OTHER


def request_of(table: Table, row: Row, spot: Spot, originator: str, at: Instant) -> Request | None:
    """A request that falls into the cell at `at`; None where the originator has no mark for it."""
    mark = mark_of(table, row.lane.sender, originator, spot.grade)
    if mark is None:
        return None
    provided = spot.purpose if spot.own else unnamed("other-purpose", (*table.ground.axes.purposes, spot.purpose))
    item = Item(ITEM_ID, ITEM_ID, originator, mark, spot.topic, provided)
    return Request(
        ACTS[spot.act],
        item,
        row.lane.sender,
        row.lane.recipient,
        at,
        purpose=spot.purpose,
        reading=table.window.reading,
        known_by=table.window.known_by,
    )


def counterexample(
    table: Table,
    row: Row,
    spot: Spot,
    *,
    originator: str,
    span: tuple[Instant, Instant],
    table_says: str,
    demands: str,
    alike: Callable[[Verdict], bool] = attrgetter("permits"),
    consented: bool = False,
) -> Counterexample:
    """The counterexample that a cell is over `span`, with the reference evaluator's word on it.

    `alike`: whether a verdict of the reference says what the table does; it is asked at the first and the last instant
    of the span. `consented`: a consent of the originator is taken for given. Otherwise none is, on record or not.
    """
    start, end = span
    asked = request_of(table, row, spot, originator, start)
    irregular = spot.grade >= len(table.ground.axes.ranks)
    says, confirmed = "", False
    if asked is not None:
        says, confirmed = _reference(table, row, asked, end, alike, consented)
    return Counterexample(
        act=ACTS[spot.act],
        sender=row.lane.sender,
        recipient=row.lane.recipient,
        agreement=row.edge.agreement,
        originator=originator,
        rank=rank_of(table, row.lane.sender if irregular else originator, spot.grade),
        mark=asked.item.mark if asked else "",
        topic=spot.topic,
        purpose=spot.purpose,
        provided_for=asked.item.purpose if asked else "",
        start=start,
        end=end,
        table_says=table_says,
        demands=demands,
        reference=says,
        confirmed=confirmed,
    )


def _reference(
    table: Table, row: Row, asked: Request, end: Instant, alike: Callable[[Verdict], bool], consented: bool
) -> tuple[str, bool]:
    """What the reference evaluator says, and whether it is what the table does: at the last instant where only that
    differs."""
    dossier, only = table.dossier.unconsented, (row.edge.agreement,)
    try:
        first = evaluate(dossier, asked, only=only, consented=consented)
        last = evaluate(dossier, replace(asked, at=end.plus(-1)), only=only, consented=consented)
    except ReltoError as error:
        return str(error), False
    if alike(first) and not alike(last):
        return f"{said(last)} (at {last.at})", False
    return said(first), alike(first)


def said(verdict: Verdict) -> str:
    """A verdict in one line: what it refuses on and why; or that it permits, and under which articles."""
    grounds = verdict.grounds if verdict.permits else verdict.failed()
    told = [
        f"{one.check} ({one.article or 'no article'}): {one.says}"
        for one in grounds
        if not verdict.permits or (one.check in _BASIS and one.article)
    ]
    return ("permits: " if verdict.permits else "refuses: ") + "; ".join(told)
