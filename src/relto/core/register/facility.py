"""Facilities: who is responsible for each, and since when (article 10); and its register of persons (article 6(e))."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from relto.core.errors import Conflict, InputError
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class OfficialNamed:
    """A person was made responsible for the control and protection of what is at a facility. `task`: of what."""

    facility: str
    at: Instant
    official: str
    task: str
    by: str


@dataclass(frozen=True, slots=True)
class OfficialRelieved:
    """A person is responsible no more."""

    facility: str
    at: Instant
    official: str
    by: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person was entered in the facility's register, as cleared and authorised there."""

    facility: str
    at: Instant
    person: str
    by: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A person was struck off the facility's register, and why."""

    facility: str
    at: Instant
    person: str
    says: str
    by: str


FacilityEvent = OfficialNamed | OfficialRelieved | Enrolled | Struck


@dataclass(frozen=True, slots=True)
class Office:
    """Who was responsible for a facility, of what, and from when until when (None: still)."""

    official: str
    task: str
    since: Instant
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One facility of the party's own: all that happened to it, in order. Made only by `apply_facility`."""

    events: tuple[FacilityEvent, ...]
    kind: ClassVar[Literal["facility"]] = "facility"

    @property
    def id(self) -> str:
        """The facility's id."""
        return self.events[0].facility

    @property
    def due(self) -> None:
        """A facility starts no duty."""

    @property
    def offices(self) -> tuple[Office, ...]:
        """All who are, or were, responsible for it, in the order they were named."""
        found: list[Office] = []
        for event in self.events:
            if isinstance(event, OfficialNamed):
                found.append(Office(event.official, event.task, event.at))
            elif isinstance(event, OfficialRelieved):
                found = [replace(one, until=event.at) if _in_office(one, event.official) else one for one in found]
        return tuple(found)

    def officials(self, at: Instant) -> tuple[str, ...]:
        """Who is responsible for it at `at`: an office's end does not belong to it."""
        there = [one for one in self.offices if one.since <= at and (one.until is None or at < one.until)]
        return tuple(dict.fromkeys(one.official for one in there))

    @property
    def keeps_register(self) -> bool:
        """Whether anybody was ever entered in its register here, or struck off it."""
        return any(isinstance(one, Enrolled | Struck) for one in self.events)

    @property
    def register(self) -> tuple[str, ...]:
        """Who stands in its register now, in the order they were entered."""
        found: dict[str, None] = {}
        for event in self.events:
            if isinstance(event, Enrolled):
                found[event.person] = None
            elif isinstance(event, Struck):
                found.pop(event.person, None)
        return tuple(found)

    def admits(self, person: str) -> bool:
        """Whether its register lets this person in, as far as one is kept here."""
        return not self.keeps_register or person in self.register


def _in_office(one: Office, official: str) -> bool:
    return one.official == official and one.until is None


def apply_facility(site: Site | None, event: FacilityEvent) -> Site:
    """The facility after `event`. Raises InputError where somebody is not named, Conflict for one who is there already,
    or is not."""
    before = Site(()) if site is None else site
    if isinstance(event, OfficialNamed | OfficialRelieved):
        _check_official(before, event)
    else:
        _check_person(before, event)
    return Site((*before.events, event))


def _check_official(site: Site, event: OfficialNamed | OfficialRelieved) -> None:
    in_office = any(_in_office(one, event.official) for one in site.offices)
    if not event.official.strip() or (isinstance(event, OfficialNamed) and not event.task.strip()):
        raise InputError("nobody is named, or for nothing", remedy="name the official, and of what they are in charge")
    if in_office == isinstance(event, OfficialNamed):
        state = "responsible already" if in_office else "not responsible"
        raise Conflict(f"`{event.official[:60]}` is {state} for `{event.facility}`", article="10")


def _check_person(site: Site, event: Enrolled | Struck) -> None:
    if not event.person.strip() or (isinstance(event, Struck) and not event.says.strip()):
        raise InputError("nobody is named, or no reason given", remedy="name the person, and say why one is struck off")
    if isinstance(event, Enrolled) and event.person in site.register:
        raise Conflict(f"`{event.person[:60]}` stands in the register of `{event.facility}` already", article="6(e)")
