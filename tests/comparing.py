"""Holding the table against the reference evaluator, request by request, alone and by the column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from relto.core.decision import ACTS, CHECKS, Request, Verdict, evaluate
from relto.core.decision.table import Table, TableVerdict
from relto.core.decision.table.axes import OTHER
from relto.core.decision.table.word import bits_of
from relto.core.dossier import Item
from relto.core.errors import InputError
from relto.core.label import Caveats


def answer(verdict: Verdict) -> TableVerdict:
    """What a table has to say of a reference verdict."""
    failed = {ground.check for ground in verdict.failed()}
    ordered = tuple(check for check in CHECKS if check in failed)
    return TableVerdict(verdict.verdict, verdict.agreement, verdict.marks, verdict.duties, ordered)


def asked_of_table(table: Table, request: Request) -> TableVerdict:
    """The table's answer to a request."""
    person = table.person(request.person) if request.person is not None else None
    return table.decide(
        request.act,
        request.sender,
        request.recipient,
        table.item(request.item),
        person,
        request.at,
        request.purpose,
        request.system,
    )


def disagreements(table: Table, requests: Iterable[Request]) -> Iterator[str]:
    """Every request on which table and reference differ, alone or by the column, in a line."""
    in_columns: list[tuple[Request, TableVerdict]] = []
    for request in requests:
        wanted = _reference(table, request)
        try:
            found: TableVerdict | None = asked_of_table(table, request)
        except InputError:
            found = None
        if wanted != found:
            yield f"{_told(request)}: the reference says {wanted}, the table {found}"
        if wanted is not None and request.system is None and request.recipient in table.addressees:
            in_columns.append((request, wanted))
    yield from _by_column(table, in_columns)


def _reference(table: Table, request: Request) -> TableVerdict | None:
    reading, known_by = table.window.reading, table.window.known_by
    if (request.reading, request.known_by) != (reading, known_by):
        request = replace(request, reading=reading, known_by=known_by)
    try:
        return answer(evaluate(table.dossier, request))
    except InputError:
        return None


def _by_column(table: Table, rows: list[tuple[Request, TableVerdict]]) -> Iterator[str]:
    if not rows:
        return
    requests = [request for request, _ in rows]
    items, persons = list(table.items), list(table.persons)
    columns = table.columns(
        act=np.array([ACTS.index(one.act) for one in requests]),
        sender=np.array([table.senders.index(one.sender) for one in requests]),
        recipient=np.array([table.addressees.index(one.recipient) for one in requests]),
        item=np.array([table.item(one.item).number for one in requests]),
        person=np.array([-1 if one.person is None else table.person(one.person).number for one in requests]),
        purpose=np.array([-1 if one.purpose is None else table.purpose(one.purpose) for one in requests]),
        at=np.array([one.at.ns for one in requests]),
    )
    assert (items, persons) == (list(table.items), list(table.persons))
    for given in (columns, {**columns, "slice": table.slices(columns)}):
        decisions = table.decide_many(given)
        failed, agreement = decisions.failed, decisions.agreement
        for row, (request, wanted) in enumerate(rows):
            told = (bool(decisions.permit[row]), int(failed[row]), str(agreement[row]))
            if told != (wanted.permits, bits_of(wanted.failed_checks), wanted.agreement):
                yield f"{_told(request)}: the reference says {wanted}, the column {told}"


def _told(request: Request) -> str:
    return (
        f"{request.act} {request.item} from {request.sender} to {request.recipient} at {request.at} "
        f"for {request.asked_purpose}, {request.person}, {request.system}"
    )


def every_cell(table: Table, *, last: bool) -> Iterator[Request]:
    """A request for every cell of every stretch of a table, at its first instant (`last`: its last as well).

    Every mark of every party, every topic and purpose that a clause names and one that none does, asked as the item's
    own and in its place, by every act.
    """
    items = list(_items(table))
    for lane, stretch, end in table.stretches():
        if stretch.to is None or lane.sender not in table.dossier.parties:
            continue
        for at in (stretch.start, end.plus(-1)) if last else (stretch.start,):
            for act in ACTS:
                for item in items:
                    yield Request(act, item, lane.sender, lane.recipient, at)
                    yield Request(act, item, lane.sender, lane.recipient, at, purpose=_another(item.purpose))


def _another(purpose: str) -> str:
    return purpose.removesuffix("-own")


def _items(table: Table) -> Iterator[Item]:
    axes = table.ground.axes
    for party in table.dossier.parties.values():
        marks = [mark.mark for mark in party.marks] + list(axes.irregular.get(party.id, ()))
        for mark in dict.fromkeys(marks):
            for topic in axes.topics:
                for purpose in axes.purposes:
                    named = topic if topic != OTHER else "not-named-by-any/clause"
                    yield _item(party.id, mark, named, purpose or "not-named")
                    if purpose:  # an own purpose that no clause names, so that another can be asked in its place
                        yield _item(party.id, mark, named, f"{purpose}-own")


def _item(originator: str, mark: str, topic: str, purpose: str) -> Item:
    name = f"cell-{originator}-{topic}-{purpose}".replace("/", ".")
    return Item(name, "a cell", originator, mark, topic, purpose, Caveats())
