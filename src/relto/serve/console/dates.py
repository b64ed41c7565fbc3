"""What comes by itself beside the agreements' own deadlines: duties, visits' begin and end, clearances' ends.

For those who handle what is held. No title, mark, purpose or visitor is in it: it goes into calendars, which programs
keep that are not the node's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from relto.core.dossier import Dossier
from relto.core.register import VISITS
from relto.core.register import Visit as Call
from relto.core.timeline import Instant, bound_instant
from relto.formats.ics import Entry
from relto.node import Node
from relto.node.due import Duty, open_duties
from relto.node.ports import Reading
from relto.serve.console.clauses import duty_said
from relto.serve.console.words import Tongue

SOON: Final = 90 * 86_400 * 1_000_000_000
"""What comes within 90 days is told beforehand. In nanoseconds."""
_MOST_DUTIES: Final = 500


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that comes at `entry.at`, told on the clock of `zone`. `path`: the page about it, and `part` the place
    there; `about`: the id that a calendar names beside it."""

    entry: Entry
    zone: str
    path: str
    part: str = ""
    about: str = ""


def coming(dossier: Dossier, known: Iterable[Call], at: Instant, tongue: Tongue) -> list[Coming]:
    """Which of the visits that are known begin or end after `at`, and the clearances that end after it, the soonest
    first."""
    found = [*_visits(dossier, known, at, tongue), *_clearances(dossier, at, tongue)]
    return sorted(found, key=lambda one: (one.entry.at, one.entry.key))


def _visits(dossier: Dossier, known: Iterable[Call], at: Instant, tongue: Tongue) -> Iterator[Coming]:
    """Only those that were approved and not called off."""
    for one in known:
        approved = one.approved
        if approved is None or approved.ends <= at or one.called_off is not None:
            continue
        asked = one.asked
        host = dossier.parties.get(asked.host)
        who: dict[str, Any] = {"visiting": asked.visiting, "facility": asked.facility, "host": asked.host}
        begins = tongue.say("the visit of {visiting} to {facility} ({host}) begins", **who)
        ends = tongue.say("the visit of {visiting} to {facility} ({host}) ends", **who)
        for key, when, says in (("begins", approved.starts, begins), ("ends", approved.ends, ends)):
            if when > at:
                entry = Entry(when, "visit", f"{asked.agreement}: {says}", VISITS, f"visit|{one.id}|{key}")
                yield Coming(entry, host.zone if host is not None else "UTC", f"/visits/{one.id}", about=one.id)


def _clearances(dossier: Dossier, at: Instant, tongue: Tongue) -> Iterator[Coming]:
    for person in dossier.persons.values():
        party = dossier.parties.get(person.party)
        if person.clearance is None or person.clearance_until is None or party is None:
            continue
        end = bound_instant(person.clearance_until, party.zone)
        if end > at:
            says = tongue.say("the clearance of {person} ({party}) ends", person=person.id, party=party.id)
            key = f"clearance|{party.id}|{person.id}|{end}"
            entry = Entry(end, "clearance", says, f"party:{party.id}:persons", key)
            yield Coming(entry, party.zone, "/persons", f"#{party.id}")


def entries(node: Node, reading: Reading, at: Instant, tongue: Tongue) -> Iterator[Entry]:
    """The duties that have a time, the overdue first, inspections among them; then what else comes."""
    found = [one for one in open_duties(node, reading, at) if one.due is not None]
    for duty in found[:_MOST_DUTIES]:
        yield duty_entry(duty, tongue)
    known = (one for one in reading.controls("visit") if isinstance(one, Call))
    for one in coming(node.dossier(reading), known, at, tongue):
        yield replace(one.entry, subject=f"{one.entry.subject} ({one.about})") if one.about else one.entry


def duty_entry(one: Duty, tongue: Tongue) -> Entry:
    """A duty that has a time, by the id of its holding or contractor."""
    what = f"{one.agreement}: {tongue.say('duty')} {duty_said(tongue, one.do)[0]} ({one.about})"
    subject = tongue.say("overdue: {what}", what=what) if one.overdue else what
    key = f"duty|{one.about}|{one.number}|{one.article}|{one.do}"
    assert one.due is not None
    return Entry(one.due, "duty", subject, one.article, key, one.overdue)
