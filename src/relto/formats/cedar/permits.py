"""What an agreement permits: one policy for each direction and row of its level table, clauses in DESIGN 5's order.

Cedar permits what one policy permits and none forbids (Cedar docs: authorization); so of several agreements one that
permits suffices, in force or surviving, and what no agreement permits is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relto.formats.cedar.clauses import (
    approved,
    consent_says,
    consent_to_person,
    consent_to_recipient,
    lasting,
    widest,
)
from relto.formats.cedar.domestic import contested_clauses
from relto.formats.cedar.facts import Edge, Facts
from relto.formats.cedar.levels import Passage, at_least, passages, selects
from relto.formats.cedar.syntax import Clause, Policy, among, both, either, entity, one_of, within


def permits(facts: Facts, edge: Edge) -> list[Policy]:
    """The policies of one direction; none where it is neither in force nor survives."""
    if not edge.in_force and not edge.survives:
        return []
    return [
        _permit(facts, edge, passage, contested_clauses(facts, edge, passage))
        for passage in passages(edge.text, edge.sender, edge.recipient)
    ]


def _permit(facts: Facts, edge: Edge, passage: Passage, contested: Iterable[Clause]) -> Policy:
    text = edge.text
    clauses = [
        Clause("when", f"context.provider == {entity('Party', edge.sender)}"),
        *_scope(edge),
        _level(edge, passage),
        *_unheld(facts, edge),
        *_nationality(facts, edge, passage),
        *_purpose(facts, edge),
        *_persons(facts, edge, passage),
        *_places(facts, edge, passage),
        *contested,
    ]
    return Policy(
        "permit",
        (
            ("id", f"{text.id}: {edge.sender} to {edge.recipient}, {passage.source}"),
            ("agreement", text.id),
            ("version", str(text.version)),
            ("article", ", ".join(_articles(edge))),
            ("standing", edge.phase.state),
            ("marks", ", ".join(passage.there)),
        ),
        f"principal in {entity('Party', edge.recipient)}",
        "action" if edge.in_force else 'action in Action::"hold"',
        tuple(clauses),
    )


def _articles(edge: Edge) -> list[str]:
    text, persons = edge.text, edge.text.persons
    standing = text.entry.article if edge.in_force else text.survival.article
    named = [standing, text.scope.article, text.levels and text.levels.article, text.purpose and text.purpose.article]
    named += [persons.clearance, persons.need_to_know, persons.facility, persons.assurance]
    named += [persons.system, persons.contractor, persons.nationality]
    return list(dict.fromkeys(one for one in named if one))


def _scope(edge: Edge) -> Iterator[Clause]:
    scope = edge.text.scope
    topics = widest(scope.topics)
    says = f"scope, {scope.article}: {', '.join(topics)}, and all below"
    yield Clause("when", within("resource.topic", "Topic", topics), says)


def _level(edge: Edge, passage: Passage) -> Clause:
    levels = edge.text.levels
    assert levels is not None
    own = f"{' or '.join(passage.marks)} of {edge.sender}" if passage.marks else ""
    other = f"{passage.source} of anybody else" if passage.by_rank else ""
    what = ", and ".join(one for one in (own, other) if one)
    says = f"level, {levels.article}: {what}, which {edge.recipient} protects as {' or '.join(passage.there)}"
    return Clause("when", selects(passage.keys), says)


def _unheld(facts: Facts, edge: Edge) -> Iterator[Clause]:
    """The text's own third-party clause binds who passes on what it holds under no agreement with the originator."""
    governed = {one.originator for one in facts.governing if one.holder == edge.sender}
    free = sorted(set(facts.dossier.parties) - governed - {edge.sender, edge.recipient})
    text, clause = edge.text, edge.text.third_party
    rule = clause.rule if clause else "originator-consent"
    free = [one for one in free if edge.recipient not in facts.bound(edge.agreement, edge.sender, one)]
    if not free or (rule == "nations" and clause is not None and edge.recipient in clause.nations):
        return
    consents = facts.consents if rule == "originator-consent" else ()
    allowed = either(consent_to_recipient(one) for _, one in consents if set(one.by) & set(free))
    article = clause.article if clause else text.scope.article
    condition = both(one_of("resource.originator", "Party", free), "" if allowed == "false" else f"!({allowed})")
    says = f"third party, {article} ({rule}): what {edge.sender} holds of {', '.join(free)} under no agreement with it"
    yield Clause("unless", condition, says)


def _needs_clearance(facts: Facts, edge: Edge, passage: Passage) -> bool:
    floor = edge.text.persons.clearance_from
    return floor is None or passage.rank in at_least(facts.dossier, edge.text, floor)


def _nationality(facts: Facts, edge: Edge, passage: Passage) -> Iterator[Clause]:
    text = edge.text
    if text.persons.nationality is None or not _needs_clearance(facts, edge, passage):
        return
    own = both("context.person has nationality", among("context.person.nationality", text.parties))
    allowed = either([own, *(consent_to_person(one) for _, one in facts.consents)])
    says = f"third party, {text.persons.nationality}: a national of {' or '.join(text.parties)}, or one with a consent"
    yield Clause("unless", f"context has person && !({allowed})", says)


def _purpose(facts: Facts, edge: Edge) -> Iterator[Clause]:
    clause = edge.text.purpose
    if clause is None or clause.rule == "any":
        return
    if clause.rule == "only":
        says = f"purpose, {clause.article}: {', '.join(clause.only)} only"
        yield Clause("when", one_of("context.purpose", "Purpose", clause.only), says)
        return
    consents = [(record, one) for record, one in facts.consents if one.purpose]
    allowed = either(["context.purpose == resource.purpose", *(consent_to_recipient(one) for _, one in consents)])
    others = "".join(f"; or {consent_says(record, one)}" for record, one in consents)
    yield Clause("when", allowed, f"purpose, {clause.article}: the one it is provided for{others}")


def _persons(facts: Facts, edge: Edge, passage: Passage) -> Iterator[Clause]:
    """Clearance, need-to-know, facility and assurance, where a person is named and the text asks for them."""
    text, persons, to = edge.text, edge.text.persons, entity("Party", edge.recipient)
    ranks = at_least(facts.dossier, text, passage.rank)
    if persons.clearance is not None and _needs_clearance(facts, edge, passage):
        cleared = both(
            f"context.person.party == {to}",
            "context.person has clearance",
            one_of("context.person.clearance", "Rank", ranks),
            *lasting(facts, "context.person", text.zone),
        )
        says = f"clearance, {persons.clearance}: a person of {edge.recipient}, cleared for {passage.rank}, still"
        yield Clause("unless", f"context has person && !({cleared})", says)
    if persons.need_to_know is not None:
        says = f"need to know, {persons.need_to_know}: the topic, or one above it"
        yield Clause("unless", "context has person && !(resource.topic in context.person.need_to_know)", says)
    if persons.facility is not None:
        site = both(
            "context has facility",
            f"context.facility in {to}",
            one_of("context.facility.ceiling", "Rank", ranks),
            "context.facility.register.contains(context.person.id)",
        )
        says = (
            f"facility, {persons.facility}: a site of {edge.recipient} for {passage.rank}, the person on its register"
        )
        yield Clause("unless", f"context has person && !({site})", says)
    if persons.assurance is not None:
        says = f"assurance, {persons.assurance}: the word of {edge.recipient} for the person"
        yield Clause("unless", "context has person && !(context.person has assurance)", says)


def _places(facts: Facts, edge: Edge, passage: Passage) -> Iterator[Clause]:
    """The system and the contractor, where there is one."""
    text, persons = edge.text, edge.text.persons
    ranks = at_least(facts.dossier, text, passage.rank)
    stands = both(
        f"context.system in {entity('Party', edge.recipient)}", approved(facts, "context.system", ranks, text.zone)
    )
    cited = f", {persons.system}" if persons.system else ""
    says = f"system{cited}: one of {edge.recipient} accredited for {passage.rank}, still"
    yield Clause("unless", f"context has system && !({stands})", says)
    cited = f", {persons.contractor}" if persons.contractor else ""
    firm = approved(facts, "principal.contractor", ranks, text.zone)
    says = f"contractor{cited}: approved for {passage.rank}, still"
    yield Clause("unless", f"principal has contractor && !({firm})", says)
