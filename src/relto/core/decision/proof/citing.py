"""Every refusal cites: whatever the table refuses, the reference evaluator refuses on the same checks, each with an
article (DESIGN 5, fine print).

Asked are, for every combination of failed checks in a block of cells, one request for each rank, topic, purpose and act
at which it occurs; and one for each combination again whenever the state or a governing text changes. What persons,
labels and systems bring is asked once an edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from relto.core.decision.proof.proof import Counterexample, Proof
from relto.core.decision.proof.view import Flags, Row, moments, rows_of, spans_of
from relto.core.decision.proof.wording import ITEM_ID, Cell, Spot, counterexample, owner_of, request_of, said, spot_of
from relto.core.decision.reference import evaluate
from relto.core.decision.request import Request
from relto.core.decision.table import Table
from relto.core.decision.table.word import FAILED, checks_of
from relto.core.decision.verdict import Verdict
from relto.core.dossier import Assurance, Item, Person
from relto.core.label import Caveats
from relto.core.timeline import GENESIS, Instant

CITING: Final = "every-refusal-cites"
_SAYS: Final = "every check on which the table refuses fails in the explanation too, with the article that it rests on"

_LABELS: Final = (
    Caveats(rel_to=()),
    Caveats(orcon=True),
    Caveats(no_contractor=True),
    Caveats(eyes=()),
)
_PERSONS: Final = (
    Person("nobody", ""),
    Person("nobody", "", assurance=Assurance("", GENESIS, False, False, False)),
)


def prove_citing(table: Table) -> Proof:
    """Ask for an explanation of every refusal there is: of the cells, and of persons, labels and systems."""
    size = table.ground.axes.size
    seen: set[tuple[object, ...]] = set()
    cells = stretches = requests = 0
    found: Counterexample | None = None
    for row in rows_of(table):
        if row.lane.sender not in table.dossier.parties:
            continue  # only a text names it: nobody can ask as that party
        stretches += 1
        cells += size
        for spot, originator, failed, span in _cases(table, row, seen):
            requests += 1
            found = found or _check(table, row, spot, originator, failed, span)
        for asked, end in _dynamic(table, row, seen):
            requests += 1
            found = found or _uncited(table, row, asked, end)
    for asked, end in _without_agreement(table):
        requests += 1
        found = found or _uncited_standing(table, asked, end)
    return Proof(CITING, _SAYS, cells, stretches, found, requests)


def _cases(
    table: Table, row: Row, seen: set[tuple[object, ...]]
) -> Iterator[tuple[Spot, str, int, tuple[Instant, Instant]]]:
    """What to ask of the row's cells: the spot, whose item, the checks that fail there, and when."""
    low = (table.cells(row.edge) & np.uint64(FAILED)).astype(np.int64)
    owners = [owner_of(table, row, grade) for grade in range(low.shape[0])]
    low[[owner is None for owner in owners]] = -1  # no party has a mark for it: there is no such item
    block = (row.edge.base, row.edge.asks, row.lane.sender, row.edge.frame.to)
    first = block not in seen
    seen.add(block)
    times = moments(table, row.lane.sender, (row.recipient,), row.start, row.end)
    spans = list(zip(times, (*times[1:], row.end), strict=True))
    for failed in np.unique(low[low >= 0]).tolist():
        cells = list(_spread(low == failed)) if first else []
        again = cells[0] if cells else _first(low == failed)
        for cell, span in [*((one, spans[0]) for one in cells), *((again, one) for one in spans)]:
            yield spot_of(table, cell), owners[cell[0]] or "", failed, span


def _spread(chosen: Flags) -> Iterator[Cell]:
    """For each place on each axis the first cell there that is chosen."""
    found: dict[Cell, None] = {}
    for axis in range(chosen.ndim):
        for place in range(chosen.shape[axis]):
            part = np.zeros(chosen.shape, np.bool_)
            index = tuple(place if one == axis else slice(None) for one in range(chosen.ndim))
            part[index] = chosen[index]
            if part.any():
                found[_first(part)] = None
    yield from found


def _first(chosen: Flags) -> Cell:
    cell = np.unravel_index(int(chosen.argmax()), chosen.shape)
    return int(cell[0]), int(cell[1]), int(cell[2]), int(cell[3])


def _check(
    table: Table, row: Row, spot: Spot, originator: str, failed: int, span: tuple[Instant, Instant]
) -> Counterexample | None:
    asked = request_of(table, row, spot, originator, span[0])
    assert asked is not None
    refused = checks_of(failed)
    verdict = evaluate(table.dossier.unconsented, asked, only=(row.edge.agreement,), consented=True)
    cited = {ground.check for ground in verdict.failed() if ground.article}
    missing = [check for check in refused if check not in cited]
    blank = [ground.check for ground in verdict.failed() if not ground.article]
    if not missing and not blank:
        return None
    return counterexample(
        table,
        row,
        spot,
        originator=originator,
        span=span,
        table_says=f"refuse on {', '.join(refused)}" if failed else "permit",
        demands=f"an article for {', '.join(dict.fromkeys([*missing, *blank]))}",
        alike=lambda one: one.permits == (not refused) and set(refused) <= {ground.check for ground in one.failed()},
        consented=True,
    )


def _dynamic(table: Table, row: Row, seen: set[tuple[object, ...]]) -> Iterator[tuple[Request, Instant]]:
    """Requests in which what item, person and system bring is refused, once for each text and pair, and until when."""
    yield from _onward(table, row)
    text = row.edge.frame.text
    key = (text.id, text.version, row.lane.sender, row.edge.frame.to)
    if key in seen:
        return
    seen.add(key)
    end = next(until for _, until, _ in spans_of(table, row))
    for grade in range(table.ground.axes.shape[0]):
        spot = spot_of(table, (grade, 0, 0, 0))
        asked = request_of(table, row, spot, row.lane.sender, row.start)
        if asked is None:
            continue
        yield from ((replace(asked, item=replace(asked.item, caveats=one), act="copy"), end) for one in _LABELS)
        yield from ((replace(asked, person=one, system="no-such-system"), end) for one in _PERSONS)
        named = replace(asked.item, caveats=Caveats(eyes=()))
        yield replace(asked, item=named, person=_PERSONS[0], purpose="no-such-purpose"), end


def _onward(table: Table, row: Row) -> Iterator[tuple[Request, Instant]]:
    """A request for an item of each third party, under whichever texts bind the sender to it from time to time."""
    for originator in table.dossier.parties:
        if originator in (row.lane.sender, row.recipient):
            continue
        cuts = moments(table, row.lane.sender, (originator,), row.start, row.end, to=row.recipient)
        for at, end in zip(cuts, (*cuts[1:], row.end), strict=True):
            spots = (spot_of(table, (grade, 0, 0, 0)) for grade in range(table.ground.axes.shape[0]))
            yield from ((one, end) for spot in spots if (one := request_of(table, row, spot, originator, at)))


def _uncited(table: Table, row: Row, asked: Request, end: Instant) -> Counterexample | None:
    verdict = evaluate(table.dossier.unconsented, asked, only=(row.edge.agreement,))
    if all(ground.article for ground in verdict.failed()):
        return None
    return replace(_blank(table, asked, verdict, end), agreement=row.edge.agreement, confirmed=True)


def _without_agreement(table: Table) -> Iterator[tuple[Request, Instant]]:
    """A request for each stretch on which no agreement stands between the two, with the end of the stretch."""
    for lane, stretch, end in table.stretches():
        if stretch.edges or stretch.to is None or lane.sender not in table.dossier.parties:
            continue
        item = Item(ITEM_ID, ITEM_ID, lane.sender, "no-such-mark", "other-topic", "other-purpose")
        window = table.window
        yield (
            Request(
                "release",
                item,
                lane.sender,
                lane.recipient,
                stretch.start,
                reading=window.reading,
                known_by=window.known_by,
            ),
            end,
        )


def _uncited_standing(table: Table, asked: Request, end: Instant) -> Counterexample | None:
    """Without an agreement `standing` alone fails, and cites the dossier's agreements."""
    verdict = evaluate(table.dossier, asked)
    failed = verdict.failed()
    if [ground.check for ground in failed] == ["standing"] and failed[0].article:
        return None
    confirmed = [ground.check for ground in failed] == ["standing"]
    return replace(_blank(table, asked, verdict, end), confirmed=confirmed)


def _blank(table: Table, asked: Request, verdict: Verdict, end: Instant) -> Counterexample:
    blank = [ground.check for ground in verdict.failed() if not ground.article]
    mark = table.dossier.parties[asked.item.originator].mark(asked.item.mark)
    return Counterexample(
        act=asked.act,
        sender=asked.sender,
        recipient=asked.recipient,
        agreement="",
        originator=asked.item.originator,
        rank=mark.rank if mark else "",
        mark=asked.item.mark,
        topic=asked.item.topic,
        purpose=asked.asked_purpose,
        provided_for=asked.item.purpose,
        start=asked.at,
        end=end,
        table_says="refuse",
        demands=f"an article for {', '.join(blank) or 'standing'}",
        reference=said(verdict),
    )
