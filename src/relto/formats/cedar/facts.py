"""What holds at the instant: which agreements stand between whom, which consents are valid, whose body a body is.

Read from the record by DESIGN 4 and 5, not through the reference evaluator: this is the other side of a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from relto.core.agreement import IN_FORCE, Agreement, History, Instrument, Phase
from relto.core.dossier import Accredited, Dossier
from relto.core.errors import InputError
from relto.core.label import is_country
from relto.core.timeline import Bound, Day, Instant, bound_instant

LONG_MAX: Final = 2**63 - 1
"""Cedar's Long is 64 bits wide (Cedar docs: data types); instants are whole nanoseconds in it, until the year 2262."""

_SURVIVES: Final = frozenset({"all", "articles", "until-released", "while-classified"})


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of one agreement: what `sender` may provide to `recipient`, as the sender's reading has it."""

    agreement: str
    sender: str
    recipient: str
    phase: Phase

    @property
    def text(self) -> Agreement:
        """The text that is in effect."""
        return self.phase.text

    @property
    def in_force(self) -> bool:
        """Whether new releases may be made."""
        return self.phase.state in IN_FORCE

    @property
    def survives(self) -> bool:
        """Whether it has lapsed but goes on for what was provided before (21(4) of the 2016 text and its kin)."""
        return self.phase.state == "lapsed" and self.text.survival.keep in _SURVIVES


@dataclass(frozen=True, slots=True)
class GoverningText:
    """A text under which `holder` can hold items of `originator`: its third-party clause goes with them.

    `bound`: the others that the text binds to the originator then, so that towards them it is no passing on to a third.
    """

    originator: str
    holder: str
    text: Agreement
    bound: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """A dossier at `at`. `reading` None: each direction as its sender reads it. `known_by` None: all on record."""

    dossier: Dossier
    at: Instant
    reading: str | None = None
    known_by: Instant | None = None

    def __post_init__(self) -> None:
        """Cedar can count no instant beyond 64 bits of nanoseconds."""
        if abs(self.at.ns) > LONG_MAX:
            raise InputError(f"`{self.at}` is beyond Cedar's whole numbers", remedy="give an instant from 1678 to 2261")

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All directions of all agreements that allow direct release (DESIGN 5: not those with a `basis`)."""
        return tuple(
            Edge(name, sender, recipient, self._history(name, sender, (sender, recipient)).phase(self.at))
            for name in sorted(self.dossier.agreements)
            for sender, recipient in self._pairs(name)
        )

    @cached_property
    def between(self) -> dict[tuple[str, str], list[Edge]]:
        """The edges that permit something, by sender and recipient."""
        found: dict[tuple[str, str], list[Edge]] = {}
        for edge in self.edges:
            if edge.in_force or edge.survives:
                found.setdefault((edge.sender, edge.recipient), []).append(edge)
        return found

    @cached_property
    def governing(self) -> tuple[GoverningText, ...]:
        """The texts that were ever in force between an originator and a holder of its items."""
        found = []
        for name in sorted(self.dossier.agreements):
            for originator, holder in self._pairs(name):
                history = self._history(name, holder, (originator, holder))
                if history.ever_in_force(self.at):
                    bound = self.bound(name, holder, originator)
                    found.append(GoverningText(originator, holder, history.phase(self.at).text, bound))
        return tuple(found)

    def bound(self, agreement: str, holder: str, originator: str) -> frozenset[str]:
        """The parties beside those two that `agreement` binds to `originator` at the instant, as `holder` reads it.

        Who has not joined yet is none, who has left is none any more, and an amendment brings nobody in.
        """
        parties = self.dossier.agreements[agreement][0].parties
        if originator not in parties:
            return frozenset()
        return frozenset(
            one
            for one in parties
            if one not in (originator, holder) and self._history(agreement, holder, (originator, one)).in_force(self.at)
        )

    @cached_property
    def consents(self) -> tuple[tuple[str, Instrument], ...]:
        """The consents valid at the instant, each with its record: from `at` until `until` or withdrawal."""
        return tuple(
            (agreement, one)
            for agreement, one, ended in self._acts("consent")
            if one.at.instant <= self.at and not ended and not self._is_over(agreement, one)
        )

    @cached_property
    def contractors(self) -> dict[str, tuple[str, Accredited]]:
        """Each contractor with its party; a party of the same id comes first."""
        found: dict[str, tuple[str, Accredited]] = {}
        for party in self.dossier.parties.values():
            for firm in party.contractors:
                if firm.id not in self.dossier.parties:
                    found.setdefault(firm.id, (party.id, firm))
        return found

    @cached_property
    def authorities(self) -> dict[str, str]:
        """Each competent authority with the party that designated it (article 2(d)), while the designation stands."""
        standing = [
            (one.at.instant, record, one.id, one.authority, min(one.by))
            for record, one, ended in self._acts("designation")
            if not ended and one.at.instant <= self.at
        ]
        found: dict[str, str] = {}
        for *_, authority, party in sorted(standing):  # of several the first made counts
            if authority not in self.dossier.parties and authority not in self.contractors:
                found.setdefault(authority, party)
        return found

    @cached_property
    def bodies(self) -> dict[str, str]:
        """Each body that is not a party itself, with its party."""
        return {**{name: party for name, (party, _) in self.contractors.items()}, **self.authorities}

    def party_of(self, recipient: str) -> str:
        """Whose rules apply to `recipient`. A country that no file describes stands for itself; else InputError."""
        if recipient in self.bodies:
            return self.bodies[recipient]
        if recipient in self.dossier.parties or is_country(recipient, self.dossier.parties):
            return recipient
        raise InputError(
            f"unknown party `{recipient[:60]}`",
            remedy=f"use one of {', '.join(sorted(self.dossier.parties))}, one of their bodies, or a country",
        )

    def is_over(self, bound: Bound | None, zone: str) -> bool:
        """Whether something valid until `bound` has ended."""
        return bound is not None and self.at >= bound_instant(bound, zone)

    def _is_over(self, agreement: str, one: Instrument) -> bool:
        versions = self.dossier.agreements.get(agreement)
        return self.is_over(one.until, versions[0].zone if versions else "UTC")

    def _acts(self, kind: str) -> Iterator[tuple[str, Instrument, bool]]:
        """The instruments of a kind, each with whether it is withdrawn by now."""
        for record in self.dossier.records.values():
            known = record.known(self.known_by)
            gone = {
                target
                for other in known
                if other.kind == "withdrawal" and other.at.instant <= self.at
                for target in other.targets
            }
            for one in known:
                if one.kind == kind:
                    yield record.agreement, one, one.id in gone

    def _pairs(self, agreement: str) -> Iterator[tuple[str, str]]:
        first = self.dossier.agreements[agreement][0]
        if not first.mediates:
            for one in first.parties:
                yield from ((one, other) for other in first.parties if other != one)

    def _history(self, agreement: str, reader: str, between: tuple[str, str]) -> History:
        reading = self.reading or reader
        return self.dossier.history(agreement, reading=reading, known_by=self.known_by, between=between)


def as_long(instant: Instant) -> int:
    """`instant` as a Cedar Long; one beyond its range as the last it has."""
    return max(-LONG_MAX, min(LONG_MAX, instant.ns))


def bound_attributes(bound: Bound | None) -> dict[str, object]:
    """An end as attributes: `until` for an exact one, `until_day` for a day, which each text counts in its own zone."""
    if bound is None:
        return {}
    if isinstance(bound, Day):
        return {"until_day": {"__extn": {"fn": "datetime", "arg": str(bound)}}}
    return {"until": as_long(bound)}
