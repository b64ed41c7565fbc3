"""casbin: attribute-based policies, one line for each way, originator, mark, act and window of time.

Outside the timing: the model is read and the policies added once; a request is a tuple of strings and two objects
whose attributes the registered functions read (ABAC). The enforcer is casbin's own `FastEnforcer`, which looks up the
policies of a request by its first five values instead of trying each one, so that the matcher need not compare these
again. Operators stand in the matcher where its language has them, registered functions where it has none (sets, topics
that cover others). Logging is off. Timed: `enforce`.

A policy of casbin is a line of strings: instants are nanoseconds since the year 1 in 21 digits, which compare as
the numbers do, and what a line says of items and persons stands under a name (`terms`).

The time goes into parsing the matcher and walking its tree, which casbin does anew at every call; hence the matcher is
short. Policies add up ("some(where (p.eft == allow))"), see `bench.peers.lines`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import casbin
from casbin.model import FastModel

from bench.peers.facts import Site, ancestors, facts_of
from bench.peers.lines import Line, lines
from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.timeline import GENESIS

MODEL = """
[request_definition]
r = sender, recipient, originator, mark, act, at, asked, item, person

[policy_definition]
p = sender, recipient, originator, mark, act, start, end, terms

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.at >= p.start && r.at < p.end && released(r.item, p.terms, r.recipient) && provided(r.item, p.terms, r.asked) \
&& admitted(r.person, p.terms, r.item, r.at)
"""
KEYS = (0, 1, 2, 3, 4)


@dataclass(slots=True, eq=False)
class _Item:
    id: str
    topics: frozenset[str]
    purpose: str
    rel_to: frozenset[str] | None
    orcon: bool
    eyes: frozenset[str] | None

    def __str__(self) -> str:  # casbin writes every value out at every call
        return self.id


@dataclass(slots=True, eq=False)
class _Person:
    id: str
    party: str
    clearance: str | None
    until: dict[str, str]
    needs: frozenset[str]
    facility: str

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """What a policy says of items and persons."""

    recipient: str
    scope: frozenset[str]
    home: bool
    no_orcon: bool
    consent: tuple[str, str, str] | None
    rank: str
    clears: frozenset[str] | None
    zone: str
    asks_need: bool
    sites: dict[str, Site] | None


class Casbin:
    """One enforcer. A request is the tuple of values that the model defines."""

    name = "casbin"

    def __init__(self, dossier: Dossier, requests: Sequence[Request]) -> None:
        facts = self._facts = facts_of(dossier, requests)
        model = FastModel(KEYS)
        model.load_model_from_text(MODEL)
        enforcer = casbin.FastEnforcer(model, cache_key_order=KEYS)
        terms: dict[str, _Rules] = {}
        enforcer.add_function("released", lambda item, name, recipient: _released(item, terms[name], recipient))
        enforcer.add_function("provided", lambda item, name, asked: _provided(item, terms[name], asked))
        enforcer.add_function("admitted", lambda person, name, item, at: _admitted(person, terms[name], item, at))
        for line in lines(facts):
            for policy in _policies(line, terms):
                model.add_policy("p", "p", policy)
        logging.getLogger("casbin.enforcer").disabled = True
        self._enforce = enforcer.enforce

    def prepare(self, request: Request) -> Any:
        """The values of the model's request."""
        item, person, caveats = request.item, request.person, request.item.caveats
        return (
            request.sender,
            request.recipient,
            item.originator,
            item.mark,
            request.act,
            digits(request.at.ns),
            request.asked_purpose,
            _Item(
                item.id,
                frozenset(ancestors(item.topic)),
                item.purpose,
                None if caveats.rel_to is None else frozenset(caveats.rel_to),
                caveats.orcon,
                None if caveats.eyes is None else frozenset(caveats.eyes),
            ),
            person
            and _Person(
                person.id,
                person.party,
                person.clearance,
                {zone: digits(end) for zone, end in self._facts.until(person).items()},
                frozenset(person.need_to_know),
                person.facility,
            ),
        )

    def decide(self, prepared: Any) -> bool:
        """Enforce it."""
        answer: bool = self._enforce(*prepared)
        return answer


def _policies(line: Line, terms: dict[str, _Rules]) -> Iterator[list[str]]:
    edge = line.edge
    for mark, rank in edge.ranks[line.originator].items():
        name = f"t{len(terms)}"
        terms[name] = _rules(line, rank)
        for act in line.acts:
            for start, end in line.windows:
                yield [line.sender, edge.recipient, line.originator, mark, act, digits(start), digits(end), name]


def _rules(line: Line, rank: str) -> _Rules:
    edge, consent = line.edge, line.consent
    return _Rules(
        recipient=edge.recipient,
        scope=frozenset(edge.scope),
        home=line.originator == edge.recipient,
        no_orcon=line.no_orcon,
        consent=None if consent is None else (consent.item, consent.topic, consent.purpose),
        rank=rank,
        clears=edge.clears[rank] if edge.asks_clearance else None,
        zone=edge.zone,
        asks_need=edge.asks_need,
        sites=None if edge.sites is None else dict(edge.sites),
    )


def digits(nanoseconds: int) -> str:
    """An instant as text that sorts as it does."""
    return f"{nanoseconds - GENESIS.ns:021}"


def _released(item: _Item, rules: _Rules, recipient: str) -> bool:
    if rules.scope.isdisjoint(item.topics) or (rules.no_orcon and item.orcon):
        return False
    return item.rel_to is None or rules.home or recipient in item.rel_to


def _provided(item: _Item, rules: _Rules, asked: str) -> bool:
    if rules.consent is None:
        return asked == item.purpose
    name, topic, purpose = rules.consent
    return (name == item.id if name else topic in item.topics) and asked == (purpose or item.purpose)


def _admitted(person: _Person | None, rules: _Rules, item: _Item, at: str) -> bool:
    if person is None:
        return True
    if item.eyes is not None and person.id not in item.eyes:
        return False
    if rules.clears is not None:
        if person.party != rules.recipient or person.clearance not in rules.clears:
            return False
        if at >= person.until[rules.zone]:
            return False
    if rules.asks_need and person.needs.isdisjoint(item.topics):
        return False
    if rules.sites is None:
        return True
    site = rules.sites.get(person.facility)
    return site is not None and rules.rank in site.ranks and person.id in site.register
