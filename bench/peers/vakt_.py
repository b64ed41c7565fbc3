"""vakt: rule-based policies in its MemoryStorage, under its RulesChecker.

Outside the timing: the policies are made and stored once, and each request is made an `Inquiry` whose action is the way
and the act, whose resource is the item, whose subject is the person and whose context has instant and purpose (whole
nanoseconds; Python's integers are exact). Timed: `Guard.is_allowed` with nothing logged or audited. No cached guard: it
remembers whole requests.

A MemoryStorage hands over every policy and the guard goes through all of them, so there are as few as the rules allow,
and what tells them apart most (the way) is the first thing that is looked at. vakt's own rules are used wherever they
can say it. What compares one part of a request with another has rules of our own, as its documentation has it
(`Needed`, `Eyes`, `Until`, `ByMark`). Policies add up, see `bench.peers.lines`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import vakt
from vakt.audit import PoliciesNopMsg
from vakt.rules import And, AnyIn, Eq, Falsy, GreaterOrEqual, In, Less, Or, ResourceMatch
from vakt.rules.base import Rule

from bench.peers.facts import Edge, Windows, ancestors, facts_of
from bench.peers.lines import Line, lines
from relto.core.decision import Request
from relto.core.dossier import Consent, Dossier

ANYONE = "*"


class Needed(Rule):  # type: ignore[misc]
    """A person's needs cover the item's topic."""

    def satisfied(self, what: Any, inquiry: Any = None) -> bool:
        """Any of them is among the topics that cover the item."""
        return not what.isdisjoint(inquiry.resource["topics"])


class Eyes(Rule):  # type: ignore[misc]
    """A person is among those whose eyes an item is for."""

    def satisfied(self, what: Any, inquiry: Any = None) -> bool:
        """None: it is for everyone's."""
        eyes = inquiry.resource["eyes"]
        return eyes is None or what in eyes


class Until(Rule):  # type: ignore[misc]
    """A clearance has not ended, in the zone of the agreement."""

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def satisfied(self, what: Any, inquiry: Any = None) -> bool:
        """The instant asked about is before its end."""
        return bool(inquiry.context["at"] < what[self.zone])


class ByMark(Rule):  # type: ignore[misc]
    """A value is one of those that suffice for the item's mark."""

    def __init__(self, suffices: Mapping[str, frozenset[str]]) -> None:
        self.suffices = suffices

    def satisfied(self, what: Any, inquiry: Any = None) -> bool:
        """Marks outside the agreement never come here: the resource is looked at as well."""
        return what in self.suffices.get(inquiry.resource["mark"], ())


class Vakt:
    """One guard. A request is an Inquiry."""

    name = "vakt"

    def __init__(self, dossier: Dossier, requests: Sequence[Request]) -> None:
        facts = self._facts = facts_of(dossier, requests)
        storage = vakt.MemoryStorage()
        for number, policy in enumerate(_policies(list(lines(facts)))):
            storage.add(vakt.PolicyAllow(number, **policy))
        self._is_allowed = vakt.Guard(storage, vakt.RulesChecker(), audit_policies_cls=PoliciesNopMsg).is_allowed

    def prepare(self, request: Request) -> Any:
        """The inquiry."""
        item, person, caveats = request.item, request.person, request.item.caveats
        subject: dict[str, Any] = {"id": None}
        if person is not None:
            subject = {
                "id": person.id,
                "party": person.party,
                "clearance": person.clearance,
                "until": self._facts.until(person),
                "needs": frozenset(person.need_to_know),
                "facility": person.facility,
            }
        return vakt.Inquiry(
            action={"way": f"{request.sender}>{request.recipient}", "act": request.act},
            subject=subject,
            resource={
                "id": item.id,
                "originator": item.originator,
                "mark": item.mark,
                "topics": list(ancestors(item.topic)),
                "purpose": item.purpose,
                "rel_to": [ANYONE] if caveats.rel_to is None else list(caveats.rel_to),
                "orcon": caveats.orcon,
                "eyes": caveats.eyes,
            },
            context={"at": request.at.ns, "asked": request.asked_purpose},
        )

    def decide(self, prepared: Any) -> bool:
        """Ask the guard."""
        answer: bool = self._is_allowed(prepared)
        return answer


_Key = tuple[str, str, Windows, Consent | None, str]


def _policies(given: list[Line]) -> Iterator[dict[str, Any]]:
    """One policy for the lines that differ in the act or in the item alone."""
    by_items: dict[_Key, dict[tuple[str, ...], set[tuple[str, bool]]]] = defaultdict(lambda: defaultdict(set))
    edges: dict[_Key, Edge] = {}
    for line in given:
        holder = line.edge.provider if line.sender == line.edge.recipient else ""
        key = (line.sender, line.edge.recipient, line.windows, line.consent, holder)
        edges[key] = line.edge
        by_items[key][line.acts].add((line.originator, line.no_orcon))
    for key, acts_by in by_items.items():
        joined: dict[frozenset[tuple[str, bool]], list[str]] = defaultdict(list)
        for acts, items in acts_by.items():
            joined[frozenset(items)].extend(acts)
        for alike, several in joined.items():
            yield _policy(key, edges[key], tuple(several), alike)


def _policy(key: _Key, edge: Edge, acts: tuple[str, ...], items: frozenset[tuple[str, bool]]) -> dict[str, Any]:
    sender, recipient, windows, consent, _ = key
    return {
        "actions": [{"way": Eq(f"{sender}>{recipient}"), "act": In(*acts)}],
        "subjects": _subjects(edge, frozenset(originator for originator, _ in items)),
        "resources": [_resource(edge, consent, *item) for item in sorted(items)],
        "context": {
            "at": _within(windows),
            "asked": Eq(consent.purpose) if consent is not None and consent.purpose else ResourceMatch("purpose"),
        },
    }


def _within(windows: Windows) -> Any:
    """A window without an end needs but its start."""
    found = [And(GreaterOrEqual(start), Less(end)) for start, end in windows]
    return found[0] if len(found) == 1 else Or(*found)


def _resource(edge: Edge, consent: Consent | None, originator: str, no_orcon: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "originator": Eq(originator),
        "mark": In(*edge.ranks[originator]),
        "topics": AnyIn(*edge.scope),
    }
    if originator != edge.recipient:
        found["rel_to"] = AnyIn(edge.recipient, ANYONE)
    if no_orcon:
        found["orcon"] = Falsy()
    if consent is not None and consent.item:
        found["id"] = Eq(consent.item)
    elif consent is not None:
        found["topics"] = And(AnyIn(*edge.scope), AnyIn(consent.topic))
    return found


def _subjects(edge: Edge, originators: frozenset[str]) -> list[Any]:
    """Nobody named; or someone who meets every condition, at one of the sites where the text asks for one."""
    ranks: dict[str, str] = {}
    for one in sorted(originators):
        for mark, rank in edge.ranks[one].items():
            if ranks.setdefault(mark, rank) != rank:
                raise ValueError(f"{mark} stands for two ranks: not encoded")
    person: dict[str, Any] = {}
    if edge.asks_clearance:
        person["party"] = Eq(edge.recipient)
        person["clearance"] = ByMark({mark: edge.clears[rank] for mark, rank in ranks.items()})
        person["until"] = Until(edge.zone)
    if edge.asks_need:
        person["needs"] = Needed()
    if edge.sites is None:
        return [{"id": Eq(None)}, {"id": And(_named(), Eyes()), **person}]
    return [{"id": Eq(None)}] + [
        {
            "id": And(In(*site.register), Eyes()),
            "facility": ByMark({mark: frozenset({name}) for mark, rank in ranks.items() if rank in site.ranks}),
            **person,
        }
        for name, site in edge.sites.items()
    ]


def _named() -> Any:
    return vakt.rules.NotEq(None)
