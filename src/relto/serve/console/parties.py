"""Parties with their marks; and persons cleared, facilities approved, systems and contractors accredited, by party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from relto.core.dossier import Accredited, Dossier, Facility, Party, Person
from relto.core.register import Site
from relto.core.timeline import Bound, Instant, bound_instant
from relto.serve.console.dates import SOON
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit

Ending = Literal["", "soon", "over"]


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody or something approved up to a rank, and until when; `what` it is: person, system or contractor."""

    party: str
    what: str
    id: str
    rank: str
    unconfirmed: bool = False
    end: Instant | None = None
    until: str = ""
    ends: Ending = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands on record of one party. `persons`: each with its clearance; `registers`: who may be at each facility
    by all registers that are kept; `own`: facilities and contractors have pages of their own."""

    party: Party
    persons: tuple[tuple[Person, Approval], ...]
    facilities: tuple[Approval, ...]
    systems: tuple[Approval, ...]
    contractors: tuple[Approval, ...]
    registers: Mapping[str, tuple[str, ...]]
    own: bool

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """All that may have an end."""
        return (*(one for _, one in self.persons), *self.systems, *self.contractors)


def listed(visit: Visit) -> Page:
    """Every party of the dossier, the own first, with its marks and stricter rules."""
    visit.need("see-agreements")
    return Page("parties.html", visit.tongue.say("Parties"), {"parties": _own_first(visit, visit.dossier())})


def persons(visit: Visit) -> Page:
    """By party: persons, facilities, systems and contractors; before them what ends within 90 days, or has ended.

    Who is cleared, and for what, is shown to those who handle what is held: opening is decided by it.
    """
    visit.need("see-agreements")
    dossier, named = visit.dossier(), visit.may("see-holdings")
    with visit.node.store.read() as reading:
        kept = {one.id: one for one in reading.controls("facility") if isinstance(one, Site)} if named else {}
    parties = [_of(visit, dossier, party, named, kept) for party in _own_first(visit, dossier)]
    ending = [one for kept in parties for one in kept.approvals if one.ends]
    ending.sort(key=lambda one: (one.ends == "over", one.end or visit.at, one.id))
    return Page("persons.html", visit.tongue.say("Persons"), {"parties": parties, "named": named, "ending": ending})


def _own_first(visit: Visit, dossier: Dossier) -> list[Party]:
    return sorted(dossier.parties.values(), key=lambda one: (one.id != visit.node.party, one.id))


def _of(visit: Visit, dossier: Dossier, party: Party, named: bool, kept: Mapping[str, Site]) -> Kept:
    def accredited(what: str, one: Accredited) -> Approval:
        return _timed(visit, party, Approval(party.id, what, one.id, one.ceiling, one.unconfirmed), one.until)

    def cleared(one: Person) -> Approval:
        return _timed(visit, party, Approval(party.id, "person", one.id, one.clearance or ""), one.clearance_until)

    def admitted(site: Facility) -> tuple[str, ...]:
        register = kept.get(site.id) if own else None
        return tuple(one for one in site.register if register is None or register.admits(one))

    own = party.id == visit.node.party
    persons = [one for one in dossier.persons.values() if one.party == party.id] if named else []
    return Kept(
        party,
        tuple((one, cleared(one)) for one in persons),
        tuple(Approval(party.id, "facility", one.id, one.ceiling, one.unconfirmed) for one in party.facilities),
        tuple(accredited("system", one) for one in party.systems),
        tuple(accredited("contractor", one) for one in party.contractors),
        {one.id: admitted(one) for one in party.facilities},
        own,
    )


def _timed(visit: Visit, party: Party, one: Approval, until: Bound | None) -> Approval:
    """An approval with its end, as far as that is from the instant looked at; a day ends it with its first instant."""
    if until is None:
        return one
    end = bound_instant(until, party.zone)
    ends: Ending = "over" if end <= visit.at else "soon" if end.ns - visit.at.ns <= SOON else ""
    left = visit.tongue.words.left(visit.at, end) if ends == "soon" else ""
    return replace(one, end=end, until=visit.instant(end, party.zone), ends=ends, left=left)
