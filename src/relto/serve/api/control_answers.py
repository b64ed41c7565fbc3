"""What is answered of visits, contractors' checklists and facilities."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relto.core.register import VisitState
from relto.serve.api.answers import Answer, Moment


class Granted(Answer):
    """A rank and a time box, as asked for or approved; `until` does not belong to it."""

    at: Moment
    by: str
    ceiling: str
    starts: Moment = Field(alias="from")
    ends: Moment = Field(alias="until")


class CalledOff(Answer):
    """By which party a visit was ended, when and why."""

    at: Moment
    by: str
    says: str


class ShownInVisit(Answer):
    """What was shown or opened within a visit."""

    at: Moment
    item: str
    holding: str | None
    rank: str
    to: str | None
    opened: bool


class Visit(Answer):
    """`relto/visit/1`."""

    schema_: Literal["relto/visit/1"] = Field(alias="schema")
    id: str
    state: VisitState
    visiting: str
    host: str
    facility: str
    agreement: str
    purpose: str
    topics: list[str]
    visitors: list[str]
    assured: bool
    asked: Granted
    approved: Granted | None
    declined: str | None
    called_off: CalledOff | None
    came: list[str] | None
    shown: list[ShownInVisit]


class Visits(Answer):
    """`relto/visits/1`: in the order they were asked for."""

    schema_: Literal["relto/visits/1"] = Field(alias="schema")
    total: int
    visits: list[Visit]


class Condition(Answer):
    """A condition of a checklist, and what shows that it is met."""

    id: str
    says: str
    met: bool
    evidence: str | None
    since: Moment | None


class Inspected(Answer):
    """The last inspection."""

    at: Moment
    passed: bool
    says: str


class Contractor(Answer):
    """`relto/contractor/1`."""

    schema_: Literal["relto/contractor/1"] = Field(alias="schema")
    id: str
    agreement: str
    article: str
    inspect_every: str
    inspected: Inspected | None
    inspection_due: Moment | None
    overdue: bool
    complete: bool
    conditions: list[Condition]


class Contractors(Answer):
    """`relto/contractors/1`: those with a checklist."""

    schema_: Literal["relto/contractors/1"] = Field(alias="schema")
    total: int
    contractors: list[Contractor]


class Office(Answer):
    """Who was responsible at a facility, for what, and when; `until` null: still."""

    official: str
    task: str
    since: Moment
    until: Moment | None


class Facility(Answer):
    """`relto/facility/1`; `register` null: none is kept here."""

    schema_: Literal["relto/facility/1"] = Field(alias="schema")
    id: str
    officials: list[str]
    offices: list[Office]
    register_: list[str] | None = Field(alias="register")


class Facilities(Answer):
    """`relto/facilities/1`: those of which something is kept here."""

    schema_: Literal["relto/facilities/1"] = Field(alias="schema")
    total: int
    facilities: list[Facility]
