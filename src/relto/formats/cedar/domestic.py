"""Parties' own stricter rules (DESIGN 5: never laxer): each a `forbid` with its national citation.

They bind what a party sends, and go with its own items when another passes them on, but do not keep them from coming
home. A rule that names ranks means those at which the recipient protects the item. Where two agreements protect one
item at different ranks, the rule bars only the one: there it is an exception within that permit instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relto.core.decision import ACTS
from relto.core.dossier import DomesticRule, Party
from relto.formats.cedar.clauses import HOME, widest
from relto.formats.cedar.facts import Edge, Facts
from relto.formats.cedar.levels import Passage, passages, selects
from relto.formats.cedar.syntax import Clause, Policy, both, either, entities, entity, one_of, within

Keys = frozenset[tuple[str, str]]


def domestic_forbids(facts: Facts) -> list[Policy]:
    """The rules of all parties."""
    return [
        policy
        for party in facts.dossier.parties.values()
        for rule in party.domestic
        for policy in (_by_rank(facts, party, rule) if rule.ranks else [_at_any_rank(party, rule)])
    ]


def contested_clauses(facts: Facts, edge: Edge, passage: Passage) -> Iterator[Clause]:
    """The rules that bar this passage though another agreement carries the same item at another rank."""
    if len(facts.between[edge.sender, edge.recipient]) == 1:
        return
    for party in facts.dossier.parties.values():
        sends = party.id == edge.sender
        if party.id == edge.recipient or not (sends or passage.by_rank):
            continue
        item = "" if sends else f"resource.originator == {entity('Party', party.id)}"
        for rule in party.domestic:
            if passage.rank in rule.ranks and passage.keys & _keys(facts, edge.sender, edge.recipient, rule)[1]:
                yield Clause("unless", both(item, _matches(rule)), f"{party.id}: {rule.citation}: {rule.says}")


def _at_any_rank(party: Party, rule: DomesticRule) -> Policy:
    own = entity("Party", party.id)
    onward = f"resource.originator == {own} && !({HOME})"
    bound = Clause("when", either([f"context.provider == {own}", onward]), rule.says)
    return _forbid(party, rule, "", (bound, *_clauses(rule)))


def _by_rank(facts: Facts, party: Party, rule: DomesticRule) -> Iterator[Policy]:
    """A policy for each recipient of what the party sends, and for each of what others pass on to it alike."""
    own = entity("Party", party.id)
    onward: dict[tuple[str, Keys], list[str]] = {}
    for sender, recipient in facts.between:
        barred, carried = _keys(facts, sender, recipient, rule)
        keys = barred - carried
        if sender == party.id:
            if keys:
                provider = Clause("when", f"context.provider == {own}", rule.says)
                yield _forbid(party, rule, recipient, (provider, *_clauses(rule), _ranks(rule, recipient, keys)))
        elif recipient != party.id:
            ranks = frozenset(key for key in keys if key[0] == "rank")
            if ranks:
                onward.setdefault((recipient, ranks), []).append(sender)
    for (recipient, keys), senders in onward.items():
        passed = both(one_of("context.provider", "Party", senders), f"resource.originator == {own}")
        item = Clause("when", passed, f"{rule.says}; also when {', '.join(senders)} passes it on")
        yield _forbid(party, rule, recipient, (item, *_clauses(rule), _ranks(rule, recipient, keys)), senders)


def _ranks(rule: DomesticRule, recipient: str, keys: Keys) -> Clause:
    return Clause("when", selects(keys), f"what {recipient} protects as {', '.join(rule.ranks)}")


def _keys(facts: Facts, sender: str, recipient: str, rule: DomesticRule) -> tuple[Keys, Keys]:
    """The marks and ranks that some agreement protects at a rank of `rule`, and those that some does at another."""
    barred: set[tuple[str, str]] = set()
    carried: set[tuple[str, str]] = set()
    for edge in facts.between.get((sender, recipient), ()):
        for passage in passages(edge.text, sender, recipient):
            (barred if passage.rank in rule.ranks else carried).update(passage.keys)
    return frozenset(barred), frozenset(carried)


def _forbid(
    party: Party, rule: DomesticRule, recipient: str, clauses: tuple[Clause, ...], senders: Sequence[str] = ()
) -> Policy:
    said = f", {', '.join(senders)} to {recipient}" if senders else f", to {recipient}" if recipient else ""
    return Policy(
        "forbid",
        (
            ("id", f"domestic: {party.id} {rule.id}{said}"),
            ("article", f"domestic:{party.id}: {rule.citation}"),
            ("check", rule.check),
        ),
        f"principal in {entity('Party', recipient)}" if recipient else "principal",
        _acts(rule) or "action",
        clauses,
    )


def _matches(rule: DomesticRule) -> str:
    """That the request is one that `rule` speaks of, but for its ranks."""
    return both(*(clause.condition for clause in _clauses(rule)), _acts(rule)) or "true"


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
