"""Parties, their marks, facilities, systems, contractors and domestic rules; and persons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from relto.core.label import Mark, covers_any
from relto.core.timeline import Bound, Instant


@dataclass(frozen=True, slots=True)
class Facility:
    """A site: the highest rank it may hold, and the persons both cleared and authorised there (article 6(e))."""

    id: str
    ceiling: str
    register: tuple[str, ...] = ()
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Accredited:
    """A system or a contractor: accredited up to a rank, until an instant (None: without end)."""

    id: str
    ceiling: str
    until: Bound | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class DomesticRule:
    """A stricter rule of a party's own: refuses what matches every list that is given (an empty list matches all)."""

    id: str
    citation: str
    says: str
    check: str = "caveat"
    to: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    ranks: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()

    def forbids(self, to: Collection[str], topic: str, rank: str, purpose: str, act: str) -> bool:
        """Whether the rule matches a request. `to`: the recipient's id and the party whose rules it follows."""
        return (
            (not self.to or any(one in self.to for one in to))
            and (not self.topics or covers_any(self.topics, topic))
            and (not self.ranks or rank in self.ranks)
            and (not self.purposes or purpose in self.purposes)
            and (not self.acts or act in self.acts)
        )


@dataclass(frozen=True, slots=True)
class TwoPersonRule:
    """A rule of a party's own: what it covers is released by two persons. A list left out covers everything."""

    citation: str
    says: str
    topics: tuple[str, ...] = ()
    ranks: tuple[str, ...] = ()

    def covers(self, topic: str, rank: str) -> bool:
        """Whether an item on `topic`, of `rank`, is one that two persons release."""
        return (not self.topics or covers_any(self.topics, topic)) and (not self.ranks or rank in self.ranks)


@dataclass(frozen=True, slots=True)
class Party:
    """A party as its own file describes it. `marks` stand high to low."""

    id: str
    name: Mapping[str, str]
    marks: tuple[Mark, ...]
    facilities: tuple[Facility, ...] = ()
    systems: tuple[Accredited, ...] = ()
    contractors: tuple[Accredited, ...] = ()
    domestic: tuple[DomesticRule, ...] = ()
    zone: str = "UTC"
    two_person: TwoPersonRule | None = None

    def mark(self, mark: str) -> Mark | None:
        """The mark of that name, if it has one."""
        for one in self.marks:  # loops, here and below: they are asked at every decision
            if one.mark == mark:
                return one
        return None

    def facility(self, facility: str) -> Facility | None:
        """The facility of that id, if it has one."""
        for one in self.facilities:
            if one.id == facility:
                return one
        return None

    def system(self, system: str) -> Accredited | None:
        """The accredited system of that id, if it has one."""
        for one in self.systems:
            if one.id == system:
                return one
        return None

    def ranks(self) -> tuple[str, ...]:
        """Its ranks, high to low."""
        return tuple(dict.fromkeys(mark.rank for mark in self.marks))


@dataclass(frozen=True, slots=True)
class Assurance:
    """The receiving party's word before a hand-over: clearance, need and equivalent protection (article 7(5))."""

    by: str
    at: Instant
    clearance: bool
    need_to_know: bool
    protection: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A person for whom access is asked. `clearance` None: has none."""

    id: str
    party: str
    nationality: str = ""
    clearance: str | None = None
    clearance_until: Bound | None = None
    need_to_know: tuple[str, ...] = ()
    facility: str = ""
    assurance: Assurance | None = None
