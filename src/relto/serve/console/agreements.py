"""Agreements: the list with standings, one with its legal timeline and text; and the chronicle beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import RedirectResponse, Response

from relto.core.agreement import Agreement, Standing
from relto.core.analysis import Deadline, deadlines
from relto.core.dossier import ChronicleEntry, Dossier
from relto.core.timeline import Instant, first_instant, local_day
from relto.core.timeline.day import Day
from relto.formats.ics import Entry, calendar
from relto.formats.svg import timeline_svg
from relto.node.due import Duty, open_duties
from relto.serve.console.clauses import rules_of
from relto.serve.console.dates import SOON, Coming, coming, entries
from relto.serve.console.page import ROWS as _ROWS
from relto.serve.console.page import Page, Turn
from relto.serve.console.visiting import Visit
from relto.serve.console.visits import calls, waits

SHADES = {
    "unsigned": "none",
    "signed": "none",
    "in-force": "force",
    "notice-given": "ending",
    "notice-suspended": "ending",
    "lapsed": "lapsed",
}
_YEARS = 4
_MOST_SOON = 8


@dataclass(frozen=True, slots=True)
class Row:
    """An agreement as a row: its state in words and as a shade, the sentence, and the number that matters."""

    text: Agreement
    standing: Standing
    state: str
    shade: str
    sentence: str
    left: str
    when: str
    seconds: int
    """Until it ends, rounded up, by the node's clock; 0 where no end is set."""


def row_of(visit: Visit, dossier: Dossier, name: str, reading: str | None = None) -> Row:
    """An agreement as the node's own party reads it, or another."""
    text = dossier.versions(name)[0]
    own = visit.node.party if visit.node.party in text.parties else None
    standing = dossier.standing(name, visit.at, reading=reading or own)
    words = visit.tongue.words
    ends = standing.ends_at if standing.in_force else None
    return Row(
        text,
        standing,
        words.states[standing.state],
        SHADES[standing.state],
        words.sentence(standing, text.zone),
        words.left(visit.at, ends) if ends is not None else "",
        visit.instant(ends, text.zone) if ends is not None else "",
        -((visit.at.ns - ends.ns) // 1_000_000_000) if ends is not None else 0,
    )


def listed(visit: Visit) -> Page | Response:
    """All agreements and where they stand; for who has nothing to do with them, what they have to do with."""
    if not visit.may("see-agreements") and visit.may("see-checkpoint"):
        return RedirectResponse(visit.link("/ledger"), 303)
    visit.need("see-agreements")
    dossier = visit.dossier()
    rows = [row_of(visit, dossier, name) for name in sorted(dossier.agreements)]
    rows.sort(key=lambda one: (one.left == "", one.standing.state == "lapsed", one.text.id))
    due = [one for one in deadlines(dossier, visit.at, reading=visit.node.party) if one.kind != "accreditation"][:8]
    given = {"rows": rows, "due": [(one, _due(visit, one)) for one in due], **_notices(visit, dossier)}
    return Page("agreements.html", visit.tongue.say("Agreements"), given)


def _notices(visit: Visit, dossier: Dossier) -> dict[str, Any]:
    """How many duties are overdue, how many releases and visits wait, and what comes soon, for whom that is something
    to do."""
    overdue = waiting = visits = 0
    soon: list[tuple[Entry, str, str, str]] = []
    if visit.may("see-holdings"):
        with visit.node.store.read() as reading:
            found = open_duties(visit.node, reading, visit.at)
            known = calls(reading, visit)
        comes = coming(dossier, known, visit.at, visit.tongue)
        if visit.may("decide-visit"):
            visits = sum(waits(one, visit) for one in known)
        overdue = sum(one.overdue for one in found)
        soon = _soon(visit, [*(one for duty in found if (one := _inspection(visit, duty)) is not None), *comes])
    if visit.may("release"):
        waiting = sum(one.state == "pending" for one in visit.context.people.approvals())
    return {"overdue": overdue, "waiting": waiting, "visits": visits, "soon": soon}


def _inspection(visit: Visit, duty: Duty) -> Coming | None:
    """An inspection that has a time."""
    if duty.contractor is None or duty.due is None:
        return None
    says = visit.tongue.say("the inspection of {contractor} is due", contractor=duty.contractor.id)
    entry = Entry(duty.due, "inspection", f"{duty.agreement}: {says}", duty.article, duty.about, duty.overdue)
    return Coming(entry, duty.zone, f"/contractors/{duty.contractor.id}")


def _soon(visit: Visit, comes: list[Coming]) -> list[tuple[Entry, str, str, str]]:
    """What comes within `SOON`, or is overdue: when on the clock there, in how long, and the page about it."""
    near = [one for one in comes if one.entry.at.ns - visit.at.ns <= SOON]
    near.sort(key=lambda one: (one.entry.at, one.entry.key))
    return [
        (
            one.entry,
            visit.instant(one.entry.at, one.zone),
            "" if one.entry.over else visit.tongue.words.left(visit.at, one.entry.at),
            visit.link(one.path) + one.part,
        )
        for one in near[:_MOST_SOON]
    ]


def calendar_file(visit: Visit) -> Response:
    """The deadlines as a calendar (RFC 5545); with duties, visits and clearances for who handles what is held."""
    visit.need("see-agreements")
    node, tongue = visit.node, visit.tongue
    with node.store.read() as reading:
        found = deadlines(node.dossier(reading), visit.at, reading=node.party)
        more = list(entries(node, reading, visit.at, tongue)) if visit.may("see-holdings") else []
    kept = {"content-disposition": 'attachment; filename="deadlines.ics"'}
    return Response(
        calendar(found, visit.at, said=tongue.words.deadline, more=more), media_type="text/calendar", headers=kept
    )


def _due(visit: Visit, one: Deadline) -> tuple[str, str, str]:
    words = visit.tongue.words
    return visit.instant(one.at, one.zone), words.left(visit.at, one.at), words.deadline(one)


def one(visit: Visit) -> Page:
    """One agreement: its state, how each party reads it, its text by article, its record."""
    visit.need("see-agreements")
    dossier, name = visit.dossier(), str(visit.request.path_params["agreement"])
    row = row_of(visit, dossier, name)
    text = dossier.history(name, reading=row.standing.reading).phase(visit.at).text
    others = [
        (party, other.sentence)
        for party in text.parties
        if (other := row_of(visit, dossier, name, party)).sentence != row.sentence
    ]
    due = [one for one in deadlines(dossier, visit.at, reading=visit.node.party) if one.agreement == name]
    known = {one.id: one for one in dossier.record(name).instruments}
    given = {
        "row": row,
        "text": text,
        "others": others,
        "due": [(one, _due(visit, one)) for one in due],
        "clauses": rules_of(visit.tongue, text),
        "record": sorted(known.values(), key=lambda one: (one.at.instant, one.id)),
        "picture": visit.link(f"/agreements/{name}/timeline.svg"),
    }
    return Page("agreement.html", text.title, given)


def timeline(visit: Visit) -> Response:
    """The legal timeline as a picture, some years around the instant looked at."""
    visit.need("see-agreements")
    dossier, name = visit.dossier(), str(visit.request.path_params["agreement"])
    text = dossier.versions(name)[0]
    own = visit.node.party if visit.node.party in text.parties else None
    history = dossier.history(name, reading=own)
    start, end = _window(visit.at, text.zone, history.first_in_force())
    record = dossier.record(name).instruments
    drawn = timeline_svg(text, history.timeline(start, end), record, visit.at, visit.tongue.say)
    return Response(drawn, media_type="image/svg+xml")


def _window(at: Instant, zone: str, first: Instant | None) -> tuple[Instant, Instant]:
    year = min(max(local_day(at, zone).year, 1903), 9990)
    begin = local_day(first, zone).year if first is not None else year
    return (
        first_instant(Day(max(min(begin, year), year - _YEARS), 1, 1), zone),
        first_instant(Day(year + 3, 1, 1), zone),
    )


def chronicle(visit: Visit) -> Page:
    """What was said, done and met, newest first; conflicting accounts side by side, each with its source."""
    visit.need("see-agreements")
    dossier, kind, wanted = visit.dossier(), visit.asked("kind"), visit.asked("q").casefold()
    found = [
        one
        for one in reversed(dossier.chronicle)
        if one.at.instant <= visit.at and kind in ("", one.kind) and speaks_of(one, wanted)
    ]
    turn = Turn.of(visit.asked("page"), len(found))
    rows = [(one, said_in(visit, one)) for one in found[turn.start : turn.start + _ROWS]]
    given = {"rows": rows, "turn": turn, "kind": kind, "q": visit.asked("q")}
    return Page("chronicle.html", visit.tongue.say("Chronicle"), given)


def speaks_of(one: ChronicleEntry, wanted: str) -> bool:
    """Whether a text, in lower case, stands in an entry or one of its accounts; every entry where it is empty."""
    told = (one.id, one.says, one.speaker, *one.by, *(claim.says for claim in one.claims))
    return not wanted or any(wanted in text.casefold() for text in told)


def said_in(visit: Visit, one: ChronicleEntry) -> tuple[str, str, list[tuple[str, str, str, str]]]:
    """What it says in the page's language where that is on record, and in which it is; and the claims likewise."""
    language = visit.tongue.language
    own = dict(one.said_in).get(language, "")
    claims: list[tuple[str, str, str, str]] = []
    for claim in one.claims:
        theirs = dict(claim.said_in).get(language, "")
        claims.append((claim.by, theirs or claim.says, language if theirs else "en", claim.source))
    return own or one.says, language if own else "en", claims
