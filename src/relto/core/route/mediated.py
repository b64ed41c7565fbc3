"""Mediated routes: from party to party through an arrangement's hub, each hop under the agreement of that hop.

DESIGN 4 and 5: the arrangement must be in force and cover the topic; every hop after the first needs the
originator's consent, which an originator gives by choosing the route; `rel_to` must name every hop's recipient; the
person is checked at the last hop.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from relto.core.agreement import Agreement
from relto.core.decision import Request, Route, Verdict, evaluate, resolve
from relto.core.decision.case import consent_on_record
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.dossier import Dossier
from relto.core.label import covers_any

_LONGEST = 4  # parties on one route; no arrangement known rests on more


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a route and the verdict that permits it."""

    sender: str
    recipient: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class MediatedRoute:
    """A route that serves, with the arrangement that opens it and its hops in order."""

    arrangement: str
    hops: tuple[Hop, ...]

    @property
    def route(self) -> Route:
        """Its short form."""
        return Route(
            kind="mediated",
            via=tuple(hop.recipient for hop in self.hops[:-1]),
            agreements=(self.arrangement, *(hop.verdict.agreement for hop in self.hops)),
            marks=self.hops[-1].verdict.marks,
        )


def mediated_routes(dossier: Dossier, request: Request) -> tuple[MediatedRoute, ...]:
    """All mediated routes that would carry `request`, in the order of arrangement and parties passed."""
    if request.act in HOLDERS_ACTS:
        return ()
    to = resolve(dossier, request.recipient, request.at, request.known_by)
    if not to.known or to.party == request.sender:
        return ()
    found: list[MediatedRoute] = []
    for name in sorted(dossier.agreements):
        for path in _paths(dossier, request, name, to.party):
            hops = _hops(dossier, request, dossier.agreements[name][0], path)
            if hops is not None:
                found.append(MediatedRoute(name, hops))
    return tuple(found)


def _paths(dossier: Dossier, request: Request, name: str, recipient: str) -> Iterator[tuple[str, ...]]:
    """The ways through the arrangement `name`, if it is one, in force between all of them, and covers the topic."""
    first = dossier.agreements[name][0]
    if not first.mediates or request.sender not in first.parties or recipient not in first.parties:
        return
    between = [party for party in first.parties if party not in (request.sender, recipient)]
    if first.hub is not None:
        between = [party for party in between if party == first.hub]
    for length in range(1, min(len(between), _LONGEST - 2) + 1):
        for middle in _orderings(between, length):
            path = (request.sender, *middle, recipient)
            if _open(dossier, request, name, path):
                yield path


def _orderings(parties: list[str], length: int) -> Iterator[tuple[str, ...]]:
    if length == 0:
        yield ()
        return
    for party in parties:
        for rest in _orderings([one for one in parties if one != party], length - 1):
            yield (party, *rest)


def _open(dossier: Dossier, request: Request, name: str, path: tuple[str, ...]) -> bool:
    """Whether the arrangement itself is in force between all on the path, and covers the topic."""
    reading = request.reading or request.sender
    for other in path[1:]:
        history = dossier.history(name, reading=reading, known_by=request.known_by, between=(path[0], other))
        if not history.in_force(request.at):
            return False
        if not covers_any(history.phase(request.at).text.scope.topics, request.item.topic):
            return False
    return True


def _hops(dossier: Dossier, request: Request, arrangement: Agreement, path: tuple[str, ...]) -> tuple[Hop, ...] | None:
    """The hops along `path`, each permitted under an agreement the arrangement rests on; None where one is not."""
    chosen_by_originator = request.sender == request.item.originator
    hops: list[Hop] = []
    for number, (sender, recipient) in enumerate(itertools.pairwise(path)):
        last = number == len(path) - 2
        hop = replace(request, sender=sender, recipient=request.recipient if last else recipient)
        if number > 0 and not chosen_by_originator and not consent_on_record(dossier, hop, (recipient, hop.recipient)):
            return None
        verdict = evaluate(
            dossier, hop, only=arrangement.basis, consented=chosen_by_originator and number > 0, last_hop=last
        )
        if not verdict.permits:
            return None
        hops.append(Hop(sender, recipient, verdict))
    return tuple(hops)
