"""What no agreement can permit: the third-party clauses that go with an item, and the caveats on its label.

A forbid prevails over every permit (Cedar docs: authorization). A policy whose evaluation fails is skipped, so each
looks only at what the schema says is always there, or asks first.
"""

from __future__ import annotations

from relto.core.agreement import Agreement, ThirdParty
from relto.formats.cedar.clauses import ANOTHERS, HOME, consent_clauses
from relto.formats.cedar.facts import Facts
from relto.formats.cedar.syntax import Clause, Policy, both, entities, one_of, within

_Key = tuple[str, int]


def third_party_forbids(facts: Facts) -> list[Policy]:
    """One policy for each text and each set of holders it binds alike towards the same originators."""
    texts: dict[_Key, Agreement] = {}
    held: dict[_Key, dict[str, set[str]]] = {}
    for one in facts.governing:
        key = (one.text.id, one.text.version)
        texts[key] = one.text
        held.setdefault(key, {}).setdefault(one.holder, set()).add(one.originator)
    found = []
    for key, by_holder in held.items():
        groups: dict[frozenset[str], list[str]] = {}
        for holder, originators in by_holder.items():
            groups.setdefault(frozenset(originators | {holder}), []).append(holder)
        found += [_third_party(facts, texts[key], sorted(among), holders) for among, holders in groups.items()]
    return found


def _third_party(facts: Facts, text: Agreement, originators: list[str], holders: list[str]) -> Policy:
    clause = text.third_party or ThirdParty(text.scope.article, "originator-consent")
    clauses = [
        Clause(
            "when",
            f"{one_of('context.provider', 'Party', holders)} && {one_of('resource.originator', 'Party', originators)}"
            f" && {ANOTHERS}",
            f"{clause.article}: what one of {', '.join(originators)} provided, {', '.join(holders)} may not pass on",
        ),
        Clause("unless", HOME, "home to its originator"),
    ]
    inside = [party for party in text.parties if party not in facts.bodies]
    insiders = [one for one in originators if one in text.parties]
    if insiders:
        theirs = "" if insiders == originators else one_of("resource.originator", "Party", insiders)
        condition = both(theirs, within("principal", "Party", inside))
        clauses.append(Clause("unless", condition, "a party to the text is no third party"))
    nations = [nation for nation in clause.nations if nation not in facts.bodies]
    if clause.rule == "nations" and nations:
        clauses.append(Clause("unless", within("principal", "Party", nations), "nations that the text itself names"))
    if clause.rule == "originator-consent":
        clauses += consent_clauses(facts, originators)
    return Policy(
        "forbid",
        (
            ("id", f"{text.id}: third party, {', '.join(holders)}"),
            ("agreement", text.id),
            ("version", str(text.version)),
            ("article", clause.article),
            ("check", "third-party"),
            ("rule", clause.rule),
        ),
        clauses=tuple(clauses),
    )


def assurance_forbid(facts: Facts) -> Policy:
    """An assurance that is shown must be the recipient's own, whole and given beforehand (7(5) of the 2016 text)."""
    given = "context.person.assurance"
    clauses = (
        Clause("when", "context has person && context.person has assurance", "where one is shown"),
        Clause(
            "unless",
            both(
                "context has person",
                "context.person has assurance",
                one_of(f"{given}.by", "Party", facts.dossier.parties),
                f"principal in {given}.by",
                f"{given}.at <= {facts.at.ns}",
                f"{given}.clearance",
                f"{given}.need_to_know",
                f"{given}.protection",
            ),
            "the recipient's own, on clearance, need to know and equivalent protection, given beforehand",
        ),
    )
    annotations = (("id", "assurance"), ("article", "party:assurance"), ("check", "assurance"))
    return Policy("forbid", annotations, clauses=clauses)


def caveat_forbids(facts: Facts) -> list[Policy]:
    """The four caveats, the same under every agreement (DESIGN 5: each cites its place on the label)."""
    adapting = f"action in {entities('Action', ['copy', 'translate'])}"
    return [
        _caveat(
            "rel_to",
            Clause("when", "resource has rel_to", "releasable only to those it names; its originator may have it back"),
            Clause("unless", HOME),
            Clause("unless", "resource has rel_to && principal in resource.rel_to"),
        ),
        _caveat(
            "orcon",
            Clause("when", "resource.orcon", "its originator controls it: no passing on, copying or translating"),
            Clause("when", f"{ANOTHERS} || {adapting}"),
            Clause("unless", HOME),
            *consent_clauses(facts),
        ),
        _caveat(
            "no_contractor",
            Clause("when", "resource.no_contractor && principal has contractor", "not for a contractor"),
        ),
        _caveat(
            "eyes",
            Clause("when", "resource has eyes && context has person", "for the eyes of those it names only"),
            Clause("unless", "resource has eyes && context has person && resource.eyes.contains(context.person.id)"),
        ),
    ]


def _caveat(name: str, *clauses: Clause) -> Policy:
    annotations = (("id", f"label: {name}"), ("article", f"label:{name}"), ("check", "caveat"))
    return Policy("forbid", annotations, clauses=clauses)
