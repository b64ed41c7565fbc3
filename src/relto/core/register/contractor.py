"""Contractors: the conditions that each must meet before anything is released to it, and inspections (article 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from relto.core.errors import Conflict, InputError, NotFound
from relto.core.register.duty import due_instant
from relto.core.timeline import Instant, parse_period

CONDITIONS: Final[Mapping[str, str]] = {
    "a": "nobody has access by rank, position or clearance alone",
    "b": "the firm and its site are able to protect it",
    "c": "everyone who needs access is cleared",
    "d": "clearances are decided as those of a party's own people",
    "e": "the criteria for them are assured",
    "f": "everyone is told their duties",
    "g": "the site was inspected at first, and is again from time to time",
    "h": "access is for those who need to know",
    "i": "the site keeps a register of cleared and authorised persons",
    "j": "a qualified person is named as responsible",
    "k": "it is stored as a party stores it",
    "l": "it is transmitted as a party transmits it",
    "m": "it is destroyed as a party destroys it",
    "n": "it is reproduced as a party reproduces it",
    "o": "it is translated as a party translates it",
}
"""The fifteen conditions of the text of 2016, each by its letter, in our words."""
INSPECTIONS: Final = "g"
"""The condition that inspections meet, and nothing else."""
INSPECT: Final = "inspect"
"""The duty to inspect, open at all times."""


@dataclass(frozen=True, slots=True)
class ChecklistSet:
    """A contractor's checklist is begun, or kept in another way from now on.

    `article`: that on contractors, in the text `agreement`, whose `zone` counts. `every`: how long after an inspection
    the next is due, a period of ISO 8601; the text names none, so its party does.
    """

    contractor: str
    at: Instant
    agreement: str
    article: str
    zone: str
    every: str
    by: str


@dataclass(frozen=True, slots=True)
class ConditionsConfirmed:
    """Conditions are met, by their letters; `evidence` says what shows it."""

    contractor: str
    at: Instant
    conditions: tuple[str, ...]
    evidence: str
    by: str


@dataclass(frozen=True, slots=True)
class ConditionsWithdrawn:
    """Conditions that were met are so no more, and why."""

    contractor: str
    at: Instant
    conditions: tuple[str, ...]
    says: str
    by: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """Its site was inspected. `passed`: what was found is as it must be; `says`: what was found."""

    contractor: str
    at: Instant
    passed: bool
    says: str
    by: str


@dataclass(frozen=True, slots=True)
class InspectionMissed:
    """The inspection that was `due` was not made by then."""

    contractor: str
    at: Instant
    due: Instant


ContractorEvent = ChecklistSet | ConditionsConfirmed | ConditionsWithdrawn | Inspected | InspectionMissed


@dataclass(frozen=True, slots=True)
class Contractor:
    """One contractor's checklist: all that happened to it, in order. Made only by `apply_contractor`."""

    events: tuple[ContractorEvent, ...]
    kind: ClassVar[Literal["contractor"]] = "contractor"

    @property
    def checklist(self) -> ChecklistSet:
        """How it is kept now."""
        return next(one for one in reversed(self.events) if isinstance(one, ChecklistSet))

    @property
    def id(self) -> str:
        """The contractor's id."""
        return self.events[0].contractor

    @property
    def confirmed(self) -> Mapping[str, ConditionsConfirmed]:
        """What shows each condition that was confirmed, and not withdrawn since, by its letter."""
        found: dict[str, ConditionsConfirmed] = {}
        for event in self.events:
            if isinstance(event, ConditionsConfirmed):
                found |= dict.fromkeys(event.conditions, event)
            elif isinstance(event, ConditionsWithdrawn):
                found = {letter: one for letter, one in found.items() if letter not in event.conditions}
        return found

    @property
    def inspection(self) -> Inspected | None:
        """The last inspection; None before the first."""
        return next((one for one in reversed(self.events) if isinstance(one, Inspected)), None)

    @property
    def inspection_due(self) -> Instant | None:
        """When the next inspection is due: at the end of the last day of the period, counted from the day after the
        last. None before the first and after one that was not passed: then it is owed, and no time is set."""
        last, kept = self.inspection, self.checklist
        return due_instant(kept.every, last.at, kept.zone) if last is not None and last.passed else None

    @property
    def due(self) -> Instant | None:
        """When an inspection falls overdue that was not entered as missed yet."""
        due = self.inspection_due
        missed = {one.due for one in self.events if isinstance(one, InspectionMissed)}
        return None if due in missed else due

    def overdue(self, at: Instant) -> bool:
        """Whether the time of an inspection has passed at `at`."""
        return self.inspection_due is not None and at > self.inspection_due

    def unmet(self, at: Instant) -> tuple[str, ...]:
        """The letters of the conditions that are not met at `at`: while there are any, nothing is released to it."""
        confirmed, inspected = self.confirmed, self.inspection_due is not None and not self.overdue(at)
        return tuple(one for one in CONDITIONS if not (inspected if one == INSPECTIONS else one in confirmed))


def apply_contractor(contractor: Contractor | None, event: ContractorEvent) -> Contractor:
    """The checklist after `event`. Raises NotFound for a contractor that has none, InputError for a condition that is
    none, a period that is none, or too little said, Conflict for what is not so."""
    if isinstance(event, ChecklistSet):
        parse_period(event.every)
    elif contractor is None:
        raise NotFound(f"no checklist of `{event.contractor[:60]}`", remedy="begin it first")
    elif isinstance(event, ConditionsConfirmed | ConditionsWithdrawn):
        _check_conditions(contractor, event)
    elif isinstance(event, Inspected):
        if not event.says.strip():
            raise InputError("an inspection that found nothing", remedy="say what was found")
    elif event.due != contractor.due or not contractor.overdue(event.at):
        raise Conflict(f"no inspection of `{contractor.id}` is overdue since {event.due}, or it was entered as such")
    return Contractor((*(() if contractor is None else contractor.events), event))


def _check_conditions(contractor: Contractor, event: ConditionsConfirmed | ConditionsWithdrawn) -> None:
    for letter in event.conditions:
        if letter not in CONDITIONS:
            raise InputError(f"`{letter[:20]}` is no condition", remedy=f"use one of {', '.join(CONDITIONS)}")
        if letter == INSPECTIONS:
            raise InputError(f"condition ({letter}) is met by inspections alone", remedy="enter an inspection")
    if isinstance(event, ConditionsWithdrawn):
        said, unknown = event.says, [one for one in event.conditions if one not in contractor.confirmed]
        if unknown:
            raise Conflict(f"condition ({unknown[0]}) of `{contractor.id}` was not confirmed")
    else:
        said = event.evidence
    if not event.conditions or not said.strip():
        raise InputError("no conditions, or nothing said of them", remedy="name them, and say what shows it")
