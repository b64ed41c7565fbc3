"""Tables broken on purpose: a copy of a table whose cells or stretches say something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from relto.core.agreement import Record
from relto.core.decision.request import ACTS
from relto.core.decision.table import Table, compile_table
from relto.core.decision.table.arena import Arena
from relto.core.decision.table.lane import Edge, Lane
from relto.core.decision.table.word import FAILED, Words
from relto.core.dossier import Dossier, recorded_span
from tests.making import at


def compiled(dossier: Dossier) -> Table:
    """The table over the recorded span of a dossier."""
    return compile_table(dossier, *recorded_span(dossier))


def edge_at(table: Table, sender: str, recipient: str, when: str) -> Edge:
    """The first edge between the two then."""
    return table.lanes[sender, recipient].stretch(at(when)).edges[0]


def with_cells(table: Table, sender: str, recipient: str, when: str, change: Callable[[Words], None]) -> Table:
    """A copy in which `change` was let loose on the cells of one edge, as (grades, topics, purposes, acts)."""
    return _with_edge(table, edge_at(table, sender, recipient, when), change)


def _with_edge(table: Table, edge: Edge, change: Callable[[Words], None]) -> Table:
    """A copy in which this edge has planes of its own, changed; what it asks besides is written into them."""
    cells = table.cells(edge)
    change(cells)
    old = table.ground.arena
    arena = Arena(old.size)
    arena.words, arena._places = old.words.copy(), dict(old._places)
    planes = [np.ascontiguousarray(cells[..., act]).reshape(-1) for act in range(len(ACTS))]
    base = tuple(arena.place(("broken", act), partial(np.copyto, src=plane)) for act, plane in enumerate(planes))
    broken = replace(edge, base=base, asks=(0,) * len(ACTS))
    lane = table.lanes[edge.frame.sender, edge.frame.to.id]
    stretches = tuple(
        replace(one, edges=tuple(broken if other == edge else other for other in one.edges)) for one in lane.stretches
    )
    lanes = {**table.lanes, (lane.sender, lane.recipient): replace(lane, stretches=stretches)}
    return Table(table.dossier, table.window, replace(table.ground, arena=arena), lanes)


def without_word(table: Table, edge: Edge, cell: tuple[int, int, int, int]) -> Table:
    """A copy in which one cell of an edge refuses nothing."""

    def change(words: Words) -> None:
        words[cell] &= ~words.dtype.type(FAILED)

    return _with_edge(table, edge, change)


def with_bit(table: Table, sender: str, recipient: str, when: str, bit: int, **place: int) -> Table:
    """A copy in which one edge's cells have `bit` set; `place` narrows it: grade, topic, purpose, act."""
    return with_cells(table, sender, recipient, when, lambda words: _turn(words, bit, True, place))


def without_bit(table: Table, sender: str, recipient: str, when: str, bit: int, **place: int) -> Table:
    """A copy in which one edge's cells have `bit` cleared."""
    return with_cells(table, sender, recipient, when, lambda words: _turn(words, bit, False, place))


def _turn(words: Words, bit: int, on: bool, place: dict[str, int]) -> None:
    chosen = tuple(place.get(axis, slice(None)) for axis in ("grade", "topic", "purpose", "act"))
    word = words.dtype.type(bit)
    words[chosen] = words[chosen] | word if on else words[chosen] & ~word


def with_lane(table: Table, sender: str, recipient: str, change: Callable[[Lane], Lane]) -> Table:
    """A copy with another lane between the two."""
    lanes = {**table.lanes, (sender, recipient): change(table.lanes[sender, recipient])}
    return Table(table.dossier, table.window, table.ground, lanes)


def without_cut(when: str) -> Callable[[Lane], Lane]:
    """A lane that overlooks what changes at `when`."""
    ns = at(when).ns

    def change(lane: Lane) -> Lane:
        stretches = tuple(one for one in lane.stretches if one.start.ns != ns)
        assert len(stretches) == len(lane.stretches) - 1
        return replace(lane, stretches=stretches, starts=tuple(one.start.ns for one in stretches))

    return change


def with_third(number: int, need: int) -> Callable[[Lane], Lane]:
    """A lane on whose edges items of originator `number` take `need`."""

    def edge(one: Edge) -> Edge:
        return replace(one, third=tuple(need if place == number else kept for place, kept in enumerate(one.third)))

    def change(lane: Lane) -> Lane:
        stretches = tuple(replace(one, edges=tuple(edge(each) for each in one.edges)) for one in lane.stretches)
        return replace(lane, stretches=stretches)

    return change


def lapsing(dossier: Dossier) -> Dossier:
    """The dossier in which nobody suspended the notice of 2019: the pact of 2016 ends at midnight in Seoul."""
    record = dossier.records["kor-jpn-2016"]
    kept = tuple(one for one in record.instruments if one.id in ("sig", "notif", "n001"))
    return replace(dossier, records={**dossier.records, "kor-jpn-2016": Record("kor-jpn-2016", kept)})


RELEASE = ACTS.index("release")
