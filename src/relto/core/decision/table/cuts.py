"""Cuts: the instants between which nothing about a lane changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from relto.core.agreement import Agreement, History
from relto.core.decision.addressee import Addressee
from relto.core.dossier import Consent, Dossier, Party, Person
from relto.core.timeline import Bound, Instant, bound_instant


def designation_cuts(dossier: Dossier, authority: str, known_by: Instant | None) -> Iterator[Instant]:
    """When who `authority` is may change: designations of it, and withdrawals of those."""
    for record in dossier.records.values():
        known = record.known(known_by)
        named = {one.id for one in known if one.kind == "designation" and one.authority == authority}
        for one in known:
            if one.id in named or (one.kind == "withdrawal" and named & set(one.targets)):
                yield one.at.instant


def phase_cuts(histories: Iterable[History]) -> Iterator[Instant]:
    """When the standing or the text of an agreement changes."""
    for history in histories:
        for phase in history.phases:
            yield phase.start


def end_cuts(ends: Iterable[Bound | None], texts: Iterable[Agreement]) -> Iterator[Instant]:
    """When something ends by the calendar of each text that may judge it."""
    zones = {text.zone for text in texts}
    for end in ends:
        if end is not None:
            for zone in zones:
                yield bound_instant(end, zone)


Consents = dict[str, list[Instant]]
"""When consents begin and end, by whom they name; under an empty name those for somebody who is no addressee."""


def consents_by_name(consents: Iterable[Consent], addressees: Collection[str]) -> Consents:
    """Sort the beginnings and ends of consents by whom they name."""
    found: Consents = {}
    known = frozenset(addressees)
    for consent in consents:
        for name in {one if one in known else "" for one in consent.to}:
            found.setdefault(name, []).extend((consent.valid.start, consent.valid.end))
    return found


def consent_cuts(consents: Consents, to: Addressee, texts: Iterable[Agreement]) -> Iterator[Instant]:
    """When a consent that may matter to `to` begins or ends.

    One for a person or a third nationality may where a text asks for consent to nationals of other countries.
    """
    yield from consents.get(to.party, ())
    if to.id != to.party:
        yield from consents.get(to.id, ())
    if any(text.persons.nationality is not None for text in texts):
        yield from consents.get("", ())


def person_cuts(persons: Iterable[Person], to: Addressee, texts: Iterable[Agreement]) -> Iterator[Instant]:
    """When the clearance or assurance of one of `persons` begins or ends to count with `to`."""
    texts = tuple(texts)
    for person in persons:
        if person.party == to.party:
            yield from end_cuts((person.clearance_until,), texts)
        if person.assurance is not None:
            yield person.assurance.at


def approval_cuts(to: Addressee, texts: Iterable[Agreement]) -> Iterator[Instant]:
    """When the approval of a contractor ends."""
    yield from end_cuts((to.contractor.until,) if to.contractor is not None else (), texts)


def system_cuts(party: Party | None, texts: Iterable[Agreement]) -> Iterator[Instant]:
    """When the accreditation of a system ends."""
    yield from end_cuts([one.until for one in party.systems] if party else (), texts)
