"""Proofs over a whole dossier: those of the table's cells, and that no mediated route leaves its arrangement's scope.

`PROPERTIES` names all that can be proved without a file of one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from relto.core.agreement import Agreement
from relto.core.decision import ACTS, Request, evaluate, resolve
from relto.core.decision.proof import (
    Counterexample,
    Proof,
    Prover,
    prove_citing,
    prove_lapsed,
    prove_level,
    prove_onward,
    prove_purpose,
)
from relto.core.decision.proof.bounds import LAPSED, LEVEL, ONWARD, PURPOSE
from relto.core.decision.proof.citing import CITING
from relto.core.decision.proof.view import history_of
from relto.core.decision.proof.wording import ITEM_ID, mark_of, rank_of, said, unnamed
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.lane import CLOSED
from relto.core.decision.table.word import FAILED
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.label import covers_any
from relto.core.route.mediated import MediatedRoute, mediated_routes
from relto.core.timeline import Instant

MEDIATED: Final = "mediated-within-scope"
_SAYS: Final = (
    "a mediated route serves only while its arrangement is in force, for a topic in its scope, through its hub, each "
    "hop permitted under an agreement that it rests on"
)

Router = Callable[[Dossier, Request], tuple[MediatedRoute, ...]]
"""Finds the mediated routes that would carry a request."""


@dataclass(frozen=True, slots=True)
class _Way:
    """From whom to whom an arrangement may carry items, over [start, end), and where in the table the request lies."""

    arrangement: str
    sender: str
    recipient: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class _Asked:
    request: Request
    grade: int
    own: bool


def prove_mediated(table: Table, router: Router = mediated_routes) -> Proof:
    """Ask for routes at every grade, topic and purpose of every way over time; hold each against the texts.

    Items are the sender's own: it consents to the hops by choosing the route (DESIGN 5).
    """
    cells = stretches = requests = 0
    found: Counterexample | None = None
    for way in _ways(table):
        stretches += 1
        for asked in _requests(table, way):
            cells += 1
            if found is not None:
                continue
            requests += 1
            for route in _routes(table, router, asked.request):
                why = _fault(table, asked, route) if route.arrangement == way.arrangement else ""
                if why and found is None:
                    found = _shown(table, way, asked, route, why)
    return Proof(MEDIATED, _SAYS, cells, stretches, found, requests)


def _routes(table: Table, router: Router, request: Request) -> tuple[MediatedRoute, ...]:
    """The routes that would serve; none where a party on the way has no file, for then it cannot be asked as sender.

    No consent on record counts, as in the cells; that to the hops the originator gives by choosing the route.
    """
    try:
        return router(table.dossier.unconsented, request)
    except InputError:
        return ()


def _ways(table: Table) -> Iterator[_Way]:
    for name, versions in sorted(table.dossier.agreements.items()):
        first = versions[0]
        senders = [party for party in first.parties if first.mediates and party in table.dossier.parties]
        for sender in senders:
            for addressee in table.addressees:
                cuts = _cuts(table, first, sender, addressee)
                for start, end in zip(cuts, (*cuts[1:], table.window.end), strict=True):
                    to = table.lanes[sender, addressee].stretch(start).to
                    if to is not None and to.party in first.parties and to.party != sender:
                        yield _Way(name, sender, addressee, start, end)


def _cuts(table: Table, arrangement: Agreement, sender: str, addressee: str) -> tuple[Instant, ...]:
    """When an answer on this way may change: the arrangement's phases, and every lane between its parties.

    Whether a route keeps to the hub is what is to be proved, so the lanes past it count as well.
    """
    window, found = table.window, {table.window.start}
    for other in arrangement.parties:
        if other != sender:
            found.update(phase.start for phase in history_of(table, arrangement.id, sender, other).phases)
    for giver in arrangement.parties:
        for taker in {addressee, *arrangement.parties} & set(table.addressees):
            found.update(stretch.start for stretch in table.lanes[giver, taker].stretches)
    return tuple(sorted(one for one in found if window.start <= one < window.end))


def _requests(table: Table, way: _Way) -> Iterator[_Asked]:
    """Every grade of the sender, topic, purpose and act that gives somebody something."""
    axes, window = table.ground.axes, table.window
    scopes = {one for text in table.dossier.agreements[way.arrangement] for one in text.scope.topics}
    topics = [one or unnamed("other-topic", axes.topics) for one in axes.topics]
    topics += sorted(scopes - set(topics)) + sorted(f"{one}/below" for one in scopes)
    purposes = [one or unnamed("other-purpose", axes.purposes) for one in axes.purposes]
    for grade in range(axes.shape[0]):
        mark = mark_of(table, way.sender, way.sender, grade)
        if mark is None:
            continue
        for topic in topics:
            for purpose in purposes:
                for own in (True, False):
                    provided = purpose if own else unnamed("other-purpose", (*purposes, *axes.purposes))
                    item = Item(ITEM_ID, ITEM_ID, way.sender, mark, topic, provided)
                    for act in ACTS:
                        if act not in HOLDERS_ACTS:
                            asked = Request(
                                act,
                                item,
                                way.sender,
                                way.recipient,
                                way.start,
                                purpose=purpose,
                                reading=window.reading,
                                known_by=window.known_by,
                            )
                            yield _Asked(asked, grade, own)


def _fault(table: Table, asked: _Asked, route: MediatedRoute) -> str:
    """What the texts, or the table, have against a route that is said to serve; empty for nothing."""
    request, dossier = asked.request, table.dossier
    first = dossier.agreements[route.arrangement][0]
    to = resolve(dossier, request.recipient, request.at, request.known_by)
    middle = [hop.recipient for hop in route.hops[:-1]]
    for other in (*middle, to.party):
        history = history_of(table, route.arrangement, request.sender, other)
        if not history.in_force(request.at):
            return f"no route: {route.arrangement} is {history.phase(request.at).state} then"
        scope = history.phase(request.at).text.scope
        if not covers_any(scope.topics, request.item.topic):
            return f"no route: {request.item.topic} is outside article {scope.article} of {route.arrangement}"
    if first.hub is not None and middle != [first.hub]:
        return f"no route but through {first.hub}"
    for number, hop in enumerate(route.hops):
        if hop.verdict.agreement not in first.basis:
            return f"no hop under {hop.verdict.agreement}: {route.arrangement} rests on {', '.join(first.basis)}"
        why = _refused(table, asked, hop.sender, hop.recipient, hop.verdict.agreement, onward=number > 0)
        if why:
            return why
    return ""


def _refused(table: Table, asked: _Asked, sender: str, recipient: str, agreement: str, *, onward: bool) -> str:
    """Why the table does not permit a hop, with the consent that choosing the route gives; empty where it does."""
    axes, request = table.ground.axes, asked.request
    edges = table.lanes[sender, recipient].stretch(request.at).edges
    edge = next((one for one in edges if one.agreement == agreement), None)
    if edge is None:
        return f"no hop from {sender} to {recipient}: the table has no {agreement} between them then"
    grade = asked.grade
    if onward:  # judged by the item's rank, not by its mark
        grade = axes.rank(rank_of(table, request.item.originator, grade))
    purpose = axes.purpose(request.asked_purpose, own=asked.own)
    word = int(table.cells(edge)[grade, axes.topic(request.item.topic), purpose, ACTS.index(request.act)])
    closed = onward and edge.third[axes.originator(request.item.originator)] == CLOSED
    return f"no hop from {sender} to {recipient}: the table refuses it" if word & FAILED or closed else ""


def _shown(table: Table, way: _Way, asked: _Asked, route: MediatedRoute, why: str) -> Counterexample:
    request = asked.request
    reference, confirmed = _confirmed(table, way, asked, route)
    return Counterexample(
        act=request.act,
        sender=request.sender,
        recipient=request.recipient,
        agreement=route.arrangement,
        originator=request.item.originator,
        rank=rank_of(table, way.sender, asked.grade),
        mark=request.item.mark,
        topic=request.item.topic,
        purpose=request.asked_purpose,
        provided_for=request.item.purpose,
        start=way.start,
        end=way.end,
        table_says=f"mediated route via {', '.join(route.route.via) or 'nobody'}",
        demands=why,
        reference=reference,
        confirmed=confirmed,
    )


def _confirmed(table: Table, way: _Way, asked: _Asked, route: MediatedRoute) -> tuple[str, bool]:
    """What the reference evaluator says of each hop, and whether route and table are of one mind with it.

    It must give the same route at both ends of the way, and the table must permit every hop as it does.
    """
    told, alike = [], True
    for number, hop in enumerate(route.hops):
        last, onward = number == len(route.hops) - 1, number > 0
        request = replace(asked.request, sender=hop.sender, recipient=way.recipient if last else hop.recipient)
        verdict = evaluate(
            table.dossier.unconsented, request, only=(hop.verdict.agreement,), consented=onward, last_hop=last
        )
        told.append(f"{hop.sender} to {hop.recipient} under {hop.verdict.agreement}: {said(verdict)}")
        refused = _refused(table, asked, hop.sender, hop.recipient, hop.verdict.agreement, onward=onward)
        alike = alike and verdict.permits and not refused
    for at in (way.start, way.end.plus(-1)):
        served = mediated_routes(table.dossier.unconsented, replace(asked.request, at=at))
        alike = alike and route.route in [one.route for one in served]
    return "hop by hop: " + " | ".join(told), alike


PROPERTIES: Final[Mapping[str, Prover]] = {
    LAPSED: prove_lapsed,
    ONWARD: prove_onward,
    LEVEL: prove_level,
    PURPOSE: prove_purpose,
    CITING: prove_citing,
    MEDIATED: prove_mediated,
}
"""The properties that hold for every dossier, in the order in which they are proved."""


def prove(table: Table, name: str) -> Proof:
    """Prove one of `PROPERTIES`. Raises InputError with the list where there is none of that name."""
    prover = PROPERTIES.get(name)
    if prover is None:
        raise InputError(f"no property `{name[:60]}`", remedy=f"use one of {', '.join(PROPERTIES)}, or all")
    return prover(table)
