"""The survey of a table: for each sender, recipient and stretch of time what is permitted, what is refused, and why.

What is permitted is read from the cells; the articles are the reference evaluator's, asked about one request of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relto.core.agreement import Persons, State
from relto.core.decision.proof.view import Flags, Row, moments, phases_of
from relto.core.decision.proof.wording import Cell, owner_of, request_of, spot_of
from relto.core.decision.reference import evaluate
from relto.core.decision.survey.boxes import Box, boxes
from relto.core.decision.table import Table
from relto.core.decision.table.axes import OTHER
from relto.core.decision.table.lane import CONSENT, FREE, Lane, Stretch
from relto.core.decision.table.word import FAILED
from relto.core.decision.verdict import CHECKS, Ground
from relto.core.timeline import Instant

_CITED = ("standing", "scope", "level", "purpose")


@dataclass(frozen=True, slots=True)
class Cited:
    """An article of an agreement, and whether it could be confirmed."""

    agreement: str
    article: str
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Protected:
    """A rank, the sender's own marks of it (none where only items of others have it), and the recipient's there."""

    rank: str
    marks: tuple[str, ...]
    there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """What is permitted: the product of acts, ranks, topics and purposes.

    `topics` holds "" for all that no clause names; so does `purposes`, whose flag says whether it is asked as the
    item's own. `articles`: what it rests on.
    """

    acts: tuple[int, ...]
    ranks: tuple[Protected, ...]
    topics: tuple[str, ...]
    purposes: tuple[tuple[str, bool], ...]
    articles: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, and the products for which it holds. `says` is the reference evaluator's, of one such request."""

    check: str
    cited: Cited
    says: str
    what: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Onward:
    """What passing on an item of `originator` takes: `free`, `consent` or `closed`, and under which articles."""

    originator: str
    takes: str
    articles: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Edgewise:
    """All of one agreement on one stretch.

    `ends_at`: the end due or past. `onward`: none where nothing is permitted. `persons`: what the text asks of whoever
    is named.
    """

    agreement: str
    version: int
    state: State
    ends_at: Instant | None
    zone: str
    permits: tuple[Permission, ...]
    refusals: tuple[Refusal, ...]
    onward: tuple[Onward, ...]
    persons: Persons


@dataclass(frozen=True, slots=True)
class Span:
    """From `sender` to `recipient` over [start, end) the same holds. `party`: the recipient's, "" for nobody then."""

    sender: str
    recipient: str
    party: str
    start: Instant
    end: Instant
    edges: tuple[Edgewise, ...]


def survey(
    table: Table, *, sender: str | None = None, recipient: str | None = None, at: Instant | None = None
) -> Iterator[Span]:
    """The spans of a table lane by lane and in order of time; a lane that never has an agreement is one span.

    `sender`, `recipient`, `at` narrow it. Spans that say the same are one.
    """
    for lane in table.lanes.values():
        if (sender or lane.sender) != lane.sender or (recipient or lane.recipient) != lane.recipient:
            continue
        if any(stretch.to is not None and stretch.to.party == lane.sender for stretch in lane.stretches):
            continue
        if lane.sender not in table.dossier.parties:
            continue  # only a text names it: nobody can ask as that party
        for span in _merged(table, lane):
            if at is None or span.start <= at < span.end:
                yield span


def _merged(table: Table, lane: Lane) -> Iterator[Span]:
    ends = (*(one.start for one in lane.stretches[1:]), table.window.end)
    spans = (
        _span(table, lane, stretch, start, until)
        for stretch, end in zip(lane.stretches, ends, strict=True)
        for start, until in _finer(table, lane, stretch, end)
    )
    last = next(spans)  # a lane has a stretch at least
    for span in spans:
        if (last.party, last.edges) == (span.party, span.edges):
            last = replace(last, end=span.end)
        else:
            yield last
            last = span
    yield last


def _finer(table: Table, lane: Lane, stretch: Stretch, end: Instant) -> Iterator[tuple[Instant, Instant]]:
    """The stretch, cut where the articles cited change though the answers do not."""
    others = table.dossier.parties if stretch.edges else ()
    to = stretch.to.party if stretch.to is not None else ""
    cuts = moments(table, lane.sender, others, stretch.start, end, to)
    yield from zip(cuts, (*cuts[1:], end), strict=True)


def _span(table: Table, lane: Lane, stretch: Stretch, start: Instant, end: Instant) -> Span:
    edges = tuple(_edgewise(table, Row(lane, stretch, edge, start, end)) for edge in stretch.edges)
    return Span(lane.sender, lane.recipient, stretch.to.party if stretch.to else "", start, end, edges)


def _edgewise(table: Table, row: Row) -> Edgewise:
    """Read off what one agreement permits and refuses, for the grades for which anybody has a mark."""
    grades = range(table.ground.axes.shape[0])
    shown = np.array([owner_of(table, row, grade) is not None for grade in grades], np.bool_)
    low = (table.cells(row.edge) & np.uint64(FAILED)).astype(np.int64)
    text, (_, phase) = row.edge.frame.text, next(phases_of(table, row))
    free = _acts_first((low == 0) & shown[:, None, None, None])
    return Edgewise(
        agreement=row.edge.agreement,
        version=text.version,
        state=phase.state,
        ends_at=phase.ends_at,
        zone=text.zone,
        permits=tuple(_permission(table, row, box, _articles(table, row, box)) for box in boxes(free)),
        refusals=tuple(_refusals(table, row, low, shown)),
        onward=tuple(_onward(table, row)) if free.any() else (),
        persons=text.persons,
    )


def _acts_first(flags: Flags) -> Flags:
    return np.ascontiguousarray(np.moveaxis(flags, 3, 0))


def _permission(table: Table, row: Row, box: Box, articles: tuple[Cited, ...] = ()) -> Permission:
    axes = table.ground.axes
    acts, grades, topics, purposes = box
    return Permission(
        acts,
        tuple(_protected(table, row, grade) for grade in grades),
        tuple(axes.topics[one] for one in topics),
        tuple((axes.purposes[one // 2], one % 2 == 0) for one in purposes),
        articles,
    )


def _protected(table: Table, row: Row, grade: int) -> Protected:
    axes, sender = table.ground.axes, row.lane.sender
    marks, irregular = table.dossier.parties[sender].marks, axes.irregular.get(sender, ())
    there = row.edge.frame.grades[grade].marks
    if grade >= len(axes.ranks):
        mark = irregular[grade - len(axes.ranks)]
        return Protected(next((one.rank for one in marks if one.mark == mark), OTHER), (mark,), there)
    rank = axes.ranks[grade]
    return Protected(rank, tuple(one.mark for one in marks if one.rank == rank and one.mark not in irregular), there)


def _grounds(table: Table, row: Row, cell: Cell) -> tuple[Ground, ...]:
    """The reference evaluator's grounds for a request in a cell of a mark that somebody has, but for whether items of
    others may pass at all."""
    owner = owner_of(table, row, cell[0])
    assert owner is not None
    asked = request_of(table, row, spot_of(table, cell), owner, row.start)
    assert asked is not None
    verdict = evaluate(table.dossier.unconsented, asked, only=(row.edge.agreement,))
    return tuple(one for one in verdict.grounds if one.check != "third-party")


def _articles(table: Table, row: Row, box: Box) -> tuple[Cited, ...]:
    acts, grades, topics, purposes = box
    grounds = _grounds(table, row, (grades[0], topics[0], purposes[0], acts[0]))
    return tuple(dict.fromkeys(_cite(one) for one in grounds if one.check in _CITED and one.article))


def _refusals(table: Table, row: Row, low: NDArray[np.int64], shown: Flags) -> Iterator[Refusal]:
    """Each reason with the cells for which it holds, in the order of the checks."""
    found: dict[tuple[str, Cited, str], Flags] = {}
    for cells in _kinds(table, row, low, shown):
        for ground in _grounds(table, row, tuple(np.argwhere(cells)[0].tolist())):
            if not ground.passed:
                key = (ground.check, _cite(ground), _general(row, ground))
                found[key] = found.get(key, np.zeros(low.shape, np.bool_)) | cells
    for check, cited, says in sorted(found, key=lambda key: CHECKS.index(key[0])):
        what = tuple(_permission(table, row, box) for box in boxes(_acts_first(found[check, cited, says])))
        yield Refusal(check, cited, says, what)


def _cite(ground: Ground) -> Cited:
    return Cited(ground.agreement, ground.article, ground.unconfirmed)


def _kinds(table: Table, row: Row, low: NDArray[np.int64], shown: Flags) -> Iterator[Flags]:
    """The refused cells, those together for which the same checks fail; one by one where domestic rules may differ."""
    refused = (low != 0) & shown[:, None, None, None]
    if not table.dossier.parties[row.lane.sender].domestic:
        yield from (refused & (low == one) for one in np.unique(low[refused]).tolist())
        return
    for cell in np.argwhere(refused):
        alone = np.zeros(low.shape, np.bool_)
        alone[tuple(cell)] = True
        yield alone


def _general(row: Row, ground: Ground) -> str:
    """A reason without the rank, topic or purpose of the one request that was asked."""
    text, to = row.edge.frame.text, row.edge.frame.to
    if ground.article.startswith("domestic:"):
        return ground.says
    if ground.check == "scope":
        return f"outside {', '.join(text.scope.topics)}"
    if ground.check == "level":
        return f"no equivalent for {to.party}" if text.levels else "no table of levels"
    if ground.check == "purpose" and text.purpose is not None:
        return f"not {', '.join(text.purpose.only)}" if text.purpose.only else "not what it is provided for"
    if ground.check == "contractor" and to.contractor is not None:
        until = f", until {to.contractor.until}" if to.contractor.until else ""
        return f"{to.id} is approved up to {to.contractor.ceiling}{until}"
    return ground.says


def _onward(table: Table, row: Row) -> Iterator[Onward]:
    """What items of third parties take, with the articles that say so."""
    takes = {FREE: "free", CONSENT: "consent"}
    for number, originator in enumerate(table.ground.axes.originators):
        if originator in (row.lane.sender, row.recipient) or originator not in table.dossier.parties:
            continue
        need = row.edge.third[number]
        yield Onward(originator, takes.get(need, "closed"), tuple(_binding(table, row, originator)) if need else ())


def _binding(table: Table, row: Row, originator: str) -> Iterator[Cited]:
    """The articles that refuse an item of `originator`: at the first grade it has a mark for, else at none."""
    spots = (spot_of(table, (grade, 0, 0, 0)) for grade in range(table.ground.axes.shape[0]))
    asked = next(one for spot in spots if (one := request_of(table, row, spot, originator, row.start)))
    verdict = evaluate(table.dossier.unconsented, asked, only=(row.edge.agreement,))
    yield from dict.fromkeys(_cite(ground) for ground in verdict.failed() if ground.check == "third-party")
