"""The checks of who gets access: clearance, need-to-know, facility, assurance, system, contractor (DESIGN 5)."""

from __future__ import annotations

from relto.core.decision.case import Case
from relto.core.decision.release_checks import needs_clearance
from relto.core.decision.verdict import Ground
from relto.core.label import covers_any
from relto.core.timeline import bound_instant


def check_clearance(case: Case) -> Ground:
    """A clearance of sufficient rank, still valid, given by the recipient (articles 7(1), 7(2))."""
    article, person = case.text.persons.clearance, case.person
    unconfirmed = case.text.persons.unconfirmed
    if article is None or person is None:
        return case.passed("clearance", article or "", "no person is named" if article else "the text asks for none")
    if not needs_clearance(case):
        return case.passed("clearance", article, f"none is needed for {case.level.rank}", unconfirmed=unconfirmed)
    says = ""
    if person.party != case.to.party:
        says = f"{person.id} is a person of {person.party}, not of {case.to.party}"
    elif person.clearance is None:
        says = f"{person.id} has no clearance"
    elif not case.order.at_least(person.clearance, case.level.rank):
        says = f"{person.id} is cleared to {person.clearance}, below {case.level.rank}"
    elif person.clearance_until is not None:
        end = bound_instant(person.clearance_until, case.text.zone)
        if case.request.at >= end:
            says = f"the clearance of {person.id} ended {person.clearance_until}"
    if says:
        return case.failed("clearance", article, says, unconfirmed=unconfirmed)
    return case.passed("clearance", article, f"{person.id} is cleared to {person.clearance}", unconfirmed=unconfirmed)


def check_need_to_know(case: Case) -> Ground:
    """A clearance alone never suffices: official duty must need it (articles 7(1), 7(2))."""
    article, person = case.text.persons.need_to_know, case.person
    unconfirmed = case.text.persons.unconfirmed
    if article is None or person is None:
        return case.passed("need-to-know", article or "", "no person is named" if article else "the text asks for none")
    topic = case.request.item.topic
    if covers_any(person.need_to_know, topic):
        return case.passed("need-to-know", article, f"{person.id} needs {topic}", unconfirmed=unconfirmed)
    says = f"{person.id} has no need to know {topic}"
    return case.failed("need-to-know", article, says, unconfirmed=unconfirmed)


def check_facility(case: Case) -> Ground:
    """The site may hold the rank, and its register names the person as cleared and authorised (article 6(e))."""
    article, person = case.text.persons.facility, case.person
    unconfirmed = case.text.persons.unconfirmed
    if article is None or person is None:
        return case.passed("facility", article or "", "no person is named" if article else "the text asks for none")
    party = case.dossier.parties.get(case.to.party)
    site = party.facility(person.facility) if party else None
    if site is None:
        says = f"{case.to.party} has no facility `{person.facility}`" if person.facility else "no facility is named"
    elif not case.order.at_least(site.ceiling, case.level.rank):
        says = f"{site.id} may hold items up to {site.ceiling}, not {case.level.rank}"
    elif person.id not in site.register:
        says = f"{person.id} is not on the register of {site.id}"
    else:
        says = f"{person.id} is on the register of {site.id}"
        return case.passed("facility", article, says, unconfirmed=unconfirmed or site.unconfirmed)
    return case.failed("facility", article, says, unconfirmed=unconfirmed)


def check_assurance(case: Case) -> Ground:
    """The recipient's word on clearance, need and equivalent protection, given before the hand-over (article 7(5))."""
    article, person = case.text.persons.assurance, case.person
    if person is None or (article is None and person.assurance is None):
        return case.passed("assurance", article or "", "none is asked")
    cited = article or f"party:{case.to.party}:assurance"
    given = person.assurance
    if given is None:
        says = f"{case.to.party} has given no assurance for {person.id}"
    elif given.by != case.to.party:
        says = f"the assurance for {person.id} is by {given.by}, not by {case.to.party}"
    elif given.at > case.request.at:
        says = f"the assurance for {person.id} is given only later"
    elif not (given.clearance and given.need_to_know and given.protection):
        says = f"the assurance for {person.id} does not cover clearance, need and protection"
    else:
        return case.passed("assurance", cited, f"{given.by} has given its assurance for {person.id}")
    return case.failed("assurance", cited, says, unconfirmed=case.text.persons.unconfirmed)


def check_system(case: Case) -> Ground:
    """A system that stores or carries the item is accredited for its rank, then (article 12)."""
    article, name = case.text.persons.system, case.system
    if name is None:
        return case.passed("system", article or "", "no system is named")
    cited = article or f"party:{case.to.party}:systems"
    party = case.dossier.parties.get(case.to.party)
    system = party.system(name) if party else None
    if system is None:
        says = f"{case.to.party} has no accredited system `{name[:60]}`"
    elif not case.order.at_least(system.ceiling, case.level.rank):
        says = f"{name} is accredited up to {system.ceiling}, not {case.level.rank}"
    elif system.until is not None and case.request.at >= bound_instant(system.until, case.text.zone):
        says = f"the accreditation of {name} ended {system.until}"
    else:
        return case.passed("system", cited, f"{name} is accredited up to {system.ceiling}")
    return case.failed("system", cited, says, unconfirmed=case.text.persons.unconfirmed)


def check_contractor(case: Case) -> Ground:
    """A firm that receives it is approved for its rank, then (article 16)."""
    article, firm = case.text.persons.contractor, case.to.contractor
    if firm is None:
        return case.passed("contractor", article or "", "the recipient is no contractor")
    cited = article or f"party:{case.to.party}:contractors"
    if not case.order.at_least(firm.ceiling, case.level.rank):
        says = f"{firm.id} is approved up to {firm.ceiling}, not {case.level.rank}"
    elif firm.until is not None and case.request.at >= bound_instant(firm.until, case.text.zone):
        says = f"the approval of {firm.id} ended {firm.until}"
    else:
        return case.passed("contractor", cited, f"{firm.id} is approved up to {firm.ceiling}")
    return case.failed("contractor", cited, says, unconfirmed=case.text.persons.unconfirmed)
