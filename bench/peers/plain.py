"""Plain Python: dict look-ups and if statements over the dossier's data, without any explanation.

What a competent engineer would write for speed, for these rules and nothing else.

Outside the timing: per (provider, recipient, originator) one tuple with the bounds of its windows for bisect, the marks
it takes, the clearances that suffice per rank and the sites; and each request as a flat tuple with an item's topics
and a person's needs as frozensets, as a service would hold its items and persons. Timed: everything that depends on the
request, each time anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from bench.peers.facts import COPYING, HOLDERS_ACTS, Edge, Facts, Windows, ancestors, facts_of
from relto.core.decision import Request
from relto.core.dossier import Consent, Dossier

_HOLDERS, _COPYING = frozenset(HOLDERS_ACTS), frozenset(COPYING)


class Plain:
    """dict and if. A request is a tuple of what it says of the act, the item and the person."""

    name = "dict/if"

    def __init__(self, dossier: Dossier, requests: Sequence[Request]) -> None:
        facts = self._facts = facts_of(dossier, requests)
        self._edges = {
            (edge.provider, edge.recipient, originator): _rules(facts, edge, originator)
            for edge in facts.edges.values()
            for originator in facts.parties
        }

    def prepare(self, request: Request) -> Any:
        """A flat tuple; the person a tuple of its own."""
        item, person, caveats = request.item, request.person, request.item.caveats
        return (
            request.act,
            request.sender,
            request.recipient,
            request.at.ns,
            request.asked_purpose,
            item.originator,
            item.mark,
            frozenset(ancestors(item.topic)),
            item.purpose,
            None if caveats.rel_to is None else frozenset(caveats.rel_to),
            caveats.orcon,
            None if caveats.eyes is None else frozenset(caveats.eyes),
            item.id,
            person
            and (
                person.id,
                person.party,
                person.clearance,
                self._facts.until(person),
                frozenset(person.need_to_know),
                person.facility,
            ),
        )

    def decide(self, prepared: Any) -> bool:  # noqa: C901 (one function: a call would cost more than what it hides)
        """Every rule, cheap and likely to fail first."""
        act, sender, recipient, at, asked, originator, mark, topics, purpose, rel_to, orcon, eyes, item, person = (
            prepared
        )
        if rel_to is not None and recipient not in rel_to and recipient != originator:
            return False
        holder = act in _HOLDERS
        if sender == recipient and holder:
            sender = originator
        rules = self._edges.get((sender, recipient, originator))
        if rules is None:
            return False
        new, held, scope, ranks, onward, consents, clears, zone, asks_need, sites = rules
        if onward and not consents:
            return False
        rank = ranks.get(mark)
        if rank is None or not bisect_right(held if holder else new, at) & 1 or scope.isdisjoint(topics):
            return False
        if person is not None:
            name, party, clearance, until, needs, facility = person
            if clears is not None and (party != recipient or clearance not in clears[rank] or at >= until[zone]):
                return False
            if (asks_need and needs.isdisjoint(topics)) or (eyes is not None and name not in eyes):
                return False
            if sites is not None:
                site = sites.get(facility)
                if site is None or rank not in site[1] or name not in site[0]:
                    return False
        if asked != purpose:
            return _consented(consents, item, topics, at, asked, False)
        if onward or (orcon and act in _COPYING and recipient != originator):
            return _consented(consents, item, topics, at, asked, True)
        return True


def _consented(consents: Any, item: str, topics: Any, at: int, asked: str, any_purpose: bool) -> bool:
    for start, end, names, broad, purpose in consents:
        if (
            start <= at < end
            and (names == item if names else broad in topics)
            and (purpose == asked or (any_purpose and not purpose))
        ):
            return True
    return False


def _rules(facts: Facts, edge: Edge, originator: str) -> tuple[Any, ...]:
    sites = None if edge.sites is None else {name: (one.register, one.ranks) for name, one in edge.sites.items()}
    return (
        _bounds(edge.new),
        _bounds(edge.held),
        frozenset(edge.scope),
        edge.ranks[originator],
        edge.onward(originator),
        tuple(_consent(one) for one in facts.consents_for(edge, originator)),
        edge.clears if edge.asks_clearance else None,
        edge.zone,
        edge.asks_need,
        sites,
    )


def _bounds(windows: Windows) -> list[int]:
    """Starts and ends in one ascending list: an odd place in it is inside a window."""
    return [bound for window in windows for bound in window]


def _consent(one: Consent) -> tuple[int, int, str, str, str]:
    return one.valid.start.ns, one.valid.end.ns, one.item, one.topic, one.purpose
