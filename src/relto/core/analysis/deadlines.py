"""Deadlines: what is due next under every agreement of a dossier, as of an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from relto.core.agreement import Agreement, Standing
from relto.core.dossier import Dossier
from relto.core.timeline import ETERNITY, Instant, bound_instant, first_instant, local_day

DeadlineKind = Literal["notice", "lapse", "renewal", "consent", "accreditation", "destruction"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that comes by itself at `at`: under which article, and in words."""

    at: Instant
    kind: DeadlineKind
    agreement: str
    article: str
    says: str
    zone: str
    unconfirmed: bool = False


def deadlines(
    dossier: Dossier, at: Instant, *, reading: str | None = None, known_by: Instant | None = None
) -> tuple[Deadline, ...]:
    """Everything due after `at`, soonest first. `reading` counts where it is a party's; else each first party's."""
    found = [
        *_of_agreements(dossier, at, reading, known_by),
        *_of_consents(dossier, at, known_by),
        *_of_accreditations(dossier, at),
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.agreement, one.kind, one.says)))


def _of_agreements(dossier: Dossier, at: Instant, reading: str | None, known_by: Instant | None) -> Iterator[Deadline]:
    for name in sorted(dossier.agreements):
        first = dossier.agreements[name][0]
        whose = reading if reading in first.parties else None
        history = dossier.history(name, reading=whose, known_by=known_by)
        standing = history.standing(at)
        text = history.phase(at).text
        unconfirmed = text.term.unconfirmed or any(ground.unconfirmed for ground in standing.grounds)
        yield from _of_standing(standing, text, unconfirmed, at)


def _of_standing(standing: Standing, text: Agreement, unconfirmed: bool, at: Instant) -> Iterator[Deadline]:
    def due(when: Instant, kind: DeadlineKind, article: str, says: str) -> Deadline:
        return Deadline(when, kind, text.id, article, says, text.zone, unconfirmed)

    if standing.in_force and standing.notice_deadline is not None and standing.term_end is not None:
        last = local_day(standing.notice_deadline.plus(-1), text.zone)
        until = local_day(standing.term_end, text.zone)
        says = f"last day to give notice for the term that ends {until}: {last}"
        yield due(standing.notice_deadline, "notice", text.term.article, says)
    if standing.in_force and standing.ends_at is not None:
        yield due(standing.ends_at, "lapse", text.term.article, "lapses")
    elif standing.in_force and standing.term_end is not None:
        yield due(
            standing.term_end, "renewal", text.term.article, "the term ends and is renewed unless notice is given"
        )
    keep = text.survival
    if standing.state == "lapsed" and keep.destroy_within is not None and standing.ends_at is not None:
        day = keep.destroy_within.after(local_day(standing.ends_at, text.zone))
        when = first_instant(day, text.zone)
        if when > at:
            certified = ", and certify it" if keep.certificate else ""
            yield due(when, "destruction", keep.article, f"destroy what was provided{certified}")


def _of_consents(dossier: Dossier, at: Instant, known_by: Instant | None) -> Iterator[Deadline]:
    for consent in dossier.consents(known_by):
        if not consent.valid.contains(at) or consent.valid.end == ETERNITY:
            continue
        text = dossier.versions(consent.record)[0]
        article = text.third_party.article if text.third_party else text.scope.article
        what = consent.item or consent.topic
        says = f"the consent {consent.id} of {', '.join(consent.by)} for {what} to {', '.join(consent.to)} ends"
        yield Deadline(consent.valid.end, "consent", text.id, article, says, text.zone, consent.unconfirmed)


def _of_accreditations(dossier: Dossier, at: Instant) -> Iterator[Deadline]:
    for party in dossier.parties.values():
        for what, ones in (("systems", party.systems), ("contractors", party.contractors)):
            for one in ones:
                if one.until is None:
                    continue
                when = bound_instant(one.until, party.zone)
                if when > at:
                    says = f"the accreditation of {one.id} ({party.id}) for {one.ceiling} ends"
                    cited = f"party:{party.id}:{what}"
                    yield Deadline(when, "accreditation", "", cited, says, party.zone, one.unconfirmed)
