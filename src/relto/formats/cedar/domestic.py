"""A sender's own stricter rules (DESIGN 5: never laxer): each a `forbid` with its national citation.

A rule that names ranks means those at which the recipient protects the item. Where two agreements protect one item at
different ranks, the rule bars only the one: there it is an exception within that permit instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from relto.core.decision import ACTS
from relto.core.dossier import DomesticRule, Party
from relto.formats.cedar.clauses import widest
from relto.formats.cedar.facts import Edge, Facts
from relto.formats.cedar.levels import Passage, passages, selects
from relto.formats.cedar.syntax import Clause, Policy, both, entities, entity, one_of, within

Keys = frozenset[tuple[str, str]]


def domestic_forbids(facts: Facts) -> list[Policy]:
    """The rules of all parties."""
    return [
        policy
        for party in facts.dossier.parties.values()
        for rule in party.domestic
        for policy in (_by_rank(facts, party, rule) if rule.ranks else [_forbid(party, rule)])
    ]


def contested_rules(facts: Facts, edge: Edge, passage: Passage) -> list[DomesticRule]:
    """The sender's rules that bar this passage though another agreement carries the same item at another rank."""
    party = facts.dossier.parties.get(edge.sender)
    return [
        rule
        for rule in (party.domestic if party else ())
        if passage.rank in rule.ranks and passage.keys & _keys(facts, edge.sender, edge.recipient, rule)[1]
    ]


def matches(rule: DomesticRule) -> str:
    """That the request is one that `rule` speaks of, but for its ranks."""
    return both(*(clause.condition for clause in _clauses(rule)), _acts(rule)) or "true"


def _by_rank(facts: Facts, party: Party, rule: DomesticRule) -> Iterator[Policy]:
    recipients = dict.fromkeys(edge.recipient for edge in facts.edges if edge.sender == party.id)
    for recipient in recipients:
        barred, carried = _keys(facts, party.id, recipient, rule)
        if barred - carried:
            ranks = Clause("when", selects(barred - carried), f"what {recipient} protects as {', '.join(rule.ranks)}")
            yield _forbid(party, rule, recipient, ranks)


def _keys(facts: Facts, sender: str, recipient: str, rule: DomesticRule) -> tuple[Keys, Keys]:
    """The marks and ranks that some agreement protects at a rank of `rule`, and those that some does at another."""
    barred: set[tuple[str, str]] = set()
    carried: set[tuple[str, str]] = set()
    for edge in facts.edges:
        if (edge.sender, edge.recipient) == (sender, recipient) and (edge.in_force or edge.survives):
            for passage in passages(edge.text, sender, recipient):
                (barred if passage.rank in rule.ranks else carried).update(passage.keys)
    return frozenset(barred), frozenset(carried)


def _forbid(party: Party, rule: DomesticRule, recipient: str = "", ranks: Clause | None = None) -> Policy:
    to = f", to {recipient}" if recipient else ""
    provider = Clause("when", f"context.provider == {entity('Party', party.id)}", rule.says)
    return Policy(
        "forbid",
        (
            ("id", f"domestic: {party.id} {rule.id}{to}"),
            ("article", f"domestic:{party.id}: {rule.citation}"),
            ("check", rule.check),
        ),
        f"principal in {entity('Party', recipient)}" if recipient else "principal",
        _acts(rule) or "action",
        (provider, *_clauses(rule), *([ranks] if ranks else [])),
    )


def _clauses(rule: DomesticRule) -> Iterator[Clause]:
    if rule.to:
        yield Clause("when", within("principal", "Party", rule.to))
    if rule.topics:
        yield Clause("when", within("resource.topic", "Topic", widest(rule.topics)))
    if rule.purposes:
        yield Clause("when", one_of("context.purpose", "Purpose", rule.purposes))


def _acts(rule: DomesticRule) -> str:
    known = [act for act in ACTS if act in rule.acts]
    return f"action in {entities('Action', known)}" if known else ""
