"""The grounds of a standing in words: which article and which instrument make it so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relto.core.agreement.instrument import Instrument
from relto.core.agreement.standing import StandingGround, State
from relto.core.agreement.text import Agreement, SuspendedNotice
from relto.core.timeline import Instant, format_local


@dataclass(frozen=True, slots=True)
class Cause:
    """What brought a phase about: the act of entry, the notices, suspensions and amendments that count in it.

    `waiting`: parties that have not signed. `superseded_by`: (agreement id, article) of a later text; an empty
    id where the end is assumed.
    `reading`: the party whose reading it is.
    """

    entry: Instrument | None = None
    entered_at: Instant | None = None
    notices: tuple[Instrument, ...] = ()
    suspensions: tuple[Instrument, ...] = ()
    amendments: tuple[Instrument, ...] = ()
    waiting: tuple[str, ...] = ()
    superseded_by: tuple[str, str] | None = None
    reading: str = ""


def ground_sentences(
    text: Agreement,
    state: State,
    cause: Cause,
    term_end: Instant | None,
    ends_at: Instant | None,
    suspended: SuspendedNotice | None,
) -> tuple[StandingGround, ...]:
    """The grounds of one standing, the decisive one last."""
    return tuple(_grounds(text, state, cause, term_end, ends_at, suspended))


def _grounds(
    text: Agreement,
    state: State,
    cause: Cause,
    term_end: Instant | None,
    ends_at: Instant | None,
    suspended: SuspendedNotice | None,
) -> Iterator[StandingGround]:
    yield _entry_ground(text, state, cause)
    for one in cause.amendments:
        yield StandingGround(
            text.entry.article,
            one.id,
            f"amended {_when(one)}: version {text.version} of the text governs",
            one.unconfirmed,
        )
    for one in cause.notices:
        yield _notice_ground(text, one)
    for one in cause.suspensions:
        yield _suspension_ground(text, one, suspended, cause.reading in text.unconfirmed_readings)
    end = _end_ground(text, state, cause, term_end, ends_at)
    if end is not None:
        yield end


def _entry_ground(text: Agreement, state: State, cause: Cause) -> StandingGround:
    clause = text.entry
    if state == "unsigned":
        says = f"not signed by {', '.join(cause.waiting)}" if cause.waiting else "not signed"
        return StandingGround(clause.article, "", says, clause.unconfirmed)
    name = cause.entry.id if cause.entry else ""
    unconfirmed = clause.unconfirmed or (cause.entry is not None and cause.entry.unconfirmed)
    if state == "signed":
        return StandingGround(clause.article, name, "signed by all parties, not yet in force", unconfirmed)
    since = format_local(cause.entered_at, text.zone) if cause.entered_at else "unknown"
    if cause.entry is not None and cause.entry.at.instant == cause.entered_at:
        since = str(cause.entry.at)
    return StandingGround(clause.article, name, f"entered into force {since}", unconfirmed)


def _notice_ground(text: Agreement, one: Instrument) -> StandingGround:
    contested = "; its receipt rests on proof of delivery and is contested" if one.contested else ""
    by_sending = text.term.notice is not None and text.term.notice.counts_from == "sending" and one.sent is not None
    counted = f"sent {one.sent}" if by_sending else f"received {_when(one)}"
    says = f"notice of termination by {', '.join(one.by)}, {counted}{contested}"
    return StandingGround(text.term.article, one.id, says, one.unconfirmed or text.term.unconfirmed)


def _suspension_ground(
    text: Agreement, one: Instrument, suspended: SuspendedNotice | None, doubtful: bool
) -> StandingGround:
    says = f"{', '.join(one.by)} suspended the notice {', '.join(one.targets)} {_when(one)}"
    if one.condition:
        says += f", on condition: {one.condition}"
    if suspended == "no-term":
        says += "; the text is silent; as read here no date binds and it may end at any time"
    else:  # "term-runs": where no suspension counts, no phase names one
        says += "; the text is silent; as read here the notice counts as not given and the term's clock goes on"
    return StandingGround(text.term.article, one.id, says, one.unconfirmed or doubtful)


def _end_ground(
    text: Agreement, state: State, cause: Cause, term_end: Instant | None, ends_at: Instant | None
) -> StandingGround | None:
    clause = text.term
    if state == "lapsed" and cause.superseded_by is not None:
        name, article = cause.superseded_by
        if not name:
            return StandingGround(article, "", f"ended, as is assumed, at {_at(text, ends_at)}; no new release")
        return StandingGround(article, "", f"superseded by {name} at {_at(text, ends_at)}")
    by = cause.notices[-1].id if cause.notices else ""
    if state == "lapsed":
        return StandingGround(clause.article, by, f"ended at {_at(text, ends_at)}; no new release", clause.unconfirmed)
    if ends_at is not None:
        says = f"in force until it ends at {_at(text, ends_at)}"
        return StandingGround(clause.article, by, says, clause.unconfirmed)
    if term_end is not None:
        says = f"assured to run until {_at(text, term_end)}"
        return StandingGround(clause.article, "", says, clause.unconfirmed)
    return None


def _at(text: Agreement, instant: Instant | None) -> str:
    return format_local(instant, text.zone) if instant is not None else "an unknown instant"


def _when(one: Instrument) -> str:
    return str(one.at)
