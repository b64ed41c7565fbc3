"""The history of an agreement: its record folded, once, into phases of legal state.

Standing at an instant is a look-up in it; the timeline of standings is its phases cut where the clock ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from relto.core.agreement.clock import Clock
from relto.core.agreement.grounds import Cause, ground_sentences
from relto.core.agreement.standing import IN_FORCE, Standing, StandingGround, State
from relto.core.agreement.text import Agreement, SuspendedNotice
from relto.core.timeline import ETERNITY, Instant, format_local


@dataclass(frozen=True, slots=True)
class Phase:
    """From `start` to the next phase one legal state holds, under one version of the text.

    `clock` runs where a term does; `ends_at` is the end due (notice given) or past (lapsed).
    """

    start: Instant
    state: State
    text: Agreement
    cause: Cause
    clock: Clock | None = None
    ends_at: Instant | None = None
    suspended: SuspendedNotice | None = None


@dataclass(frozen=True)
class Segment:
    """A half-open stretch [start, end) over which the whole standing stays the same but for `at`."""

    start: Instant
    end: Instant
    standing: Standing


@dataclass(frozen=True)
class History:
    """The phases of one agreement as one reading sees them, for the whole or one pair of parties."""

    agreement: str
    reading: str
    between: tuple[str, str] | None
    phases: tuple[Phase, ...]
    confirmed_until: Instant | None = None

    @cached_property
    def _starts(self) -> list[int]:
        return [phase.start.ns for phase in self.phases]

    def phase(self, at: Instant) -> Phase:
        """The phase in which `at` lies; at a boundary, the new one."""
        return self.phases[bisect_right(self._starts, at.ns) - 1]

    def in_force(self, at: Instant) -> bool:
        """Whether new releases may be made at `at`."""
        return self.phase(at).state in IN_FORCE

    def ever_in_force(self, by: Instant) -> bool:
        """Whether it was in force at or before `by`."""
        return any(phase.state in IN_FORCE for phase in self.phases if phase.start <= by)

    def first_in_force(self) -> Instant | None:
        """When it first entered into force; None where it never did."""
        return next((phase.start for phase in self.phases if phase.state in IN_FORCE), None)

    def standing(self, at: Instant) -> Standing:
        """The standing at `at`."""
        phase = self.phase(at)
        term_end, ends_at, deadline = _dates(phase, at)
        return Standing(
            agreement=self.agreement,
            version=phase.text.version,
            at=at,
            reading=self.reading,
            state=phase.state,
            term_end=term_end,
            ends_at=ends_at,
            notice_deadline=deadline,
            grounds=ground_sentences(phase.text, phase.state, phase.cause, term_end, ends_at, phase.suspended)
            + self._unconfirmed(phase, at),
            between=self.between,
        )

    def _unconfirmed(self, phase: Phase, at: Instant) -> tuple[StandingGround, ...]:
        """The ground that is missing: from some instant on nothing confirms that no other act was done."""
        if self.confirmed_until is None or at < self.confirmed_until:
            return ()
        since = format_local(self.confirmed_until, phase.text.zone)
        says = f"no act after {since} is known; that there was none is not confirmed"
        return (StandingGround(phase.text.term.article, "", says, unconfirmed=True),)

    def timeline(self, start: Instant, end: Instant) -> tuple[Segment, ...]:
        """The standings over [start, end), as segments that tile it without gap or overlap."""
        if end <= start:
            return ()
        cuts = {start} | {phase.start for phase in self.phases if start < phase.start < end}
        if self.confirmed_until is not None and start < self.confirmed_until < end:
            cuts.add(self.confirmed_until)
        for number, phase in enumerate(self.phases):
            if phase.clock is not None and phase.ends_at is None and phase.suspended != "no-term":
                following = self.phases[number + 1].start if number + 1 < len(self.phases) else ETERNITY
                cuts.update(phase.clock.ticks(max(phase.start, start), min(following, end)))
        return tuple(self._merged(sorted(cuts), end))

    def _merged(self, cuts: list[Instant], end: Instant) -> Iterable[Segment]:
        opened = cuts[0]
        current = self.standing(opened)
        for cut in cuts[1:]:
            following = self.standing(cut)
            if _same(current, following):
                continue
            yield Segment(opened, cut, current)
            opened, current = cut, following
        yield Segment(opened, end, current)


def _dates(phase: Phase, at: Instant) -> tuple[Instant | None, Instant | None, Instant | None]:
    """Term end, end due or past, and next open deadline (DESIGN 4, fine print)."""
    if phase.ends_at is not None:
        return phase.ends_at, phase.ends_at, None
    if phase.clock is None:
        return None, None, None
    fixed = phase.clock.fixed_end()
    if fixed is not None:
        return fixed, fixed, None
    if phase.suspended == "no-term":
        return None, None, None
    opened = phase.clock.open_deadline(at)
    if opened is not None:
        return opened[1], None, opened[0]
    return phase.clock.assured_end(at), None, None


def _same(a: Standing, b: Standing) -> bool:
    return (a.state, a.version, a.term_end, a.ends_at, a.notice_deadline, a.grounds) == (
        b.state,
        b.version,
        b.term_end,
        b.ends_at,
        b.notice_deadline,
        b.grounds,
    )
