"""The brief: what a desk needs at an instant, from what could be known then, each thing under who said it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relto.core.agreement import Standing
from relto.core.analysis.countdown import countdown
from relto.core.analysis.deadlines import Deadline, deadlines
from relto.core.dossier import ChronicleEntry, Dossier
from relto.core.timeline import Instant, Stamp, format_local

STATE_WORDS = {
    "unsigned": "not signed",
    "signed": "signed, not in force",
    "in-force": "in force",
    "notice-given": "in force, notice given",
    "notice-suspended": "in force, notice suspended",
    "lapsed": "lapsed",
}
_DAY = 86_400_000_000_000
RECENT_DAYS = 30
DEADLINE_DAYS = 400


@dataclass(frozen=True, slots=True)
class AgreementBrief:
    """One agreement: its standing, how it reads as a sentence, and how other parties read it where that differs.

    `source`: of the instrument, or the text, on which the standing rests. `read`: those other standings, by party.
    """

    title: str
    zone: str
    standing: Standing
    sentence: str
    others: tuple[tuple[str, str], ...]
    source: str = ""
    read: tuple[tuple[str, Standing], ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What was said, or done by an instrument, on a condition, and whether that is met.

    `entry`: where it stands in the chronicle; else `instrument` of `agreement` with the words `says`. `measures`: each
    whose end is needed, with the entry that ended it, if one has. `met`: None where nothing on record decides it.
    """

    by: tuple[str, ...]
    at: Stamp
    says: str
    source: str
    entry: ChronicleEntry | None = None
    agreement: str = ""
    instrument: str = ""
    measures: tuple[tuple[ChronicleEntry, ChronicleEntry | None], ...] = ()
    met: bool | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """The brief as of `at`. Entries are the chronicle's own, with speaker, source and whether unconfirmed."""

    at: Instant
    zone: str
    reading: str | None
    agreements: tuple[AgreementBrief, ...]
    due: tuple[Deadline, ...]
    statements: tuple[ChronicleEntry, ...]
    meetings: tuple[ChronicleEntry, ...]
    measures: tuple[ChronicleEntry, ...]
    incidents: tuple[ChronicleEntry, ...]
    exchanges: tuple[ChronicleEntry, ...]
    conditions: tuple[Condition, ...] = ()


def brief(
    dossier: Dossier,
    at: Instant,
    *,
    reading: str | None = None,
    known_by: Instant | None = None,
    zone: str | None = None,
) -> Brief:
    """The brief of `dossier` as of `at`: nothing in it is later than `at`, or than `known_by`.

    Statements, meetings and measures of the last 30 days; incidents and exchanges of the last twelve months.
    """
    limit = at if known_by is None else min(at, known_by)
    first = dossier.versions(sorted(dossier.agreements)[0])[0]
    month, year = limit.ns - RECENT_DAYS * _DAY, limit.ns - 366 * _DAY
    return Brief(
        at=at,
        zone=zone or first.zone,
        reading=reading,
        agreements=tuple(_agreement(dossier, name, at, reading, known_by) for name in sorted(dossier.agreements)),
        due=tuple(
            one
            for one in deadlines(dossier, at, reading=reading, known_by=known_by)
            if one.at.ns < at.ns + DEADLINE_DAYS * _DAY and one.kind != "accreditation"
        ),
        statements=_entries(dossier, "statement", month, limit),
        meetings=_entries(dossier, "meeting", month, limit),
        measures=_entries(dossier, "measure", year, limit),
        incidents=_entries(dossier, "incident", year, limit),
        exchanges=_entries(dossier, "exchange", year, limit),
        conditions=(*_said(dossier, year, limit), *_done(dossier, at, known_by)),
    )


def _entries(dossier: Dossier, kind: str, since: int, until: Instant) -> tuple[ChronicleEntry, ...]:
    return tuple(one for one in dossier.chronicle if one.kind == kind and since <= one.at.instant.ns <= until.ns)


def _said(dossier: Dossier, since: int, until: Instant) -> Iterator[Condition]:
    """What was said on condition that measures end, not met yet or met in the last twelve months."""
    known = {one.id: one for one in dossier.chronicle if one.at.instant <= until}
    ended = {name: one for one in known.values() for name in one.ends}
    for one in known.values():
        if not one.needs:
            continue
        measures = tuple((known[name], ended.get(name)) for name in one.needs if name in known)
        ends = [end.at.instant.ns for _, end in measures if end is not None]
        met = len(ends) == len(one.needs)
        if not met or max(ends) >= since:
            yield Condition(
                one.by, one.at, one.says, one.source, entry=one, measures=measures, met=met, unconfirmed=one.unconfirmed
            )


def _done(dossier: Dossier, at: Instant, known_by: Instant | None) -> Iterator[Condition]:
    """What was done on a condition by an instrument that stands at `at`."""
    for name in sorted(dossier.agreements):
        known = [one for one in dossier.record(name).known(known_by) if one.at.instant <= at]
        gone = {target for one in known if one.kind == "withdrawal" for target in one.targets}
        for one in known:
            if one.condition and one.id not in gone:
                yield Condition(
                    one.by,
                    one.at,
                    one.condition,
                    one.source,
                    agreement=name,
                    instrument=one.id,
                    unconfirmed=one.unconfirmed,
                )


def _agreement(
    dossier: Dossier, name: str, at: Instant, reading: str | None, known_by: Instant | None
) -> AgreementBrief:
    first = dossier.agreements[name][0]
    whose = reading if reading in first.parties else None
    standing = dossier.standing(name, at, reading=whose, known_by=known_by)
    sentence = standing_sentence(standing, first.zone)
    others: list[tuple[str, str]] = []
    read: list[tuple[str, Standing]] = []
    for party in first.parties:
        other = dossier.standing(name, at, reading=party, known_by=known_by)
        said = standing_sentence(other, first.zone)
        if said != sentence:
            others.append((party, said))
            read.append((party, other))
    source = _source(dossier, name, standing)
    return AgreementBrief(first.title, first.zone, standing, sentence, tuple(others), source, tuple(read))


def _source(dossier: Dossier, name: str, standing: Standing) -> str:
    """Where it is from: of the last instrument that the standing cites, else of the text."""
    cited = [ground.instrument for ground in standing.grounds if ground.instrument]
    sources = {one.id: one.source for one in dossier.record(name).instruments}
    found = next((sources[one] for one in reversed(cited) if sources.get(one)), "")
    text = next((one for one in dossier.versions(name) if one.version == standing.version), None)
    return found or (text.source if text is not None else "")


def standing_sentence(standing: Standing, zone: str) -> str:
    """A standing as one sentence: `in force, notice given; lapses in 4 d 15 h, at 2019-11-23 00:00 KST`."""
    words = STATE_WORDS[standing.state]
    if standing.state == "lapsed" and standing.ends_at is not None:
        return f"{words} since {format_local(standing.ends_at, zone)}; no new release"
    if standing.ends_at is not None:
        left = countdown(standing.at, standing.ends_at)
        when = format_local(standing.ends_at, zone)
        midnight = "midnight, " if when[11:].startswith("00:00 ") else ""
        return f"{words}; lapses in {left}, at {midnight}{when}"
    if standing.term_end is not None:
        return f"{words}; assured to run until {format_local(standing.term_end, zone)}"
    if standing.state == "notice-suspended":
        return f"{words}; no date binds, it may end at any time"
    return f"{words}; without a term" if standing.in_force else words
