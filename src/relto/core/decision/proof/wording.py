"""A cell in the dossier's own words: a request that falls into it, and what the reference evaluator says of it."""

from __future__ import annotations

from dataclasses import dataclass

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
    at: Instant,
    table_says: str,
    demands: str,
) -> Counterexample:
    """The counterexample that a cell is from `at` on, with the reference evaluator's word on it."""
    asked = request_of(table, row, spot, originator, at)
    irregular = spot.grade >= len(table.ground.axes.ranks)
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
        start=at,
        end=row.end,
        table_says=table_says,
        demands=demands,
        reference=_reference(table, row, asked) if asked else "",
    )


def _reference(table: Table, row: Row, asked: Request) -> str:
    try:
        return said(evaluate(table.dossier, asked, only=(row.edge.agreement,)))
    except ReltoError as error:
        return str(error)


def said(verdict: Verdict) -> str:
    """A verdict in one line: `permits`, or what it refuses on and why."""
    if verdict.permits:
        return "permits"
    return "refuses: " + "; ".join(
        f"{ground.check} ({ground.article or 'no article'}): {ground.says}" for ground in verdict.failed()
    )
