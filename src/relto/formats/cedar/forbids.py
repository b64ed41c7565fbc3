"""What no agreement can permit: the third-party clauses that go with an item, and the caveats on its label.

A forbid prevails over every permit (Cedar docs: authorization). A policy whose evaluation fails is skipped, so each
looks only at what the schema says is always there, or asks first.
"""

from __future__ import annotations

from collections.abc import Iterator

from relto.core.agreement import ThirdParty
from relto.formats.cedar.clauses import ANOTHERS, HOME, consent_clauses
from relto.formats.cedar.facts import Facts, GoverningText
from relto.formats.cedar.syntax import Clause, Policy, both, entities, one_of, within

_Key = tuple[str, int, frozenset[str]]


def third_party_forbids(facts: Facts) -> list[Policy]:
    """One policy for each text and each set of holders it binds alike towards the same originators."""
    texts: dict[_Key, list[GoverningText]] = {}
    for one in facts.governing:
        inside = one.bound | {one.originator, one.holder}
        texts.setdefault((one.text.id, one.text.version, inside), []).append(one)
    found = []
    for alike in texts.values():
        by_holder: dict[str, list[GoverningText]] = {}
        for one in alike:
            by_holder.setdefault(one.holder, []).append(one)
        groups: dict[frozenset[str], list[GoverningText]] = {}
        for holder, held in by_holder.items():
            groups.setdefault(frozenset({holder, *(one.originator for one in held)}), []).extend(held)
        found += [_third_party(facts, held, sorted(among)) for among, held in groups.items()]
    return found


def _third_party(facts: Facts, held: list[GoverningText], among: list[str]) -> Policy:
    """What binds these holders towards the other parties `among` them, all by the same text."""
    text, holders = held[0].text, sorted({one.holder for one in held})
    clause = text.third_party or ThirdParty(text.scope.article, "originator-consent")
    clauses = [
        Clause(
            "when",
            f"{one_of('context.provider', 'Party', holders)} && {one_of('resource.originator', 'Party', among)}"
            f" && {ANOTHERS}",
            f"{clause.article}: what one of {', '.join(among)} provided, {', '.join(holders)} may not pass on",
        ),
        Clause("unless", HOME, "home to its originator"),
        *_lifted(facts, clause, held, among),
    ]
    towards = "" if holders == among else f", of {', '.join(among)}"
    return Policy(
        "forbid",
        (
            ("id", f"{text.id}: third party, {', '.join(holders)}{towards}"),
            ("agreement", text.id),
            ("version", str(text.version)),
            ("article", clause.article),
            ("check", "third-party"),
            ("rule", clause.rule),
        ),
        clauses=tuple(clauses),
    )


def _lifted(facts: Facts, clause: ThirdParty, held: list[GoverningText], among: list[str]) -> Iterator[Clause]:
    """To whom it may be passed on: those whom the text binds to the originator too, those it names, by consent."""
    bound = {party for one in held for party in one.bound if party not in facts.bodies}
    if bound:
        says = f"{held[0].text.id} binds them to the originator then: no third party"
        yield Clause("unless", within("principal", "Party", bound), says)
    nations = [nation for nation in clause.nations if nation not in facts.bodies]
    if clause.rule == "nations" and nations:
        yield Clause("unless", within("principal", "Party", nations), "nations that the text itself names")
    if clause.rule == "originator-consent":
        yield from consent_clauses(facts, among)


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
