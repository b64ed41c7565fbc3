"""The clock of a term: its boundaries and the deadlines for notice before them, counted on the calendar.

Every boundary is counted from the first day, never from the boundary before (DESIGN 3), and falls on the first
instant of its day in the agreement's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relto.core.agreement.text import NoticeRule, Term
from relto.core.errors import InputError
from relto.core.timeline import Day, Instant, Period, first_instant, local_day

_LAST_TERM = 4_000_000  # a term of one day, renewed from year 1 to 9999, has fewer boundaries


@dataclass(frozen=True, slots=True)
class Clock:
    """The boundaries of `term`, entered into on `first_day`, in `zone`."""

    term: Term
    first_day: Day
    zone: str

    def boundary_day(self, n: int) -> Day:
        """The day on which term `n` (from 0) no longer runs. Raises InputError past the year 9999."""
        initial = self.term.initial
        if initial is None:
            raise InputError("an indefinite term has no boundary", remedy="ask only where the term has an end")
        renewed = (self.term.renewal or Period(0, 0)).times(n)
        if isinstance(initial, Day):
            return renewed.after(initial) if n else initial
        return initial.plus(renewed).after(self.first_day)

    def boundary(self, n: int) -> Instant:
        """The first instant after term `n`."""
        return first_instant(self.boundary_day(n), self.zone)

    def deadline(self, n: int) -> Instant:
        """Notice for the end of term `n` must be given strictly before this (anchor before-term-end)."""
        notice = self.term.notice
        assert notice is not None
        return first_instant(notice.period.before(self.boundary_day(n)), self.zone)

    def fixed_end(self) -> Instant | None:
        """The end that binds by itself: a term that is not renewed."""
        if self.term.initial is None or self.term.renewal is not None:
            return None
        return self.boundary(0)

    def open_deadline(self, at: Instant) -> tuple[Instant, Instant] | None:
        """The next deadline still open at `at` and the term end it belongs to; None where there is none."""
        notice = self.term.notice
        if self.term.renewal is None or notice is None or notice.anchor != "before-term-end":
            return None
        n = _first_after(self.deadline, at)
        return None if n is None else (self.deadline(n), self.boundary(n))

    def assured_end(self, at: Instant) -> Instant | None:
        """The end to which the agreement is now assured to run; None where it is indefinite."""
        if self.term.initial is None:
            return None
        if self.term.renewal is None:
            return self.boundary(0)
        opened = self.open_deadline(at)
        if opened is not None:
            return opened[1]
        n = _first_after(self.boundary, at)
        return None if n is None else self.boundary(n)

    def end_by_notice(self, given: Instant) -> Instant | None:
        """The instant at which a notice given at `given` ends the agreement; None where it changes nothing."""
        notice = self.term.notice
        if notice is None:
            return given
        if notice.anchor == "after-receipt":
            return end_after_receipt(notice, given, self.zone)
        opened = self.open_deadline(given)
        return None if opened is None else opened[1]

    def ticks(self, start: Instant, end: Instant) -> list[Instant]:
        """The instants after `start` and before `end` at which the assured end moves on by itself."""
        if self.term.initial is None or self.term.renewal is None:
            return []
        notice = self.term.notice
        by_deadline = notice is not None and notice.anchor == "before-term-end"
        tick = self.deadline if by_deadline else self.boundary
        n = _first_after(tick, start)
        found: list[Instant] = []
        while n is not None and n < _LAST_TERM:
            try:
                instant = tick(n)
            except InputError:
                break
            if instant >= end:
                break
            found.append(instant)
            n += 1
        return found


def end_after_receipt(notice: NoticeRule, received: Instant, zone: str) -> Instant:
    """The end of the last day of the period; the day of receipt does not count (DESIGN 3)."""
    last = notice.period.after(local_day(received, zone))
    return first_instant(last.plus(days=1), zone)


def _first_after(instant_of: Callable[[int], Instant], at: Instant) -> int | None:
    """The smallest n with instant_of(n) > at, by doubling and halving; None where there is none before year 10000."""

    def passed(n: int) -> bool:
        try:
            return instant_of(n) > at
        except InputError:
            return True  # beyond the calendar: later than any instant

    high = 1
    while not passed(high - 1) and high < _LAST_TERM:
        high *= 2
    low = 0
    high -= 1
    while low < high:
        middle = (low + high) // 2
        if passed(middle):
            high = middle
        else:
            low = middle + 1
    try:
        return low if instant_of(low) > at else None
    except InputError:
        return None
