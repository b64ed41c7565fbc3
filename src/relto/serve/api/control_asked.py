"""What is asked about visits, contractors' checklists and facilities: the bodies of requests, strict."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relto.serve.api.asked import Asked, Long, Text, When

Letters = Annotated[list[Annotated[str, Field(max_length=1)]], Field(min_length=1, max_length=15)]
Some = Annotated[list[Text], Field(min_length=1, max_length=64)]


class VisitRequest(Asked):
    """A visit to a facility of the host; `visiting` left out is this node's party. `until` does not belong to it."""

    visiting: Text = ""
    host: Text
    facility: Text
    agreement: Text
    purpose: Text
    topics: Some
    ceiling: Text
    starts: Annotated[When, Field(alias="from")]
    ends: Annotated[When, Field(alias="until")]
    visitors: Some
    assured: bool = False


class VisitApproval(Asked):
    """Up to which rank and within which time box; what is left out is as it was asked for."""

    ceiling: Text = ""
    starts: Annotated[When | None, Field(alias="from")] = None
    ends: Annotated[When | None, Field(alias="until")] = None


class Reason(Asked):
    """Why."""

    says: Text


class Came(Asked):
    """Who came to a visit; all its visitors where none is named."""

    came: Annotated[list[Text], Field(max_length=64, default_factory=list)]


class ShownThere(Asked):
    """What is shown to which visitor: a holding, or an own item of the dossier."""

    what: Text
    to: Text
    purpose: Text = ""


class Checklist(Asked):
    """Under which agreement, and how long from one inspection to the next: a period such as `P1Y`."""

    agreement: Text
    inspect_every: Text


class Confirmed(Asked):
    """Conditions, by their letters, and what shows that they are met."""

    conditions: Letters
    evidence: Text


class Withdrawn(Asked):
    """Conditions, by their letters, that are met no more, and why."""

    conditions: Letters
    says: Text


class Inspection(Asked):
    """What was found, and whether it is as it must be."""

    says: Long
    passed: bool


class Official(Asked):
    """Who is responsible at a facility, and for what."""

    official: Text
    task: Text


class Named(Asked):
    """A person."""

    person: Text


class StruckOff(Asked):
    """A person, and why they are struck off."""

    person: Text
    says: Text
