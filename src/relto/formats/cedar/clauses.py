"""Conditions that several policies share: third party or not, a consent on record, an approval that still stands."""

from __future__ import annotations

from collections.abc import Iterable

from relto.core.agreement import Instrument
from relto.core.label import covers
from relto.core.timeline import local_day
from relto.formats.cedar.facts import Facts, as_long
from relto.formats.cedar.syntax import Clause, among, both, either, one_of, quoted, within

HOME = "principal in resource.originator"
ANOTHERS = "resource.originator != context.provider"


def approved(facts: Facts, what: str, ranks: Iterable[str], zone: str) -> str:
    """That `what` is approved for one of `ranks` and its approval has not ended (DESIGN 3: half-open at the end)."""
    return both(one_of(f"{what}.ceiling", "Rank", ranks), *lasting(facts, what, zone))


def lasting(facts: Facts, what: str, zone: str) -> tuple[str, str]:
    """That the validity of `what` has not ended: an instant exactly, a day as its first instant in `zone`."""
    today = f"datetime({quoted(str(local_day(facts.at, zone)))})"
    return (
        f"!({what} has until && {what}.until <= {as_long(facts.at)})",
        f"!({what} has until_day && {what}.until_day <= {today})",
    )


def consent_to_recipient(consent: Instrument) -> str:
    """That `consent` covers this item for this recipient, and for the purpose asked where it names one."""
    return both(_consent_covers(consent), within("principal", "Party", consent.to))


def consent_to_person(consent: Instrument) -> str:
    """That `consent` covers this item for the person named, or for the country whose national that person is."""
    names = either(among(value, consent.to) for value in ("context.person.nationality", "context.person.id"))
    return both("context.person has nationality", _consent_covers(consent), names)


def consent_clauses(facts: Facts, originators: Iterable[str] | None = None) -> list[Clause]:
    """An `unless` for every consent of `originators` (None: of anybody) that is valid at the instant."""
    wanted = None if originators is None else set(originators)
    return [
        Clause("unless", consent_to_recipient(one), consent_says(record, one))
        for record, one in facts.consents
        if wanted is None or wanted & set(one.by)
    ]


def consent_says(record: str, consent: Instrument) -> str:
    """A consent in words."""
    what = f"item {consent.item}" if consent.item else f"all under {consent.topic}"
    purpose = f" for {consent.purpose}" if consent.purpose else ""
    until = f", until {consent.until}" if consent.until is not None else ""
    return (
        f"consent {consent.id} of {', '.join(consent.by)} in the record of {record}: "
        f"{what} may go to {', '.join(consent.to)}{purpose}{until}"
    )


def _consent_covers(consent: Instrument) -> str:
    what = (
        f"resource.id == {quoted(consent.item)}" if consent.item else within("resource.topic", "Topic", [consent.topic])
    )
    purpose = one_of("context.purpose", "Purpose", [consent.purpose]) if consent.purpose else ""
    return both(one_of("resource.originator", "Party", consent.by), what, purpose)


def widest(topics: Iterable[str]) -> list[str]:
    """The topics without those that another of them covers already."""
    listed = sorted(set(topics))
    return [one for one in listed if not any(other != one and covers(other, one) for other in listed)]
