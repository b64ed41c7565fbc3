"""The checks of what is released: standing, scope, level, third party, purpose, caveats (DESIGN 5, in that order)."""

from __future__ import annotations

from relto.core.agreement import IN_FORCE, Agreement, ThirdParty
from relto.core.decision.case import Case
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.decision.verdict import Ground
from relto.core.label import covers_any
from relto.core.timeline import format_local


def check_standing(case: Case) -> Ground:
    """In force, or, for what a holder does with an item it already has, surviving."""
    text, phase = case.text, case.phase
    if phase.state in IN_FORCE:
        until = f", ends {format_local(phase.ends_at, text.zone)}" if phase.ends_at is not None else ""
        unconfirmed = text.entry.unconfirmed
        return case.passed("standing", text.entry.article, f"{phase.state}{until}", unconfirmed=unconfirmed)
    if phase.state != "lapsed":
        return case.failed(
            "standing", text.entry.article, f"{phase.state}, not in force", unconfirmed=text.entry.unconfirmed
        )
    if case.request.act in HOLDERS_ACTS and text.survival.lives_on:
        says = "lapsed, but what was provided before stays under its provisions"
        return case.passed("standing", text.survival.article, says, unconfirmed=text.survival.unconfirmed)
    superseded = phase.cause.superseded_by
    article = superseded[1] if superseded else text.term.article
    ended = format_local(phase.start, text.zone)
    return case.failed("standing", article, f"lapsed since {ended}: no new release", unconfirmed=text.term.unconfirmed)


def check_scope(case: Case) -> Ground:
    """The item's topic lies within the scope."""
    scope, topic = case.text.scope, case.request.item.topic
    if covers_any(scope.topics, topic):
        return case.passed("scope", scope.article, f"{topic} is within it", unconfirmed=scope.unconfirmed)
    says = f"{topic} is outside {', '.join(scope.topics)}"
    return case.failed("scope", scope.article, says, unconfirmed=scope.unconfirmed)


def check_level(case: Case) -> Ground:
    """The recipient has an equivalent mark."""
    levels, level = case.text.levels, case.level
    article = levels.article if levels else case.text.scope.article
    unconfirmed = levels is not None and levels.unconfirmed
    if level.missing:
        return case.failed("level", article, level.missing, unconfirmed=unconfirmed)
    says = f"{case.request.item.mark} is {level.rank}, for {case.to.party} {' or '.join(level.marks)}"
    return case.passed("level", article, says, unconfirmed=unconfirmed)


def check_third_party(case: Case) -> Ground:
    """No onward release but as the originator, or the text under which the item was received, allows; nor to a
    national of a third country where the text has that rule."""
    if case.onward:
        for text in _governing(case):
            refusal = _third_party_refusal(case, text)
            if refusal is not None:
                return refusal
    nationality = _nationality_refusal(case)
    if nationality is not None:
        return nationality
    clause = case.text.third_party
    says = "passed on as its originator allows" if case.onward else "not passed on to a third party"
    return case.passed("third-party", clause.article if clause else "", says)


def _governing(case: Case) -> list[Agreement]:
    """The texts that bind the sender to the originator: those under which it can hold the item. Else this one."""
    request, dossier = case.request, case.dossier
    originator = request.item.originator
    found: list[Agreement] = []
    for name in dossier.direct(originator, case.sender):
        reading = request.reading or case.sender
        pair = (originator, case.sender)
        history = dossier.history(name, reading=reading, known_by=request.known_by, between=pair)
        if history.ever_in_force(request.at):
            found.append(history.phase(request.at).text)
    return found or [case.text]


def _third_party_refusal(case: Case, text: Agreement) -> Ground | None:
    originator = case.request.item.originator
    if _bound_together(case, text):
        return None
    clause = text.third_party
    if clause is None:
        clause = ThirdParty(text.scope.article, "originator-consent")
    if clause.rule == "nations" and case.to.party in clause.nations:
        return None
    if clause.rule == "originator-consent" and case.has_consent(case.to.party, case.to.id):
        return None
    why = {
        "forbidden": "the text forbids it",
        "community": f"{case.to.party} is outside the community",
        "nations": f"{case.to.party} is not among {', '.join(clause.nations)}",
        "originator-consent": f"{originator} has not consented in writing beforehand",
    }[clause.rule]
    says = f"{case.sender} may not pass an item of {originator} on to {case.to.id}: {why}"
    return Ground("third-party", False, clause.article, text.id, says, clause.unconfirmed)


def _bound_together(case: Case, text: Agreement) -> bool:
    """Whether `text` binds the recipient to the originator then; one that has not joined or has left is a third."""
    request, originator, recipient = case.request, case.request.item.originator, case.to.party
    parties = case.dossier.agreements[text.id][0].parties  # an amendment brings no new party in: accession does
    if originator not in parties or recipient not in parties:
        return False
    reading = request.reading or case.sender
    pair = (originator, recipient)
    return case.dossier.history(text.id, reading=reading, known_by=request.known_by, between=pair).in_force(request.at)


def _nationality_refusal(case: Case) -> Ground | None:
    person, persons = case.person, case.text.persons
    if person is None or persons.nationality is None:
        return None
    if person.nationality in case.text.parties or not needs_clearance(case):
        return None
    if person.nationality and case.has_consent(person.nationality, person.id):
        return None
    says = f"{person.id} is a national of neither party ({person.nationality or 'unknown'}) and has no consent"
    return case.failed("third-party", persons.nationality, says, unconfirmed=persons.unconfirmed)


def needs_clearance(case: Case) -> bool:
    """Whether the item's rank is one from which the text asks for a clearance (`clearance_from`)."""
    floor = case.text.persons.clearance_from
    return floor is None or case.order.at_least(case.level.rank, floor)


def check_purpose(case: Case) -> Ground:
    """Used only for what it was provided for."""
    clause, item, asked = case.text.purpose, case.request.item, case.request.asked_purpose
    if clause is None:
        return case.passed("purpose", "", "the text sets no purpose")
    if clause.rule == "any":
        return case.passed("purpose", clause.article, "any purpose", unconfirmed=clause.unconfirmed)
    if clause.rule == "only":
        if asked in clause.only:
            return case.passed("purpose", clause.article, f"{asked} is provided for", unconfirmed=clause.unconfirmed)
        says = f"{asked} is not among {', '.join(clause.only)}"
        return case.failed("purpose", clause.article, says, unconfirmed=clause.unconfirmed)
    if asked == item.purpose:
        return case.passed("purpose", clause.article, f"{asked}, as provided", unconfirmed=clause.unconfirmed)
    if case.has_purpose_consent():
        says = f"{item.originator} consented to {asked} beside {item.purpose}"
        return case.passed("purpose", clause.article, says, unconfirmed=clause.unconfirmed)
    says = f"{asked} is not the purpose it is provided for ({item.purpose}), and {item.originator} has not consented"
    return case.failed("purpose", clause.article, says, unconfirmed=clause.unconfirmed)


def check_caveat(case: Case) -> Ground:
    """The limits that the originator put on the item itself."""
    request, caveats, to = case.request, case.request.item.caveats, case.to
    originator = request.item.originator
    if caveats.rel_to is not None and to.party != originator and not {to.party, to.id} & set(caveats.rel_to):
        return case.failed("caveat", "label:rel_to", f"releasable to {', '.join(caveats.rel_to)} only, not {to.id}")
    controlled = case.onward or (request.act in ("copy", "translate") and to.party != originator)
    if caveats.orcon and controlled and not case.has_consent(to.party, to.id):
        return case.failed("caveat", "label:orcon", f"{originator} controls it and has not consented")
    if caveats.no_contractor and to.contractor is not None:
        return case.failed("caveat", "label:no_contractor", f"{to.id} is a contractor")
    person = case.person
    if caveats.eyes is not None and person is not None and person.id not in caveats.eyes:
        return case.failed("caveat", "label:eyes", f"for the eyes of {', '.join(caveats.eyes)} only, not {person.id}")
    return case.passed("caveat", "", "no caveat stands against it")


def domestic_refusals(case: Case) -> tuple[Ground, ...]:
    """The stricter rules of its own that the sender has, or the originator of what is passed on, and that this
    request meets, each with its national citation (article 1)."""
    request, to = case.request, case.to
    bound = (case.sender, request.item.originator) if case.onward else (case.sender,)
    return tuple(
        case.failed(rule.check, f"domestic:{name}: {rule.citation}", rule.says)  # type: ignore[arg-type]
        for name in bound
        if name in case.dossier.parties
        for rule in case.dossier.parties[name].domestic
        if rule.forbids((to.party, to.id), request.item.topic, case.level.rank, request.asked_purpose, request.act)
    )
