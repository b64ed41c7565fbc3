"""Folding a record into a history (DESIGN 4, the life of notices; fine print for more than two parties).

Acts are taken in the order in which they count, targets before what acts on them; the order of the file means
nothing. A scope (the whole, or a pair) lapses when fewer than two of its parties remain bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from relto.core.agreement.clock import Clock
from relto.core.agreement.entry import (
    JOINING,
    Act,
    EntryIntoForce,
    counts_at,
    entry_into_force,
    rejoins_at,
)
from relto.core.agreement.grounds import Cause
from relto.core.agreement.history import History, Phase
from relto.core.agreement.instrument import Instrument, Record
from relto.core.agreement.notice import Notices
from relto.core.agreement.text import Agreement
from relto.core.timeline import GENESIS, Instant, bound_instant, local_day

_SUPERSEDED: Final = "(superseded)"  # no instrument can have such an id


@dataclass(frozen=True, slots=True)
class Supersession:
    """A later agreement took this one's place at `at`; where `by` is empty, an analysis assumes that it ended then."""

    at: Instant
    by: str
    article: str


def fold_history(
    versions: tuple[Agreement, ...],
    record: Record,
    *,
    reading: str,
    known_by: Instant | None = None,
    between: tuple[str, str] | None = None,
    superseded: Supersession | None = None,
) -> History:
    """The history of an agreement: `versions` of its text ascending, and what of its record was known by `known_by`.

    `reading` is the party whose reading counts. `between` asks for one pair of an agreement of many parties.
    """
    folding = _Folding(versions, record.known(known_by), reading, between or versions[0].parties, superseded)
    folding.run()
    limit = record.confirmed_until
    confirmed_until = None if limit is None else bound_instant(limit, versions[0].zone)
    return History(versions[0].id, reading, between, tuple(folding.phases), confirmed_until)


@dataclass
class _Folding:
    versions: tuple[Agreement, ...]
    instruments: tuple[Instrument, ...]
    reading: str
    scope: tuple[str, ...]
    superseded: Supersession | None
    phases: list[Phase] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.versions[0]
        self.by_id = {one.id: one for one in self.instruments}
        self.signers: dict[str, set[str]] = {}
        self.amendments: list[Instrument] = []

    def run(self) -> None:
        """Fold everything: once, and again after each lapse for a new entry into force."""
        since = GENESIS
        entered = self._entry(since)
        self._before_entry(_scope_start(entered, self.scope))
        while entered is not None:
            start = _scope_start(entered, self.scope)
            if start is None:
                return
            self._amend_before(since, entered.at)
            life = _Life(self, entered, max(start, since), since)
            lapse = life.run()
            if lapse is None:
                return
            since = lapse if lapse > life.start else lapse.plus(1)  # a life of no time leaves its acts spent
            entered = self._rejoined(entered, life.leaving(lapse), lapse) or self._entry(since)

    def push(self, phase: Phase) -> None:
        """Add a phase; one that begins at the same instant is replaced, for no state holds for no time."""
        if self.phases and self.phases[-1].start == phase.start:
            self.phases.pop()
        self.phases.append(phase)

    def _before_entry(self, start: Instant | None) -> None:
        """Unsigned until every party has signed, each signature as it comes; then signed until the entry into force."""
        pair = self.scope if len(self.scope) == 2 else ()
        founders = [party for party in self.text.parties if party in pair or party not in self.text.acceding]
        self.push(Phase(GENESIS, "unsigned", self.text, Cause(waiting=tuple(founders))))
        signing = sorted(
            (one for one in self.instruments if one.kind in ("signature", "accession")),
            key=lambda one: (one.at.instant, one.id),
        )
        waiting = set(founders)
        for one in signing:
            waiting -= set(one.by)
            if start is not None and one.at.instant > start:
                return
            if not waiting:
                self.push(Phase(one.at.instant, "signed", self.text, Cause(entry=one)))
                return
            left = tuple(party for party in founders if party in waiting)
            self.push(Phase(one.at.instant, "unsigned", self.text, Cause(waiting=left)))

    def _amend_before(self, since: Instant, entry: Instant) -> None:
        """A text that all its parties amend before it enters into force enters into force as amended."""
        for at, acts in self.events(since):
            for one in acts:
                if at < entry and one.kind == "amendment":
                    self.amend(one, self.text.parties)

    def _rejoined(self, entered: EntryIntoForce, left: set[str], lapse: Instant) -> EntryIntoForce | None:
        """Of many parties, one that left may join again while the agreement goes on between the others."""
        if len(self.text.parties) == 2 or not left:
            return None
        bound = {party: act for party, act in entered.bound.items() if party not in left}
        for party in left:
            again = rejoins_at(self.text, self.instruments, party, lapse)
            if again is not None:
                bound[party] = again
        return EntryIntoForce(entered.at, bound, entered.by) if len(bound) > 1 else None

    def _entry(self, since: Instant) -> EntryIntoForce | None:
        """Entry by the acts at or after `since`, less those that were withdrawn before they took effect."""
        entered = entry_into_force(self.text, self._standing_acts(since, None))
        while entered is not None:
            again = entry_into_force(self.text, self._standing_acts(since, entered.at))
            if again is None or again.at == entered.at:
                return again
            entered = again
        return None

    def _standing_acts(self, since: Instant, before: Instant | None) -> tuple[Instrument, ...]:
        """Joining acts at or after `since`; those withdrawn strictly before `before` are gone."""
        gone: set[str] = set()
        if before is not None:
            for one in self.instruments:
                if one.kind == "withdrawal" and one.at.instant < before:
                    gone.update(one.targets)
        return tuple(
            one
            for one in self.instruments
            if one.kind in JOINING and one.id not in gone and counts_at(self.text, one) >= since
        )

    def events(self, since: Instant) -> list[tuple[Instant, list[Instrument]]]:
        """What may change the state of an agreement in force, at or after `since`, grouped by instant."""
        kinds = ("termination-notice", "suspension", "withdrawal", "amendment")
        acting = [one for one in self.instruments if one.kind in kinds and counts_at(self.text, one) >= since]
        acting.sort(key=lambda one: (counts_at(self.text, one), self._depth(one), one.id))
        grouped: dict[Instant, list[Instrument]] = {}
        for one in acting:
            grouped.setdefault(counts_at(self.text, one), []).append(one)
        return list(grouped.items())

    def _depth(self, one: Instrument, seen: frozenset[str] = frozenset()) -> int:
        """How far an act stands from what it acts on, so that targets come first at one instant."""
        targets = [self.by_id[name] for name in one.targets if name in self.by_id and name not in seen]
        return 1 + max((self._depth(target, seen | {one.id}) for target in targets), default=-1)

    def amend(self, one: Instrument, bound: Iterable[str]) -> None:
        """Count a party's assent to an amended text, which governs once all that are bound have given it."""
        signers = self.signers.setdefault(one.text, set())
        signers.update(one.by)
        amended = next((text for text in self.versions if text.digest == one.text), None)
        if amended is None or not set(bound) <= signers or amended is self.text:
            return
        self.text = amended
        self.amendments.append(one)


def _scope_start(entered: EntryIntoForce | None, scope: tuple[str, ...]) -> Instant | None:
    """When the second of the scope's parties is bound; a pair needs both."""
    if entered is None:
        return None
    bound = sorted(entered.bound[party].at for party in scope if party in entered.bound)
    return bound[1] if len(bound) > 1 else None


class _Life:
    """One life of the agreement, from entry into force to lapse."""

    def __init__(self, folding: _Folding, entered: EntryIntoForce, start: Instant, since: Instant) -> None:
        self.folding = folding
        self.entered = entered
        self.start = start
        self.since = since
        self.bound: dict[str, Act] = dict(entered.bound)
        self.notices = Notices()
        self.left: set[str] = set()

    def run(self) -> Instant | None:
        """Push the phases of this life; the instant of its lapse, or None where it has no end in sight."""
        events = self.folding.events(max(self.entered.at, self.since))
        now = self.start
        while events and events[0][0] < now:  # between the entry of the whole and that of this pair
            self._apply(*events.pop(0))
        self._push(now)
        while True:
            turns = [instant for instant in (self._next_change(now), events[0][0] if events else None) if instant]
            end = self._end(now)
            if end is not None and all(end[0] <= turn for turn in turns):
                self._push_lapse(max(end[0], now), end[1])
                return max(end[0], now)
            if not turns:
                return None
            now = min(turns)
            self._depart(now)
            if events and events[0][0] == now:
                self._apply(*events.pop(0))
            self._push(now)

    def leaving(self, lapse: Instant) -> set[str]:
        """The parties whose notice has ended their part by `lapse`."""
        return self.left | {party for party, (at, _) in self.notices.departures().items() if at <= lapse}

    def _apply(self, at: Instant, acts: list[Instrument]) -> None:
        for one in acts:
            clock, reading = self._clock(), self.folding.text.reading_of(self.folding.reading)
            if one.kind == "termination-notice":
                if any(party in self.bound and self.bound[party].at <= at for party in one.by):
                    self.notices.give(one, at, clock, reading)
            elif one.kind == "suspension":
                self.notices.suspend(one)
            elif one.kind == "withdrawal":
                self.notices.withdraw(one, at, clock, reading)
            else:  # an amendment: `events` gives no fifth kind
                self.folding.amend(one, [p for p, act in self.bound.items() if act.at <= at and p not in self.left])

    def _clock(self) -> Clock:
        text = self.folding.text
        return Clock(text.term, local_day(self.entered.at, text.zone), text.zone)

    def _members(self, now: Instant) -> list[str]:
        return [p for p in self.folding.scope if p in self.bound and p not in self.left and self.bound[p].at <= now]

    def _next_change(self, now: Instant) -> Instant | None:
        """The next instant at which a party of the scope joins or leaves."""
        scope = self.folding.scope
        joins = [act.at for party, act in self.bound.items() if party in scope and act.at > now]
        leaves = [
            at for party, (at, _) in self.notices.departures().items() if party in self._members(now) and at > now
        ]
        return min(joins + leaves, default=None)

    def _depart(self, now: Instant) -> None:
        """Let those leave whose notice ends now, and come back later where they join anew."""
        gone = [party for party, (at, _) in self.notices.departures().items() if at <= now and party not in self.left]
        for party in gone:
            again = rejoins_at(self.folding.text, self.folding.instruments, party, now)
            if again is None:
                self.left.add(party)
            else:
                self.bound[party] = again
        self.notices.forget(gone)

    def _leaving_below_two(self, now: Instant, *, with_suspended: bool) -> tuple[Instant, str] | None:
        """When departures leave fewer than two of the scope's members, and the notice that does it."""
        members = self._members(now)
        departures = self.notices.departures(with_suspended=with_suspended)
        leaving = sorted(departures[party] for party in members if party in departures)
        spare = len(members) - 2
        return leaving[spare] if 0 <= spare < len(leaving) else None

    def _end(self, now: Instant) -> tuple[Instant, str] | None:
        """The earliest end now in sight: by notice, by a term that is not renewed, or by a later agreement."""
        ends = [self._leaving_below_two(now, with_suspended=False)]
        fixed = self._clock().fixed_end()
        ends.append((fixed, "") if fixed is not None else None)
        later = self.folding.superseded
        ends.append((later.at, _SUPERSEDED) if later is not None else None)
        return min((end for end in ends if end is not None), default=None)

    def _push(self, now: Instant) -> None:
        text = self.folding.text
        due = self._leaving_below_two(now, with_suspended=False)
        fixed = self._clock().fixed_end()
        if due is not None and fixed is not None:
            due = min(due, (fixed, due[1]))
        if due is not None:
            cause = self._cause(notices=(due[1],))
            self.folding.push(Phase(now, "notice-given", text, cause, self._clock(), ends_at=due[0]))
        elif self._leaving_below_two(now, with_suspended=True) is not None:
            cause = self._cause(notices=self.notices.suspended_ids(), suspensions=(self.notices.last_suspension,))
            reading = text.reading_of(self.folding.reading)
            self.folding.push(Phase(now, "notice-suspended", text, cause, self._clock(), suspended=reading))
        else:
            self.folding.push(Phase(now, "in-force", text, self._cause(), self._clock()))

    def _push_lapse(self, at: Instant, by: str) -> None:
        later = self.folding.superseded
        superseded = (later.by, later.article) if later is not None and by == _SUPERSEDED else None
        notices = (by,) if by in self.folding.by_id else ()
        cause = self._cause(notices=notices, superseded_by=superseded)
        self.folding.push(Phase(at, "lapsed", self.folding.text, cause, ends_at=at))

    def _cause(
        self,
        notices: tuple[str, ...] = (),
        suspensions: tuple[str, ...] = (),
        superseded_by: tuple[str, str] | None = None,
    ) -> Cause:
        known = self.folding.by_id
        return Cause(
            entry=known.get(self.entered.by),
            entered_at=self.start,
            notices=tuple(known[name] for name in notices),
            suspensions=tuple(known[name] for name in suspensions if name in known),
            amendments=tuple(self.folding.amendments),
            superseded_by=superseded_by,
            reading=self.folding.reading,
        )
